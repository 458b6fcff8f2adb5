public import Supervision

/// The breakers of a server of any name.
///
/// While the server is being restarted these functions wait for it, as every call of a `ServerRef` does. They throw
/// `ServerError` when it is not running.
extension ServerRef where Server == CircuitBreakerServer {
    /// Runs `operation` if the service's circuit lets it through, and records what came of it.
    ///
    /// The operation runs in the caller's own task (B1), not on the server.
    ///
    /// - Throws: the operation's own error, unchanged (B7), or ``CircuitBreakerError`` when the circuit rejects it.
    public func call<Value>(
        _ service: ServiceName,
        _ operation: () async throws -> Value
    ) async throws -> Value {
        while true {
            let table = try await call { $0.table }
            let admission: CircuitAdmission?
            do throws(CircuitBreakerError) {
                admission = try table.admitAtOnce(service)
            } catch {
                admission = try await table.admitLater(service, error)
            }
            if let admission { return try await admission.run(operation) }
            await Task.yield()
        }
    }

    /// The right to make one call of the service, to be spent with a report (B2).
    ///
    /// - Throws: ``CircuitBreakerError`` when the circuit does not let a call through.
    public func permit(_ service: ServiceName) async throws -> CallPermit {
        while true {
            let table = try await call { $0.table }
            if let admission = try table.admit(service) { return CallPermit(admission) }
            await Task.yield()
        }
    }

    /// The state in effect of a service's circuit; nil when it has neither a circuit nor a policy. Changes nothing (B9).
    public func state(of service: ServiceName) async throws -> CircuitSnapshot? {
        try await call { $0.state(of: service) }
    }

    /// The states in effect of all circuits, and of the services that have a policy of their own, by name.
    public func states() async throws -> [CircuitSnapshot] {
        try await call { $0.states() }
    }

    /// Closes a circuit and clears its counts, whatever state it was in (B19).
    ///
    /// - Throws: ``CircuitBreakerError/unknownService(_:known:)``.
    public func reset(_ service: ServiceName) async throws {
        try await call { try $0.reset(service) }
    }

    /// Does what an operator asks, and answers.
    public func admin(_ message: CircuitBreakerServer.AdminMessage) async throws -> CircuitBreakerServer.AdminReply {
        try await call { $0.admin(message) }
    }
}
