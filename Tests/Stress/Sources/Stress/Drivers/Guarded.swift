internal import CircuitBreakers
internal import Supervision
internal import Synchronization

/// What the callers of circuits have counted themselves.
final class CircuitLedger: Sendable {
    struct Counts: Sendable, Equatable {
        var calls = 0
        var successes = 0
        var failures = 0
        var ignored = 0
        var rejected = 0
    }

    /// The probes of ``CircuitBreakers/ServiceName/probed`` that are in flight.
    let probes = Atomic(0)
    private let counts = Mutex<[ServiceName: Counts]>([:])

    func note(_ service: ServiceName, _ change: (inout Counts) -> Void) {
        counts.withLock { change(&$0[service, default: Counts()]) }
    }

    subscript(service: ServiceName) -> Counts {
        counts.withLock { $0[service] ?? Counts() }
    }
}

/// Calls services through their circuits.
struct Guarded: Driver {
    static let label = "guarded caller"
    struct Failed: Error {}

    let stage: Stage
    let ledger: CircuitLedger
    private let server: ServerRef<CircuitBreakerServer>

    init(_ stage: Stage, _ ledger: CircuitLedger) {
        self.stage = stage
        self.ledger = ledger
        server = ServerRef(.circuitBreakers, in: stage.runtime)
    }

    mutating func step(_ numbers: inout Numbers) async throws {
        stage.round.tally.guarded.add(1, ordering: .relaxed)
        switch numbers.below(8) {
        case 0, 1: try await exact(&numbers)
        case 2: try await probe(&numbers)
        case 3: try await hold(numbers.pick(ServiceName.flaky), numbers.microseconds(upTo: 600))
        case 4: try await call(.passing(numbers.below(60)), &numbers)
        case 5: try await call(.dependent, &numbers)
        default: try await call(numbers.pick(ServiceName.flaky), &numbers)
        }
    }

    /// Many short calls of a circuit that stays closed.
    private func exact(_ numbers: inout Numbers) async throws {
        var counts = CircuitLedger.Counts()
        defer { ledger.note(.exact) { [counts] in $0.add(counts) } }
        for _ in 0..<50 {
            let outcome = numbers.below(20)
            do {
                try await stage.runtime.run { () async throws in
                    try await CircuitBreakerServer.call(.exact) {
                        if outcome == 0 { throw Failed() }
                        if outcome == 1 { throw CancellationError() }
                    }
                }
                counts.calls += 1
                counts.successes += 1
            } catch is Failed {
                counts.calls += 1
                counts.failures += 1
            } catch is CancellationError {
                counts.calls += 1
                counts.ignored += 1
            } catch let error as CircuitBreakerError {
                try check(error)
            }
        }
    }

    /// A call that is always a probe: no more of them at once than the policy allows (B12).
    private func probe(_ numbers: inout Numbers) async throws {
        let time = numbers.oneIn(2) ? nil : numbers.microseconds(upTo: 50)
        do {
            try await guarded(.probed, &numbers) { [ledger, stage] in
                let inFlight = ledger.probes.add(1, ordering: .acquiringAndReleasing).newValue
                defer { ledger.probes.subtract(1, ordering: .acquiringAndReleasing) }
                // Those of a former server are none of this one's.
                stage.round.referee.require(
                    inFlight <= CircuitPolicies.mostProbes || stage.crashesBreakers,
                    "\(inFlight) probes in flight, \(CircuitPolicies.mostProbes) allowed (B12)",
                    at: "circuit 'probed'"
                )
                if let time { try await stage.runtime.sleep(for: time) }
            }
            ledger.note(.probed) { $0.calls += 1 }
        } catch let error as CircuitBreakerError {
            try check(error)
            ledger.note(.probed) { $0.rejected += 1 }
        }
    }

    private func call(_ service: ServiceName, _ numbers: inout Numbers) async throws {
        let outcome = numbers.below(8)
        let time = numbers.oneIn(3) ? numbers.microseconds(upTo: 400) : nil
        let witness = Witness(.operation, stage.round.census)
        do {
            try await guarded(service, &numbers) { [stage] in
                _ = witness
                if let time { try await stage.runtime.sleep(for: time) }
                if outcome < 3 { throw Failed() }
                if outcome == 3 { throw CancellationError() }
            }
        } catch is Failed {
            if outcome >= 3 { throw Failed() }
        } catch is CancellationError {
            if outcome != 3 { throw CancellationError() }
        } catch let error as CircuitBreakerError {
            try check(error)
        }
    }

    /// By the runtime's server or by its address.
    private func guarded(
        _ service: ServiceName,
        _ numbers: inout Numbers,
        _ operation: () async throws -> Void
    ) async throws {
        if numbers.oneIn(2) { return try await server.call(service, operation) }
        try await stage.runtime.run { () async throws in try await CircuitBreakerServer.call(service, operation) }
    }

    /// A permit that is kept for a while, then spent or dropped.
    private func hold(_ service: ServiceName, _ time: Duration) async throws {
        do {
            let permit = try await server.permit(service)
            try await stage.runtime.sleep(for: time)
            switch time.components.attoseconds / 1_000_000_000_000 % 4 {
            case 0: permit.succeed()
            case 1: permit.fail(Failed())
            case 2: permit.ignore()
            default: break
            }
        } catch let error as CircuitBreakerError {
            try check(error)
        }
    }

    /// Passes over the errors that say why a call was not let through.
    private func check(_ error: CircuitBreakerError) throws {
        switch error {
        case .open, .noFreeProbe, .dependencyOpen, .tooManyCircuits, .recovering: return
        case .noServer where stage.crashesBreakers || stage.round.isStopping: return
        default: throw error
        }
    }
}

extension CircuitLedger.Counts {
    fileprivate mutating func add(_ other: Self) {
        calls += other.calls
        successes += other.successes
        failures += other.failures
        ignored += other.ignored
        rejected += other.rejected
    }
}
