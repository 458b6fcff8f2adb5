/// The hidden half of a server, for operators (G17). None of it needs anything of the server's own code.
///
/// A request runs between two messages, before all that waits; while the server is busy with one message it waits for
/// the end of that. What only looks at the mailbox (``statistics()``, ``messageLog()``, ``observe(log:trace:)``) does
/// not wait even for that.
extension ServerRef {
    /// Has the server handle no message until ``resume()``; returns when the one in work is through.
    ///
    /// What comes in waits, each call within its own time. The server can be inspected, replaced, asked to stop and
    /// restarted; the next incarnation is not suspended. When the call throws because `timeout` is over, the server is
    /// suspended all the same as soon as its message has ended.
    ///
    /// - Parameter timeout: how long to wait for the message in work.
    /// - Throws: ``ServerError``; `CancellationError` when the caller is cancelled.
    public func suspend(timeout: Duration = .seconds(5)) async throws {
        let place = try resolve()
        // Before it is suspended by itself, for good.
        if let path = Turn.current?.cycle(to: place) { throw ServerError.callCycle(path) }
        guard place.setSuspended(true) else { throw ServerError.notRunning(place.label) }
        try await inspect(timeout: timeout) { _ in }
    }

    /// Has a suspended server go on with what waits. A server that is not suspended goes on as before.
    ///
    /// - Throws: ``ServerError/notRunning(_:)``.
    public func resume() throws {
        let place = try resolve()
        guard place.setSuspended(false) else { throw ServerError.notRunning(place.label) }
    }

    /// Runs `body` on the server before everything that waits, and returns its result.
    ///
    /// For looking into a server, suspended or not. What `body` throws goes to the caller and leaves the server running,
    /// an ``Exit`` as well.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait for the message in work.
    ///   - body: what looks into the server.
    /// - Throws: what the body throws; ``ServerError``; `CancellationError` when the caller is cancelled.
    public func inspect<Value: Sendable>(
        timeout: Duration = .seconds(5),
        _ body: @escaping @Sendable (isolated Server) throws -> Value
    ) async throws -> Value {
        try await SystemCall(place: resolve(), body: body).value(timeout: timeout)
    }

    /// Puts another instance in the server's place, without a restart: its mail, timers and tasks go on.
    ///
    /// `make` gets the present instance and gives the one that takes over from the next message on; neither `terminate`
    /// of the one nor `started` of the other runs. When `make` throws, everything is as it was (G17).
    ///
    /// ```swift
    /// try await ref.replace { old in Counter(total: old.total, step: 10) }
    /// ```
    ///
    /// - Throws: what `make` throws; ``ServerError``, `notReplaceable` for a supervisor among them; `CancellationError`
    ///   when the caller is cancelled.
    public func replace(
        timeout: Duration = .seconds(5),
        _ make: @escaping @Sendable (isolated Server) throws -> Server
    ) async throws {
        let place = try resolve()
        if place.isSelfManaged { throw ServerError.notReplaceable(place.label) }
        try await inspect(timeout: timeout) { server in
            guard place.setReplacement(try make(server), for: server) else {
                throw ServerError.notRunning(place.label)
            }
        }
    }

    /// Notes what the server does from its next message on, until ``stopObserving()``, over restarts too.
    ///
    /// It makes the server's calls slower: none is served in the caller's own task. What was noted before is dropped.
    ///
    /// - Parameters:
    ///   - log: how many of the last messages ``messageLog()`` keeps, by their types; 0 for none.
    ///   - trace: whether each message is told as a ``ServerTraceEvent``, at debug level.
    /// - Throws: ``ServerError/notRunning(_:)`` when there is nothing of that name.
    public func observe(log: Int = 10, trace: Bool = false) throws {
        let place = try resolve()
        place.setInstruments(
            Instruments(path: place.path, runtime: place.runtime, logSize: log, traces: trace)
        )
    }

    /// Notes nothing any more, and drops what was noted.
    ///
    /// - Throws: ``ServerError/notRunning(_:)`` when there is nothing of that name.
    public func stopObserving() throws {
        try resolve().setInstruments(nil)
    }

    /// What the server has done. Some of it is known only while it is observed: see ``observe(log:trace:)``.
    ///
    /// - Throws: ``ServerError/notRunning(_:)`` when there is nothing of that name.
    public func statistics() throws -> ServerStatistics {
        try resolve().statistics
    }

    /// The last messages that the server has handled, the oldest first; none when it is not observed.
    ///
    /// - Throws: ``ServerError/notRunning(_:)`` when there is nothing of that name.
    public func messageLog() throws -> [LoggedMessage] {
        try resolve().instruments?.log ?? []
    }
}
