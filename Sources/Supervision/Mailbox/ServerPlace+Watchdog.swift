/// Messages that are watched: by a watchdog (S10), or by an operator (G17).
extension ServerPlace {
    @usableFromInline
    func handleWatched(
        _ letter: Letter<Server>,
        on server: isolated Server,
        _ context: ServerContext<Server>
    ) async throws {
        let began = runtime.now
        let (watchdog, instruments) = withState { state -> (DeadlineQueue.Token?, Instruments?) in
            (beginWatch(began, &state), state.rare.instruments)
        }
        instruments?.began(letter.label, at: began)
        var failure: (any Error)?
        do { try await handle(letter, on: server, context) } catch { failure = error }
        if watchdog != nil { withState { $0.rare.watched = 0 } }
        if let watchdog { runtime.deadlines.cancel(watchdog) }
        instruments?.ended(letter.label, began: began, now: runtime.now, failure: failure)
        if let failure { throw failure }
    }

    private func beginWatch(_ now: RuntimeInstant, _ state: inout MailboxState<Server>) -> DeadlineQueue.Token? {
        guard let timeout = rules?.watchdog else { return nil }
        // 24 bits of it fit into a tag; 0 is nobody.
        let message = max(1, (state.rare.lastWatched + 1) & 0xFF_FFFF)
        state.rare.lastWatched = message
        state.rare.watched = message
        let tag = PlaceDeadline.watchdog.tag(state.incarnation, message: message)
        return runtime.deadlines.schedule(at: now.advanced(by: timeout), self, tag: tag)
    }

    func messageTimedOut(_ message: UInt32, of incarnation: Int) {
        guard let timeout = rules?.watchdog else { return }
        let isRunning = withState { state in
            guard state.isLive(incarnation), state.exit == nil, state.rare.watched == message else { return false }
            state.rare.isOverdue = true
            return true
        }
        if isRunning { overdue(.messageTimedOut(after: timeout), incarnation) }
    }
}
