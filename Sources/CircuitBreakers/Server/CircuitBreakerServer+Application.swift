public import Supervision

extension ServerName where Server == CircuitBreakerServer {
    /// The name of the application's breaker server, which the static functions of ``CircuitBreakerServer`` use.
    public static var circuitBreakers: Self { .init("circuit-breakers") }
}

/// The running application's breakers: those of the server named `.circuitBreakers` in the current runtime.
///
/// While that server is being restarted these functions wait for it, for at most five seconds; ``permit(_:)`` does not
/// wait. When there is none they throw ``CircuitBreakerError/noServer``.
extension CircuitBreakerServer {
    /// Runs `operation` if the service's circuit lets it through, and records what came of it.
    ///
    /// The operation runs in the caller's own task (B1). When the caller's task is cancelled, what the operation throws
    /// counts as ``CircuitPolicy/cancellation`` says.
    ///
    /// - Throws: the operation's own error, unchanged (B7); or, when the operation was not run,
    ///   ``CircuitBreakerError``, `ServerError.timedOut` when a restart took too long, or `CancellationError` when the
    ///   caller was cancelled while it waited for one.
    @inlinable
    public static func call<Value>(
        _ service: ServiceName,
        _ operation: () async throws -> Value
    ) async throws -> Value {
        let admission: CircuitAdmission
        do throws(CircuitBreakerError) {
            admission = try admitToWellKnown(service)
        } catch {
            switch error {
            case .noFreeProbe, .noServer: admission = try await waitForAdmission(service, error)
            default: throw error
            }
        }
        return try await admission.run(operation)
    }

    /// The same, with something else to do when the call is rejected or fails.
    ///
    /// `fallback` gets the error of the call; what it throws goes to the caller as a ``FallbackError``, with the call's
    /// own error attached (B29). It does not run when the caller's task is cancelled, nor when the breakers are not set
    /// up (``CircuitBreakerError/noServer``,
    /// ``CircuitBreakerError/invalidPolicy(_:)``): that is not for a fallback to hide.
    ///
    /// - Throws: ``FallbackError``, or the error for which `fallback` does not run. ``Fallback`` says more about errors.
    @inlinable
    public static func call<Value>(
        _ service: ServiceName,
        _ operation: () async throws -> Value,
        fallback: (any Error) async throws -> Value
    ) async throws -> Value {
        do {
            return try await call(service, operation)
        } catch {
            if Task.isCancelled { throw error }
            if let error = error as? CircuitBreakerError, !error.isRejection { throw error }
            do {
                return try await fallback(error)
            } catch let second {
                throw Task.isCancelled ? second : FallbackError(second, after: [error])
            }
        }
    }

    /// The right to make one call of the service, to be spent with a report (B2).
    ///
    /// - Throws: ``CircuitBreakerError``: when the circuit does not let a call through, or no server is running at this
    ///   moment.
    @inlinable
    public static func permit(_ service: ServiceName) throws(CircuitBreakerError) -> CallPermit {
        CallPermit(try admitToWellKnown(service, canWait: false))
    }

    /// Forces a circuit open for as long as the ``CircuitIsolation`` is held (B18).
    ///
    /// - Throws: ``CircuitBreakerError``: when no circuit can be made for the service, or no server is running.
    public static func isolate(_ service: ServiceName) throws(CircuitBreakerError) -> CircuitIsolation {
        guard let table = CircuitTable.wellKnown(in: .current) else { throw .noServer }
        return try table.isolate(service)
    }

    /// The state in effect of a service's circuit. Changes nothing (B9).
    ///
    /// - Throws: ``CircuitBreakerError/unknownService(_:known:)``.
    public static func state(of service: ServiceName) async throws -> CircuitSnapshot {
        let table = try await runningTable()
        if let snapshot = table.snapshot(of: service) { return snapshot }
        throw CircuitBreakerError.unknownService(service, known: table.knownServices)
    }

    /// The states in effect of all circuits, and of the services that have a policy of their own, by name.
    public static func states() async throws -> [CircuitSnapshot] {
        try await runningTable().snapshots()
    }

    /// What has come of a service's circuit since it was made. Changes nothing (B9, B27).
    ///
    /// - Throws: ``CircuitBreakerError/unknownService(_:known:)``.
    public static func figures(of service: ServiceName) async throws -> CircuitFigures {
        let table = try await runningTable()
        if let figures = table.figures(of: service) { return figures }
        throw CircuitBreakerError.unknownService(service, known: table.knownServices)
    }

    /// The figures and the health of all circuits, which reads as a table (B27).
    public static func overview() async throws -> CircuitOverview {
        try await runningTable().overview()
    }

    /// The events of the circuits from now on (B26). The stream ends when the server stops or is restarted.
    ///
    /// - Parameter capacity: how many events wait for a consumer that is slow; more are lost, and counted.
    public static func events(
        capacity: Int = CircuitEventStream.standardCapacity
    ) async throws -> CircuitEventStream {
        try await runningTable().feed.stream(capacity: capacity)
    }

    /// Closes a circuit and clears its counts, whatever state it was in (B19).
    ///
    /// - Throws: ``CircuitBreakerError/unknownService(_:known:)``.
    public static func reset(_ service: ServiceName) async throws {
        try await runningTable().reset(service)
    }

    /// Does what an operator asks, and answers.
    public static func admin(_ message: AdminMessage) async throws -> AdminReply {
        try await runningTable().admin(message)
    }

    /// The way of a call that finds no running server: it waits for one that restarts.
    @usableFromInline
    static func waitForAdmission(
        _ service: ServiceName,
        _ problem: CircuitBreakerError
    ) async throws -> CircuitAdmission {
        var problem = problem
        while true {
            let table = try await runningTable()
            if let admission = try await table.admitLater(service, problem) { return admission }
            do throws(CircuitBreakerError) { return try table.admitAtOnce(service) } catch { problem = error }
        }
    }

    /// The table of the running server, waited for over a restart.
    private static func runningTable() async throws -> CircuitTable {
        let runtime = Runtime.current
        while true {
            if let table = CircuitTable.wellKnown(in: runtime), !table.isRetired { return table }
            do {
                let table = try await ServerRef(.circuitBreakers, in: runtime).call { $0.table }
                if !table.isRetired { return table }
                // It ended between its answer and now, or its clean-up is done and its end not told yet.
                await Task.yield()
            } catch ServerError.notRunning {
                throw CircuitBreakerError.noServer
            } catch ServerError.exited {
                // That incarnation ended. The next attempt waits for the next one, or finds that there is none.
                continue
            }
        }
    }
}
