/// What a mailbox does beyond taking letters and giving them out in order: requests of operators first (G17), room for
/// what was suspended (S17), the end of a last drain (S14).
extension MailboxState {
    /// Whether there is something that may be handled now.
    @inlinable @inline(__always) var hasWork: Bool {
        if !mayHaveMail, !hasRareMail { return false }
        if traits.isEmpty, !hasRareMail { return waiting.count > 0 }
        return hasWorkByRules
    }

    @usableFromInline var hasWorkByRules: Bool {
        if rareContents.contains(.system) { return true }
        return waiting.count > 0 && !traits.contains(.isSuspended)
    }

    /// How many letters wait that count where there is only so much room (S17).
    var queuedCount: Int { waiting.count - Int(urgentCount) }

    /// Whether something waits for room (S17).
    var hasSuspendedLetters: Bool {
        @inline(__always) get { rareContents.contains(.suspended) }
    }

    /// Whether it is to end because it took too long (S9, S10).
    @inline(__always) var isOverdue: Bool { knownRare?.isOverdue == true }

    /// The oldest request of an operator; nil when there is none. They are given out one by one, so that each finds the
    /// server that the one before it has left.
    @usableFromInline
    mutating func takeRequest() -> Letter<Server>? {
        let contents = rareContents
        guard contents.contains(.system), !contents.contains(.replacement) else { return nil }
        return rareMail.system.removeFirst()
    }

    /// Whether the drain is to leave, so that another instance can take over.
    @inlinable var isBeingReplaced: Bool { hasRareMail && hasReplacement }
    @usableFromInline var hasReplacement: Bool { rareContents.contains(.replacement) }

    /// The instance that is to take over from now on, if there is one (G17).
    @usableFromInline
    mutating func takeReplacement() -> Server? {
        guard hasReplacement else { return nil }
        let rareMail = rareMail
        guard let replacement = rareMail.replacement else { return nil }
        rareMail.replacement = nil
        server = replacement
        return replacement
    }

    /// Lets in what waits for room, as far as there is room.
    ///
    /// - Parameter taken: how many letters a drain has taken and not begun.
    @usableFromInline
    mutating func admitSuspended(besides taken: Int = 0) {
        // Not to an incarnation that is about to end: with it the mail may go that is in (S2).
        guard exit == nil || phase == .vacant else { return }
        let rareMail = rareMail
        let limit = rareMail.limit
        mayHaveMail = true
        let count = rareMail.suspended.prefix { letter in
            guard queuedCount + taken < limit else { return false }
            switch letter {
            case .call(let call):
                call.waitsForRoom = false
                if call.isWaiting { waiting.append(.call(call)) }
            case .message(let message, let sender): if sender.succeed() { waiting.append(.message(message)) }
            }
            return true
        }.count
        rareMail.suspended.removeFirst(count)
    }

    /// Someone who waits for room has given up. Gives what was swept out, if it was time to.
    mutating func withdrawSuspended() -> [SuspendedLetter<Server>] {
        rareMail.withdrawnSuspended += 1
        guard rareMail.withdrawnSuspended > 32, rareMail.withdrawnSuspended > rareMail.suspended.count / 2 else {
            return []
        }
        let letters = rareMail.suspended
        rareMail.suspended.removeAll { !$0.isWaiting }
        rareMail.withdrawnSuspended = 0
        return letters
    }

    /// Whether the mailbox, in which a letter has made the depth `depth`, has passed its high-water mark, and not since it
    /// was half as full (S17).
    mutating func passes(highWater mark: Int, at depth: Int) -> Bool {
        if depth - 1 <= mark / 2 { knownRare?.isHigh = false }
        guard depth >= mark, knownRare?.isHigh != true else { return false }
        rare.isHigh = true
        return true
    }

    /// Ends the incarnation if it was only to serve what is queued, and has (S14).
    @inlinable
    mutating func endIfDrained() {
        if traits.contains(.isLastDrain) { endIfDrainedByRules() }
    }

    @usableFromInline
    mutating func endIfDrainedByRules() {
        guard exit == nil, waiting.isEmpty, !rareContents.contains(.system), rare.belongings.deferred.isEmpty
        else { return }
        exit = rare.drainReason
    }

    /// The supervisor wants it to end, but what is queued may be served first (S14). False when there is nothing to
    /// wait for, or it is not in a state to serve.
    mutating func beginLastDrain(_ reason: ExitReason) -> Bool {
        // One whose start is told is one that runs, though it has not opened yet.
        let isOpening = phase == .starting && !isStartPending
        guard isOpening || phase == .idle || phase == .visited || phase == .draining else { return false }
        guard exit == nil, !traits.contains(.isLastDrain) else { return false }
        if phase == .idle, waiting.isEmpty, rare.belongings.deferred.isEmpty { return false }
        traits.insert(.isLastDrain)
        rare.drainReason = reason
        return true
    }

    /// Takes out the calls that were given up. Gives what was there before, to be freed outside the lock.
    mutating func sweep() -> [Letter<Server>] {
        let letters = waiting
        waiting.removeAll { letter in
            if case .call(let call) = letter { return !call.isWaiting }
            return false
        }
        withdrawn = 0
        return letters
    }

    /// Takes out the oldest letter that came from outside.
    mutating func removeOldest() -> Letter<Server>? {
        let index = waiting.firstIndex { letter in
            if case .own = letter { return false }
            return true
        }
        return index.map { waiting.remove(at: $0) }
    }
}
