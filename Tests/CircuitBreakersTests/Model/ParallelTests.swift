import Supervision
import SupervisionTesting
import Synchronization
import Testing

@testable import CircuitBreakers

/// What tasks that use the same circuits at once find out by themselves.
private final class Observations: Sendable {
    struct Seen {
        var admitted = 0
        var rejected = 0
        /// The probes that are out, by generation of the circuit.
        var probes: [UInt64: Int] = [:]
        var mostProbes = 0
    }

    private let seen = Mutex<[ServiceName: Seen]>([:])

    func of(_ service: ServiceName) -> Seen { seen.withLock { $0[service] ?? Seen() } }

    func admitted(_ service: ServiceName, _ ticket: CircuitTicket) {
        seen.withLock { seen in
            var own = seen[service] ?? Seen()
            own.admitted += 1
            if ticket.probe > 0 {
                let count = own.probes[ticket.generation, default: 0] + 1
                own.probes[ticket.generation] = count
                own.mostProbes = max(own.mostProbes, count)
            }
            seen[service] = own
        }
    }

    func rejected(_ service: ServiceName) {
        seen.withLock { $0[service, default: Seen()].rejected += 1 }
    }

    /// To be called before the report, so that no probe is seen for longer than it is out.
    func reporting(_ service: ServiceName, _ ticket: CircuitTicket) {
        if ticket.probe == 0 { return }
        seen.withLock { $0[service]?.probes[ticket.generation]? -= 1 }
    }
}

/// A call that has been let through and not reported. As ignored when it goes.
private final class HeldCall {
    let service: ServiceName
    let ticket: CircuitTicket
    var admission: CircuitAdmission?

    init?(_ service: ServiceName, of breakers: CircuitBreakerServer) throws {
        guard let admission = try breakers.table.admit(service) else { return nil }
        self.service = service
        ticket = admission.ticket
        self.admission = consume admission
    }
}

@Suite("Circuits: random operations of several tasks at once")
struct ParallelTests {
    private static let services: [ServiceName] = ["a", "b", "c"]
    private static let cap = 2

    private var policy: CircuitPolicy {
        var policy = CircuitPolicy.small(2)
        policy.openDuration = .constant(.seconds(1))
        // No lease ends here: a probe without one would be out and have no slot.
        policy.halfOpen = .init(maxProbes: Self.cap, successThreshold: 2, probeTimeout: .seconds(1_000_000))
        return policy
    }

    @Test(
        "B4 B12 B15 B18 B19 B27 the cap holds, each call is counted once, and all slots are free at the end",
        arguments: 1...60
    )
    func calls(seed: UInt64) async throws {
        let world = World()
        let breakers = await world.breakers(policy)
        let events = breakers.events(capacity: 100_000)
        let seen = Observations()
        await withTaskGroup(of: Void.self) { group in
            for task in 0...(seed % 8) {
                group.addTask { await use(breakers, world.clock, seen, SeededGenerator(state: seed * 100 + task)) }
            }
        }
        for service in Self.services {
            let seen = seen.of(service)
            #expect(seen.mostProbes <= Self.cap)
            #expect(seen.probes.values.allSatisfy { $0 == 0 })
            guard let figures = await breakers.figures(of: service) else { continue }
            #expect(figures.calls == seen.admitted)
            #expect(figures.rejected == seen.rejected)
            #expect(figures.calls == figures.successes + figures.failures + figures.ignored + figures.late)
            try await allSlotsAreFree(breakers, world.clock, service)
        }
        try await isPath(events, endingWith: breakers)
    }

    private func use(
        _ breakers: CircuitBreakerServer,
        _ clock: ManualClock,
        _ seen: Observations,
        _ random: SeededGenerator
    ) async {
        var random = random
        var held: [HeldCall] = []
        for _ in 0..<200 {
            let service = Self.services.randomElement(using: &random) ?? "a"
            switch Int.random(in: 0..<100, using: &random) {
            case ..<45:
                guard let call = try? HeldCall(service, of: breakers) else {
                    seen.rejected(service)
                    continue
                }
                seen.admitted(service, call.ticket)
                held.append(call)
            case ..<90:
                if held.isEmpty { continue }
                report(held.remove(at: Int.random(in: 0..<held.count, using: &random)), seen, &random)
            case ..<94: clock.advance(by: .milliseconds(500))
            case ..<95: await Task.yield()
            case ..<96: _ = await breakers.admin(.reset(service))
            case ..<97: _ = await breakers.admin(.metricsOnly(service))
            case ..<98: try? breakers.isolate(service).end()
            case ..<99: _ = await breakers.admin(.enable(service))
            default: try? await breakers.configure(service, policy)
            }
        }
        for held in held { report(held, seen, &random) }
    }

    private func report(_ held: HeldCall, _ seen: Observations, _ random: inout SeededGenerator) {
        guard let admission = held.admission.take() else { return }
        seen.reporting(held.service, admission.ticket)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: admission.succeeded()
        case 1: admission.threw(Broken(), isCancelled: false)
        default: break
        }
    }

    /// As many probes as may be can be had, of a circuit that is made to let probes through.
    private func allSlotsAreFree(
        _ breakers: CircuitBreakerServer,
        _ clock: ManualClock,
        _ service: ServiceName
    ) async throws {
        if await breakers.state(of: service)?.state != .halfOpen {
            _ = await breakers.admin(.reset(service))
            for _ in 0..<2 { try breakers.permit(service).fail(Broken()) }
            clock.advance(by: .seconds(1))
        }
        var probes: [HeldCall] = []
        for _ in 0..<Self.cap {
            if let probe = try HeldCall(service, of: breakers) { probes.append(probe) }
        }
        #expect(probes.count == Self.cap)
        #expect(throws: CircuitBreakerError.self) { try breakers.permit(service).ignore() }
        probes = []
    }

    @Test(
        "B23 B26 the map keeps its bound, no count is negative and events form a path, while circuits come and go",
        arguments: 1...40
    )
    func removals(seed: UInt64) async throws {
        let world = World()
        let policy = policy
        let breakers = await world.runtime.run { CircuitBreakerServer(policy: policy, maxCircuits: 2) }
        let events = breakers.events(capacity: 100_000)
        await withTaskGroup(of: Void.self) { group in
            for task in 0...(seed % 8) {
                group.addTask { await churn(breakers, world.clock, SeededGenerator(state: seed * 100 + task)) }
            }
        }
        for snapshot in await breakers.states() { #expect(snapshot.counts.isPlausible) }
        try await isPath(events, endingWith: breakers)
    }

    private func churn(_ breakers: CircuitBreakerServer, _ clock: ManualClock, _ random: SeededGenerator) async {
        var random = random
        for _ in 0..<150 {
            let service = Self.services.randomElement(using: &random) ?? "a"
            switch Int.random(in: 0..<20, using: &random) {
            case ..<6: _ = try? await breakers.call(service) {}
            case ..<10: await breakers.failingCall(service)
            case ..<12:
                let call = Task { try await breakers.call(service) { throw CancellationError() } }
                call.cancel()
                _ = await call.result
            case 12: clock.advance(by: .milliseconds(700))
            case 13: _ = await breakers.admin(.remove(service))
            case 14: _ = await breakers.admin(.forceOpen(service))
            case 15: _ = await breakers.admin(.disable(service))
            case 16: _ = await breakers.admin(.resetAll)
            case 17: _ = await breakers.admin(.enable(service))
            case 18: if let permit = try? breakers.permit(service) { permit.ignore() }
            default: await Task.yield()
            }
            #expect(breakers.table.allCircuits.count <= 2)
        }
    }

    /// Each step of a circuit begins where the one before it ended. Ends the server's streams.
    private func isPath(_ events: CircuitEventStream, endingWith breakers: CircuitBreakerServer) async throws {
        breakers.table.retire(nil)
        var states: [ServiceName: CircuitState] = [:]
        for await event in events {
            guard let service = event.service else { continue }
            switch event.kind {
            case .transition(let transition):
                #expect(transition.from == states[service, default: .closed])
                #expect(transition.counts.isPlausible)
                states[service] = transition.to
            case .removed, .evicted: states[service] = nil
            default: continue
            }
        }
        #expect(events.lost == 0)
    }
}

extension CircuitCounts {
    fileprivate var isPlausible: Bool {
        let all = [calls, successes, failures, consecutiveFailures, ignored, slow, rejected, late]
        return all.allSatisfy { $0 >= 0 } && successes + failures + ignored <= calls && consecutiveFailures <= failures
    }
}
