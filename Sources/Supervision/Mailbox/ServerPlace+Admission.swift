internal import Synchronization

/// What a mailbox with rules of its own lets in: bounds (S17), a last drain (S14), mail that is not kept (S2).
extension ServerPlace {
    /// Posts a letter from outside. Gives why it was refused.
    @usableFromInline
    func postByRules(_ letter: Letter<Server>, from sender: TimedWait? = nil) -> ServerError? {
        var outcome = Admission()
        withState { outcome = admit(letter, from: sender, &$0) }
        if case .call(let call) = outcome.dropped { call.fail(overload) }
        if let depth = outcome.highDepth { tellHigh(depth) }
        switch outcome.decision {
        case .accepted, .suspended, .givenUp: return nil
        case .closed: return .notRunning(label)
        case .shuttingDown: return .shuttingDown
        case .overloaded: return overload
        }
    }

    private var overload: ServerError { .overloaded(limit: rules?.mailbox?.limit ?? 0) }

    func tellHigh(_ depth: Int) {
        let kind = SupervisionEvent.Kind.mailboxHigh(depth: depth, limit: rules?.mailbox?.limit)
        runtime.emit(event(kind))
    }

    private struct Admission {
        enum Decision {
            case accepted, suspended, closed, shuttingDown, overloaded
            /// Its sender does not wait any more.
            case givenUp
        }
        var decision = Decision.accepted
        /// The letter that had to make room.
        var dropped: Letter<Server>?
        /// Freed outside the lock.
        var swept: [Letter<Server>] = []
        /// The depth at which the high-water mark was passed.
        var highDepth: Int?
    }

    private func admit(
        _ letter: Letter<Server>,
        from sender: TimedWait?,
        _ state: inout MailboxState<Server>
    ) -> Admission {
        var outcome = Admission()
        if state.phase == .closed || state.phase == .vacant && state.traits.contains(.discardsMail) {
            outcome.decision = .closed
        } else if state.traits.contains(.isLastDrain) {
            outcome.decision = .shuttingDown
        } else if let bounds = rules?.mailbox {
            makeRoom(for: letter, from: sender, bounds, &state, &outcome)
        }
        // In one step with its place in the mailbox: a sender that has thrown has sent nothing.
        if case .accepted = outcome.decision, let sender, !sender.succeed() { outcome.decision = .givenUp }
        if case .accepted = outcome.decision, state.post(letter) == .wake { wake(&state) }
        switch outcome.decision {
        case .accepted, .suspended: noteReceived(true, &state)
        case .closed, .shuttingDown, .overloaded: noteReceived(false, &state)
        case .givenUp: break
        }
        return outcome
    }

    private func makeRoom(
        for letter: Letter<Server>,
        from sender: TimedWait?,
        _ bounds: MailboxBounds,
        _ state: inout MailboxState<Server>,
        _ outcome: inout Admission
    ) {
        let limit = bounds.limit ?? .max
        var depth = state.queuedCount + unbegunCount(in: state)
        if depth >= min(limit, bounds.highWater), state.withdrawn > 0 {
            takeBack(&state)
            outcome.swept = state.sweep()
            depth = state.queuedCount
        }
        let risen = min(depth + 1, limit)
        if state.passes(highWater: bounds.highWater, at: risen) { outcome.highDepth = risen }
        guard depth >= limit || state.hasSuspendedLetters else { return }
        switch bounds.overflow {
        case .reject: outcome.decision = .overloaded
        case .dropOldest:
            takeBack(&state)
            outcome.dropped = state.removeOldest()
            // All that waits is the server's own: there is nothing that could make room.
            if outcome.dropped == nil { outcome.decision = .overloaded } else { noteDropped(&state) }
        case .suspend:
            state.rareMail.limit = limit
            switch (letter, sender) {
            case (.call(let call), _):
                call.waitsForRoom = true
                state.rareMail.suspended.append(.call(call))
            case (.message(let message), let sender?): state.rareMail.suspended.append(.message(message, sender))
            // A cast waits for nothing.
            case (.message, nil), (.own, _): return outcome.decision = .overloaded
            }
            outcome.decision = .suspended
        }
    }

    /// Lets in a letter of the server's own, for which there is always room (S17).
    func letIn(_ letter: Letter<Server>, from incarnation: Int, _ state: inout MailboxState<Server>) -> OwnPost {
        let action = state.postOwn(letter, from: incarnation)
        if action == .wake { wake(&state) }
        var post = OwnPost(isTaken: action != .refuse)
        guard !state.traits.isEmpty else { return post }
        noteReceived(post.isTaken, &state)
        if post.isTaken, let mark = rules?.mailbox?.highWater {
            let depth = state.queuedCount + unbegunCount(in: state)
            if state.passes(highWater: mark, at: depth) { post.highDepth = depth }
        }
        return post
    }

    /// Notes for an operator that a letter has come in, or was refused, if one looks on.
    @usableFromInline
    func noteReceived(_ isAccepted: Bool, _ state: inout MailboxState<Server>) {
        guard state.traits.contains(.isObserved), let instruments = state.rare.instruments else { return }
        instruments.received(isAccepted: isAccepted, depth: state.queuedCount + unbegunCount(in: state))
    }

    private func noteDropped(_ state: inout MailboxState<Server>) {
        if state.traits.contains(.isObserved) { state.rare.instruments?.dropped() }
    }

    /// How many letters of its batch the drain has begun.
    var begunCount: Int { Begun.count(begun.load(ordering: .relaxed)) }

    func unbegunCount(in state: borrowing MailboxState<Server>) -> Int {
        max(0, state.taken.count - begunCount)
    }

    /// Takes back what a drain has taken and not begun, so that all that waits is in one place and order. The drain finds
    /// that all of its batch has been begun, and asks for more.
    func takeBack(_ state: inout MailboxState<Server>) {
        guard !state.taken.isEmpty else { return }
        let word = begun.exchange(Begun.word(state.taken.count, state.incarnation), ordering: .relaxed)
        state.waiting.insert(contentsOf: state.taken.dropFirst(Begun.count(word)), at: Int(state.urgentCount))
        state.mayHaveMail = true
        state.taken = []
    }
}

/// How a letter of a server's own was let in.
struct OwnPost {
    /// False when the incarnation is over.
    var isTaken = false
    /// The depth at which the high-water mark was passed.
    var highDepth: Int?
}
