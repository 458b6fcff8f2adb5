internal import Supervision

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

extension CircuitAdmission {
    /// Runs an operation that has been let through, in the caller's task, and records what it came to (B1, B2, B7).
    @inlinable
    consuming func run<Value, Failure: Error>(_ operation: () async throws(Failure) -> Value) async throws -> Value {
        do {
            if ticket.hasFaults { try await circuit.sufferFaults() }
            let value = try await operation()
            circuit.returned(value, ticket)
            return value
        } catch {
            circuit.threw(error, isCancelled: Task.isCancelled, ticket)
            throw error
        }
    }
}

extension Circuit {
    /// Waits, and fails by chance, as the circuit's faults have it.
    @usableFromInline
    func sufferFaults() async throws {
        guard let faults = snapshot()?.faults else { return }
        if faults.delay > .zero { try await runtime.sleep(for: faults.delay) }
        if faults.failureRate > 0, runtime.random(in: 0...1) <= faults.failureRate {
            throw InjectedFault(service: service)
        }
    }
}
