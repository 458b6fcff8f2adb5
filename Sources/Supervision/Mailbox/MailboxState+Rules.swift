/// What a mailbox does beyond taking letters and giving them out in order: requests of operators first (G17), room for
/// what was suspended (S17), the end of a last drain (S14).
extension MailboxState {
    /// Whether there is something that may be handled now.
    @inlinable var hasWork: Bool {
        if traits.isEmpty, !hasRareFields { return !waiting.isEmpty }
        return hasWorkByRules
    }

    @usableFromInline var hasWorkByRules: Bool {
        if !rare.system.isEmpty { return true }
        return !waiting.isEmpty && !traits.contains(.isSuspended)
    }

    /// Whether it is to end because it took too long (S9, S10).
    var isOverdue: Bool { hasRareFields && rare.isOverdue }

    /// The requests of operators that have come in; nil when there are none.
    @usableFromInline
    mutating func takeSystem() -> [Letter<Server>]? {
        guard !rare.system.isEmpty, rare.replacement == nil else { return nil }
        defer { rare.system = [] }
        taken = rare.system
        return rare.system
    }

    /// Whether the drain is to leave, so that another instance can take over.
    @inlinable var isBeingReplaced: Bool { hasRareFields && hasReplacement }
    @usableFromInline var hasReplacement: Bool { rare.replacement != nil }

    /// The instance that is to take over from now on, if there is one (G17).
    @usableFromInline
    mutating func takeReplacement() -> Server? {
        guard let replacement = rare.replacement else { return nil }
        rare.replacement = nil
        server = replacement
        return replacement
    }

    /// Lets in what waits for room, as far as there is room.
    @usableFromInline
    mutating func admitSuspended() {
        let limit = rare.limit
        let count = rare.suspended.prefix { letter in
            guard waiting.count < limit else { return false }
            switch letter {
            case .call(let call): if call.isWaiting { waiting.append(.call(call)) }
            case .message(let message, let sender): if sender.succeed() { waiting.append(.message(message)) }
            }
            return true
        }.count
        rare.suspended.removeFirst(count)
    }

    /// Ends the incarnation if it was only to serve what is queued, and has (S14).
    @inlinable
    mutating func endIfDrained() {
        if traits.contains(.isLastDrain) { endIfDrainedByRules() }
    }

    @usableFromInline
    mutating func endIfDrainedByRules() {
        guard exit == nil, waiting.isEmpty, rare.system.isEmpty, rare.belongings.deferred.isEmpty else { return }
        exit = rare.drainReason
    }

    /// The supervisor wants it to end, but what is queued may be served first (S14). False when there is nothing to
    /// wait for, or it is not in a state to serve.
    mutating func beginLastDrain(_ reason: ExitReason) -> Bool {
        guard phase == .idle || phase == .visited || phase == .draining else { return false }
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
