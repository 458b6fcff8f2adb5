public import Supervision
internal import Synchronization

/// The circuits of one incarnation of a ``CircuitBreakerServer``, by service, reached without a hop to the server.
///
/// When the server ends, the table is retired and lets no more calls through. It stays in the runtime's slot until the
/// next incarnation puts its own there, which is how a call knows that there may be a server to wait for.
@usableFromInline
final class CircuitTable: AnyBreakers {
    private let policy: CircuitPolicy
    private let policies: [ServiceName: CircuitPolicy]
    /// What is wrong with the first policy that is invalid.
    let invalidPolicy: InvalidCircuitPolicy?
    private let environment: CircuitEnvironment

    init(policy: CircuitPolicy, policies: [ServiceName: CircuitPolicy], runtime: Runtime) {
        self.policy = policy
        self.policies = policies
        invalidPolicy = Self.firstInvalid(policy, policies)
        environment = CircuitEnvironment(runtime: runtime)
    }

    deinit {
        environment.retire()
    }

    private static func firstInvalid(
        _ policy: CircuitPolicy,
        _ policies: [ServiceName: CircuitPolicy]
    ) -> InvalidCircuitPolicy? {
        do throws(InvalidCircuitPolicy) {
            try CircuitPolicy.validate(default: policy, policies: policies)
            return nil
        } catch {
            return error
        }
    }
}

// MARK: - Life

extension CircuitTable {
    var isRetired: Bool { environment.isRetired }

    /// Begins an incarnation. The table of the former one, if it still stands in the slot, is retired: its server may
    /// have been killed before it could do that itself.
    func attach(to context: ServerContext<CircuitBreakerServer>) {
        let isWellKnown = context.name == ServerName.circuitBreakers.rawValue
        environment.attach(to: context, isWellKnown: isWellKnown)
        guard isWellKnown else { return }
        let previous = context.runtime.breakers.withLock { slot in
            defer { slot = self }
            return slot
        }
        if let previous = previous.flatMap(Self.table), previous !== self { previous.retire() }
    }

    /// Ends the incarnation: lets no call through any more, cancels the timers (B28), and what calls in flight report
    /// is late.
    func retire() {
        environment.retire()
    }

    /// The table in the runtime's slot, which may be retired.
    @usableFromInline
    static func wellKnown(in runtime: Runtime) -> CircuitTable? {
        runtime.breakers.withLock { $0 }.flatMap(table)
    }

    /// Cheaper than a conditional cast, on the way of every call. No other class conforms to the protocol.
    private static func table(_ breakers: any AnyBreakers) -> CircuitTable? {
        type(of: breakers) == CircuitTable.self ? unsafeDowncast(breakers, to: CircuitTable.self) : nil
    }
}

// MARK: - Calls

/// A call that has been let through.
@usableFromInline
struct CircuitAdmission: Sendable {
    @usableFromInline let circuit: Circuit
    @usableFromInline let ticket: CircuitTicket

    @usableFromInline
    init(circuit: Circuit, ticket: CircuitTicket) {
        self.circuit = circuit
        self.ticket = ticket
    }
}

extension CircuitTable {
    /// Lets a call through, or throws why not. Nil when the table is retired.
    @usableFromInline
    func admit(_ service: ServiceName) throws(CircuitBreakerError) -> CircuitAdmission? {
        while let circuit = try circuit(for: service) {
            switch circuit.acquire() {
            case .admitted(let ticket): return CircuitAdmission(circuit: circuit, ticket: ticket)
            case .rejected(let error): throw error
            // Removed since it was looked up, so the next look-up finds or makes another, or the table is retired.
            case .retired: continue
            }
        }
        return nil
    }

    /// Runs an operation that has been let through, in the caller's task, and records what it came to (B1, B2, B7).
    @inlinable
    static func run<Value, Failure: Error>(
        _ admission: CircuitAdmission,
        _ operation: () async throws(Failure) -> Value
    ) async throws -> Value {
        do {
            let value = try await operation()
            admission.circuit.returned(value, admission.ticket)
            return value
        } catch {
            admission.circuit.threw(error, isCancelled: Task.isCancelled, admission.ticket)
            throw error
        }
    }

    /// The circuit of a service, made if there is none. Nil when the table is retired.
    private func circuit(for service: ServiceName) throws(CircuitBreakerError) -> Circuit? {
        if let circuit = environment.circuit(of: service) { return circuit }
        if let invalidPolicy { throw .invalidPolicy(invalidPolicy) }
        return environment.circuit(of: service, orMakeWith: policies[service] ?? policy)
    }

    /// A report about a call that a circuit of this service let through which is no more. Harmless when there is none.
    func addLate(_ service: ServiceName) {
        existingCircuit(service)?.addLate()
    }

    func existingCircuit(_ service: ServiceName) -> Circuit? {
        environment.circuit(of: service)
    }
}

// MARK: - Queries and operators

extension CircuitTable {
    /// The services that have a circuit or a policy of their own, by name.
    var knownServices: [ServiceName] {
        Set(environment.services).union(policies.keys).sorted { $0.rawValue < $1.rawValue }
    }

    /// Nil when the service has neither a circuit nor a policy. Makes no circuit (B9).
    func snapshot(of service: ServiceName) -> CircuitSnapshot? {
        if let circuit = existingCircuit(service) { return circuit.snapshot() }
        if policies[service] == nil { return nil }
        return CircuitSnapshot(service: service, state: .closed)
    }

    func snapshots() -> [CircuitSnapshot] {
        knownServices.compactMap(snapshot)
    }

    func reset(_ service: ServiceName) throws(CircuitBreakerError) {
        try known(service)
        try circuit(for: service)?.reset()
    }

    func resetAll() {
        for circuit in environment.allCircuits { circuit.reset() }
    }

    /// Holds also for a service that has no circuit yet (B18).
    func override(_ service: ServiceName, _ override: CircuitOverride) throws(CircuitBreakerError) {
        try circuit(for: service)?.override(override)
    }

    func enable(_ service: ServiceName) throws(CircuitBreakerError) {
        try known(service)
        existingCircuit(service)?.enable()
    }

    func remove(_ service: ServiceName) throws(CircuitBreakerError) {
        try known(service)
        environment.remove(service)
    }

    private func known(_ service: ServiceName) throws(CircuitBreakerError) {
        if policies[service] != nil || existingCircuit(service) != nil { return }
        throw .unknownService(service, known: knownServices)
    }
}
