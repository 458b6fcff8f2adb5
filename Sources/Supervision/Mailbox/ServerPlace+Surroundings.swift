/// What an integration has put around the code of servers: see ``Surroundings``.
extension ServerPlace {
    /// Asked first, so that a runtime without any is spared the rest.
    @usableFromInline var isSurrounded: Bool { runtime.isSurrounding && !isSelfManaged }

    var surroundings: (any Surroundings)? {
        isSurrounded ? runtime.surroundings : nil
    }

    private func asSurrounded(_ incarnation: Int) -> SurroundedServer {
        SurroundedServer(path: path, id: ownID, kind: kind, incarnation: incarnation)
    }

    /// Runs a task of the server's.
    func surround<Value, Failure: Error>(
        _ incarnation: Int,
        _ task: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard let surroundings else { return try await task() }
        return try await surroundings.runTask(of: asSurrounded(incarnation), task)
    }

    /// Makes a call. `send` is given what its body is to run in.
    func surroundCall<Value: Sendable>(
        in surroundings: any Surroundings,
        _ send: (any SurroundedCall) async throws -> Value
    ) async throws -> Value {
        try await surroundings.runCall(of: asSurrounded(incarnation), send)
    }

    /// The life whose code asks.
    var currentIncarnation: Int { Turn.current?.incarnation ?? incarnation }

    /// A message has been handled.
    func tellHandled(since began: RuntimeInstant, _ incarnation: Int) {
        surroundings?.handledMessage(at: asSurrounded(incarnation), in: began.duration(to: runtime.now))
    }

    /// The way of a call that does not suspend.
    @usableFromInline
    func callSurrounded<Value: Sendable>(
        timeout: Duration,
        _ body: @Sendable (isolated Server) throws -> Value
    ) async throws -> Value {
        guard let surroundings else { return try await queuePlain(timeout: timeout, body) }
        return try await surroundCall(in: surroundings) { call in
            if let (server, word) = visitSurrounded() {
                defer { noteLeft() }
                return try await runSurrounded(server, by: word, in: call, body)
            }
            return try await queuePlain(timeout: timeout) { server in
                try call.run(in: currentIncarnation) { try body(server) }
            }
        }
    }

    /// Enters an idle server whose gate is shut for what is around it. The way out is through the lock.
    private func visitSurrounded() -> (server: Server, word: UInt64)? {
        withState { state in
            guard state.phase == .idle, state.traits.subtracting(.isSurrounded).allowsVisits, let server = state.server
            else { return nil }
            state.phase = .visited
            state.visits &+= 1
            return (server, Gate.openWord(state.incarnation, visits: state.visits))
        }
    }

    /// Runs a call's body in the caller's own task, and tells how long it took.
    private func runSurrounded<Value>(
        _ server: isolated Server,
        by word: UInt64,
        in call: any SurroundedCall,
        _ body: @Sendable (isolated Server) throws -> Value
    ) throws -> Value {
        let began = runtime.now
        defer { tellHandled(since: began, Gate.incarnation(word)) }
        return try runInPlace(server, by: word) { server in
            try call.run(in: Gate.incarnation(word)) { try body(server) }
        }
    }
}
