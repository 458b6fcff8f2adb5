import CircuitBreakers

/// A queue client whose calls go through circuits: a queue that fails is left in peace, and nobody waits for it.
///
/// It is a queue client itself, so whoever uses one need not know. Each call has a time limit inside its circuit, so
/// that a queue that hangs opens the circuit as one that fails does.
struct ProtectedQueueClient<Client: QueueClient>: QueueClient {
    /// Which calls share a circuit.
    enum Circuits: Sendable {
        /// Each method has its own: when messages cannot be sent, they are received all the same.
        case perMethod
        /// All methods share one: for a queue that works as a whole or not at all.
        case perQueue
    }

    private let client: Client
    private let queue: String
    private let circuits: Circuits
    private let timeLimit: TimeLimit

    /// Protects `client`. The application's breaker server must run when it is called.
    ///
    /// - Parameters:
    ///   - queue: what the circuits are named after.
    ///   - timeLimit: how long one call may take.
    init(_ client: Client, queue: String, circuits: Circuits = .perMethod, timeLimit: TimeLimit) {
        self.client = client
        self.queue = queue
        self.circuits = circuits
        self.timeLimit = timeLimit
    }

    /// The circuit that a method's calls go through.
    func circuit(of method: QueueMethod) -> ServiceName {
        switch circuits {
        case .perMethod: ServiceName("\(queue)/\(method.rawValue)")
        case .perQueue: ServiceName(queue)
        }
    }

    func send(_ body: String) async throws {
        try await guarded(.send) { try await client.send(body) }
    }

    func receive(upTo limit: Int) async throws -> [QueueMessage] {
        try await guarded(.receive) { try await client.receive(upTo: limit) }
    }

    func acknowledge(_ receipt: QueueMessage.Receipt) async throws {
        try await guarded(.acknowledge) { try await client.acknowledge(receipt) }
    }

    private func guarded<Value: Sendable>(
        _ method: QueueMethod,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await CircuitBreakerServer.call(circuit(of: method)) {
            try await timeLimit.call(operation)
        }
    }
}
