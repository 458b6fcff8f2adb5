import Supervision
import SupervisionTesting

@testable import CircuitBreakers

/// A runtime with a clock that is moved by hand and a record of what happens.
struct World {
    let clock = ManualClock()
    let recorder = EventRecorder()
    let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, random: SeededGenerator(state: 1), events: recorder)
    }

    /// An instance that no supervisor runs.
    func breakers(
        _ policy: CircuitPolicy = .small(),
        policies: [ServiceName: CircuitPolicy] = [:]
    ) async -> CircuitBreakerServer {
        await runtime.run { CircuitBreakerServer(policy: policy, policies: policies) }
    }

    /// A tree with the application's breakers in it.
    func tree(_ policy: CircuitPolicy = .small()) async throws -> ServerRef<Supervisor> {
        try await Supervisor(intensity: .init(1_000, within: .seconds(1))) {
            Child(.circuitBreakers) { CircuitBreakerServer(policy: policy) }
        }.start(in: runtime)
    }

    /// The events of circuits that have happened so far: those of the application's server, and of `breakers`.
    func circuitEvents(of breakers: CircuitBreakerServer? = nil) async -> [CircuitEvent] {
        await CircuitTable.wellKnown(in: runtime)?.feed.flush()
        await breakers?.table.feed.flush()
        return recorder.events.compactMap { $0 as? CircuitEvent }
    }

    func transitions(of breakers: CircuitBreakerServer? = nil) async -> [CircuitTransition] {
        await circuitEvents(of: breakers).compactMap { event in
            if case .transition(let transition) = event.kind { transition } else { nil }
        }
    }

    /// Suspends until a circuit has gone to `state` that many times.
    func wait(for state: CircuitState, _ count: Int = 1) async {
        await recorder.waitFor(count) { event in
            guard case .transition(let transition) = (event as? CircuitEvent)?.kind else { return false }
            return transition.to == state
        }
    }
}

extension CircuitPolicy {
    /// Opens after `failures` in a row for ten seconds; probes have five.
    static func small(_ failures: Int = 1, probes: Int = 1) -> CircuitPolicy {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(failures)
        policy.openDuration = .constant(.seconds(10))
        policy.halfOpen = .init(maxProbes: probes, probeTimeout: .seconds(5))
        return policy
    }
}

extension CircuitBreakerServer {
    /// A call that fails, or is rejected, and is expected to.
    nonisolated func failingCall(_ service: ServiceName) async {
        _ = try? await call(service) { throw Broken() }
    }
}
