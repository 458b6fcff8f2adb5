internal import Supervision

/// Where circuits outlive their server (B22).
///
/// A server that has one loads what it holds when it starts, and tells it of each circuit that changes its state. That
/// happens beside the calls: no call waits for a store, and one that fails is told of in a
/// ``CircuitEvent/Kind/storeTrouble(_:)`` and asked again at the next change. A server whose store cannot be loaded
/// starts with fresh circuits.
public protocol CircuitStore: Sendable {
    /// The circuits that were saved and not removed, with what is left of their open times now.
    func load() async throws -> [StoredCircuit]

    /// Keeps a circuit, in the place of what was kept of its service before. `remaining` counts from now.
    func save(_ circuit: StoredCircuit) async throws

    /// Forgets the circuit of a service, if one is kept.
    func remove(_ service: ServiceName) async throws
}

/// A store in the memory of the process: circuits outlive a restart of their server, not of the process.
///
/// ```swift
/// let store = MemoryCircuitStore()
/// Child(.circuitBreakers) { CircuitBreakerServer(store: store) }
/// ```
///
/// Two servers that share one do not see each other's changes while they run.
public actor MemoryCircuitStore: CircuitStore {
    private var circuits: [ServiceName: (circuit: StoredCircuit, time: RuntimeInstant)] = [:]

    /// An empty store.
    public init() {}

    public func load() -> [StoredCircuit] {
        let now = Runtime.current.now
        return circuits.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value).map { circuit, time in
            var left = circuit
            left.remaining = circuit.remaining.map { max(.zero, $0 - time.duration(to: now)) }
            return left
        }
    }

    public func save(_ circuit: StoredCircuit) {
        circuits[circuit.service] = (circuit, Runtime.current.now)
    }

    public func remove(_ service: ServiceName) {
        circuits[service] = nil
    }
}
