internal import Synchronization

/// What an operator may do to a server, whatever kind it is (G17).
extension ServerPlace {
    /// Whether the incarnation handles nothing but requests of operators from now on. False when there is none.
    func setSuspended(_ isSuspended: Bool) -> Bool {
        let isThere = withState { state in
            guard state.phase != .vacant, state.phase != .closed, state.phase != .ending else { return false }
            if isSuspended {
                state.traits.insert(.isSuspended)
            } else {
                state.traits.remove(.isSuspended)
                if state.hasRareMail { state.putBack([]) }
                wakeIfIdle(&state)
                if state.phase == .idle { armDueIdleTimer(&state) }
            }
            return true
        }
        // So that a drain looks again before its next message.
        hasUrgentLetter.store(true, ordering: .relaxed)
        return isThere
    }

    private func wakeIfIdle(_ state: inout MailboxState<Server>) {
        guard state.phase == .idle, state.hasWork else { return }
        state.phase = .draining
        wake(&state)
    }

    /// Observes the server from its next message on, over restarts too; nil for no longer.
    func setInstruments(_ instruments: Instruments?) {
        // Returned out of the lock, so that it is freed outside it.
        _ = withState { state in
            defer {
                state.rare.instruments = instruments
                if instruments == nil { state.traits.remove(.isObserved) } else { state.traits.insert(.isObserved) }
            }
            return state.rare.instruments
        }
        hasUrgentLetter.store(true, ordering: .relaxed)
    }

    var instruments: Instruments? {
        withState { $0.knownRare?.instruments }
    }

    /// Has another instance take over from `server` when the present request is through. False when that has been given
    /// up meanwhile.
    func setReplacement(_ replacement: Server, for server: Server) -> Bool {
        withState { state in
            guard state.server === server else { return false }
            state.rareMail.replacement = replacement
            return true
        }
    }

    var statistics: ServerStatistics {
        let now = runtime.now
        let (incarnation, isSuspended, isLive, since) = withState { state in
            (
                state.incarnation,
                state.traits.contains(.isSuspended),
                state.server != nil && !state.isStartPending && state.phase != .starting,
                state.openedAt
            )
        }
        let observed = instruments.map { instruments in
            let counts = instruments.counts
            return ServerStatistics.Observed(
                time: instruments.since.duration(to: now),
                received: counts.received,
                refused: counts.refused,
                handled: counts.handled,
                failed: counts.failed,
                timeInHandlers: counts.timeInHandlers,
                highWater: counts.highWater
            )
        }
        return ServerStatistics(
            path: path,
            status: status,
            mailboxDepth: depth,
            isSuspended: isSuspended,
            restarts: max(0, incarnation - 1),
            uptime: isLive ? since.duration(to: now) : nil,
            observed: observed
        )
    }
}
