internal import Synchronization

/// What a mailbox with rules of its own lets in: bounds (S17), a last drain (S14), mail that is not kept (S2).
extension ServerPlace {
    /// Posts a letter from outside. Gives why it was refused.
    @usableFromInline
    func postByRules(_ letter: Letter<Server>, from sender: TimedWait? = nil) -> ServerError? {
        var outcome = Admission()
        withState { outcome = admit(letter, from: sender, &$0) }
        if case .call(let call) = outcome.dropped { call.fail(overload) }
        if let depth = outcome.highDepth {
            let kind = SupervisionEvent.Kind.mailboxHigh(depth: depth, limit: rules?.mailbox?.limit)
            runtime.emit(SupervisionEvent(path: path, child: self.kind, kind: kind))
        }
        switch outcome.decision {
        case .accepted, .suspended: return nil
        case .closed: return .notRunning(label)
        case .shuttingDown: return .shuttingDown
        case .overloaded: return overload
        }
    }

    private var overload: ServerError { .overloaded(limit: rules?.mailbox?.limit ?? 0) }

    private struct Admission {
        enum Decision {
            case accepted, suspended, closed, shuttingDown, overloaded
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
        noteReceived(outcome.decision == .accepted, &state)
        guard case .accepted = outcome.decision else { return outcome }
        if state.post(letter) == .wake { wake(&state) }
        if let sender { sender.succeed() }
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
        var depth = state.waiting.count + max(0, state.taken.count - begunCount)
        if depth >= min(limit, bounds.highWater) {
            outcome.swept = state.sweep()
            depth = state.waiting.count + unbegun(in: state)
        }
        if depth + 1 >= bounds.highWater, !state.rare.isHigh {
            state.rare.isHigh = true
            outcome.highDepth = min(depth + 1, limit)
        } else if depth <= bounds.highWater / 2, state.hasRareFields {
            state.rare.isHigh = false
        }
        guard depth >= limit || state.hasRareFields && !state.rare.suspended.isEmpty else { return }
        switch bounds.overflow {
        case .reject: outcome.decision = .overloaded
        case .dropOldest:
            outcome.dropped = takeOldest(&state)
            // All that waits is the server's own: there is nothing that could make room.
            if outcome.dropped == nil { outcome.decision = .overloaded }
        case .suspend:
            state.rare.limit = limit
            switch (letter, sender) {
            case (.call(let call), _): state.rare.suspended.append(.call(call))
            case (.message(let message), let sender?): state.rare.suspended.append(.message(message, sender))
            // A cast waits for nothing.
            case (.message, nil), (.own, _): return outcome.decision = .overloaded
            }
            outcome.decision = .suspended
        }
    }

    /// Notes for an operator that a letter has come in, if one looks on.
    func noteReceived(_ isAccepted: Bool, _ state: inout MailboxState<Server>) {
        guard state.traits.contains(.isObserved), let instruments = state.rare.instruments else { return }
        let depth = state.waiting.count + max(0, state.taken.count - begunCount) + (isAccepted ? 1 : 0)
        instruments.received(isAccepted: isAccepted, depth: depth)
    }

    private var begunCount: Int { Begun.count(begun.load(ordering: .relaxed)) }

    private func unbegun(in state: borrowing MailboxState<Server>) -> Int {
        let incarnation = state.incarnation
        return state.taken.dropFirst(begunCount).count { $0.isDue(in: incarnation) }
    }

    /// The oldest letter from outside that has not been begun. One that a drain has taken is taken from it by
    /// beginning it in its stead.
    private func takeOldest(_ state: inout MailboxState<Server>) -> Letter<Server>? {
        let incarnation = state.incarnation
        while true {
            let index = begunCount
            guard index < state.taken.count else { break }
            if case .own = state.taken[index] { break }
            guard beginLetter(index, incarnation) else { continue }
            if state.taken[index].isDue(in: incarnation) { return state.taken[index] }
        }
        return state.removeOldest()
    }
}
