/// What is brought to an idle supervisor by the task that has it, in place of a message: by a child's, or by a caller's.
extension ServerPlace where Server: SupervisingServer {
    /// Gives `signal` to the supervisor, and gives what it has decided to start and to end. Nil when it is not idle, and
    /// the signal must be posted.
    func visit(with signal: SupervisorSignal, from sender: Int) async -> [Launch]? {
        guard let (server, word) = enter() else { return nil }
        defer { noteLeft() }
        return await visit(server, by: word, signal, from: sender)
    }

    private func visit(
        _ server: isolated Server,
        by word: UInt64,
        _ signal: SupervisorSignal,
        from sender: Int
    ) -> [Launch]? {
        guard Gate.incarnation(word) == sender else {
            leave(server, by: word)
            return nil
        }
        server.launches.keep()
        do {
            try server.take(signal, now: runtime.now)
            leave(server, by: word)
        } catch {
            leaveBusy(server, sender, failure: error)
        }
        return server.launches.take()
    }
}

extension ServerRef where Server: SupervisingServer {
    /// Asks the supervisor for a change of its children, which it answers when that is made.
    func request<Answer: Sendable>(
        _ body: @escaping @Sendable (isolated Server, Reply<Answer>) throws -> Void
    ) async throws -> Answer {
        let call = DeferredCall(place: try resolve(), body: body)
        return try await call.visitingValue(timeout: .unbounded) { server, word in
            let launches = try await call.visitSupervisor(server, by: word)
            // Off the supervisor, which they are going to tell what comes of them.
            launches.spawn()
        }
    }
}

extension DeferredCall where Server: SupervisingServer {
    /// Gives what the supervisor has decided to start and to end.
    fileprivate func visitSupervisor(_ server: isolated Server, by word: UInt64) throws -> [Launch] {
        server.launches.keep()
        do {
            try visit(server, by: word)
        } catch {
            server.launches.take().spawn()
            throw error
        }
        return server.launches.take()
    }
}
