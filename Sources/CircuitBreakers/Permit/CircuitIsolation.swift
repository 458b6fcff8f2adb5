/// Holds a circuit open for as long as somebody has a reason to (B18).
///
/// ```swift
/// let isolation = try CircuitBreakerServer.isolate("user-api")
/// try await migrate()
/// isolation.end()
/// ```
///
/// Several may hold the same circuit; it closes, with its counts at zero, when the last of them has ended, unless an
/// operator has forced it open too. An override that it found holds again then. When an operator lifts the override meanwhile, or the server is restarted, the
/// isolation holds nothing any more. Dropped, it ends.
public struct CircuitIsolation: ~Copyable, Sendable {
    /// The service that cannot be called.
    public var service: ServiceName { circuit.service }
    private let circuit: Circuit
    private let id: UInt64

    init(circuit: Circuit, id: UInt64) {
        self.circuit = circuit
        self.id = id
    }

    /// Lets go of the circuit.
    public consuming func end() {}

    deinit {
        circuit.endIsolation(id)
    }
}
