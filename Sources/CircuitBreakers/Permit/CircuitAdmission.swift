internal import Supervision

/// A call that has been let through. It reports exactly once: by one of the functions that consume it, or as ignored
/// when it is dropped.
///
/// It holds no reference to its circuit: the circuit counts the calls in flight, and lasts until they have reported. A
/// success, as a rule, looks at nothing but the circuit's lane.
@usableFromInline
struct CircuitAdmission: ~Copyable, Sendable {
    @usableFromInline let entrance: CircuitEntrance

    init(_ entrance: CircuitEntrance) {
        self.entrance = entrance
    }

    @usableFromInline var ticket: CircuitTicket {
        @inlinable get { entrance.ticket }
    }

    private var lane: FastLaneRef { entrance.lane }

    /// Held by whoever uses it, since its own report may be the last that the circuit waits for.
    var circuit: Circuit { lane.circuit.takeUnretainedValue() }

    var service: ServiceName { lane.circuit._withUnsafeGuaranteedRef { $0.service } }

    deinit { circuit.record(.ignored, of: ticket) }

    /// The service answered as it should.
    // Inlined, since to copy all of what has just been written part by part takes as long as an atomic step.
    @usableFromInline @inline(__always)
    consuming func succeeded() {
        let (lane, ticket) = (lane, ticket)
        discard self
        if lane.pointer.pointee.succeed(ticket) { return }
        Self.succeededAfterAll(lane, ticket)
    }

    @inline(never)
    private static func succeededAfterAll(_ lane: FastLaneRef, _ ticket: CircuitTicket) {
        let circuit = lane.circuit
        if circuit._withUnsafeGuaranteedRef({ $0.succeedInPassing(ticket) }) { return }
        circuit.takeUnretainedValue().record(.success, of: ticket)
    }

    /// The call returned a value that is to be judged.
    @usableFromInline
    consuming func returned(_ value: Any) {
        let (circuit, ticket) = (circuit, ticket)
        discard self
        let outcome = circuit.policy.policy.judgeResult.map { $0(value) } ?? .success
        circuit.record(circuit.policy.report(on: value, outcome: outcome), of: ticket)
    }

    /// The call threw an error, in a task that was cancelled or was not.
    @usableFromInline
    consuming func threw(_ error: any Error, isCancelled: Bool) {
        let (circuit, ticket) = (circuit, ticket)
        discard self
        circuit.record(circuit.policy.report(on: error, isCancelled: isCancelled), of: ticket)
    }
}

extension CircuitAdmission {
    /// Runs an operation that has been let through, in the caller's task, and records what it came to (B1, B2, B7).
    @inlinable
    consuming func run<Value, Failure: Error>(_ operation: () async throws(Failure) -> Value) async throws -> Value {
        let value: Value
        do {
            if ticket.hasFaults { try await sufferFaults() }
            value = try await operation()
        } catch {
            threw(error, isCancelled: Task.isCancelled)
            throw error
        }
        if ticket.judgesResults { returned(value) } else { succeeded() }
        return value
    }

    /// Waits, and fails by chance, as the circuit's faults have it.
    @usableFromInline
    func sufferFaults() async throws {
        try await circuit.sufferFaults()
    }
}

extension FastLaneRef {
    /// Whether a simulation has it that a permit is dropped in place of being reported. To be asked for a ticket that
    /// has faults alone, as all have in a simulation.
    var losesPermit: Bool { circuit.takeUnretainedValue().runtime.interference?.losesPermit() ?? false }
}

extension Circuit {
    fileprivate func sufferFaults() async throws {
        await runtime.interference?.pass()
        guard let faults = snapshot()?.faults else { return }
        if faults.delay > .zero { try await runtime.sleep(for: faults.delay) }
        if faults.failureRate > 0, runtime.random(in: 0...1) <= faults.failureRate {
            throw InjectedFault(service: service)
        }
    }
}
