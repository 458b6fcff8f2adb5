/// Messages that are watched: by a watchdog (S10), by an operator (G17), or by an integration.
extension ServerPlace {
    @usableFromInline
    func handleWatched(
        _ letter: Letter<Server>,
        on server: isolated Server,
        _ context: ServerContext<Server>
    ) async throws {
        // What was given up before its turn is merely passed over.
        guard letter.isDue(in: context.incarnation) else { return try await handle(letter, on: server, context) }
        if let interference = runtime.interference { try await interfere(interference, with: letter) }
        let began = runtime.now
        let (watch, instruments) = withState { state -> (Watched?, Instruments?) in
            (beginWatch(began, context.incarnation, &state), state.rare.instruments)
        }
        instruments?.began(letter.label, at: began)
        var failure: (any Error)?
        do { try await handle(letter, on: server, context) } catch { failure = error }
        await runtime.interference?.didHandle(at: path)
        if let watch { endWatch(watch) }
        instruments?.ended(letter.label, began: began, now: runtime.now, failure: failure)
        tellHandled(since: began, context.incarnation)
        if let failure { throw failure }
    }

    /// A message that the watchdog is at.
    private struct Watched {
        var message: UInt32
        var deadline: TargetDeadline
    }

    private func beginWatch(
        _ now: RuntimeInstant,
        _ incarnation: Int,
        _ state: inout MailboxState<Server>
    ) -> Watched? {
        guard let timeout = rules?.watchdog, state.isLive(incarnation) else { return nil }
        // 24 bits of it fit into a tag; 0 is nobody.
        let message = max(1, (state.rare.lastWatched + 1) & 0xFF_FFFF)
        state.rare.lastWatched = message
        state.rare.watched = message
        let tag = PlaceDeadline.watchdog.tag(incarnation, message: message)
        let deadline = runtime.pendingDeadlines.schedule(at: now.advanced(by: timeout), self, tag: tag)
        return Watched(message: message, deadline: deadline)
    }

    private func endWatch(_ watch: Watched) {
        // The message of a stray must not end the watch over that of the next incarnation.
        withState { if $0.rare.watched == watch.message { $0.rare.watched = 0 } }
        runtime.pendingDeadlines.cancel(watch.deadline)
    }

    func messageTimedOut(_ message: UInt32, of incarnation: Int) {
        guard let timeout = rules?.watchdog else { return }
        overdue(.messageTimedOut(after: timeout), incarnation) { $0.rare.watched == message }
    }
}
