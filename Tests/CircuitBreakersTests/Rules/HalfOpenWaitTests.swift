import Supervision
import SupervisionTesting
import Synchronization
import Testing

@testable import CircuitBreakers

@Suite("Rules: calls that wait for the probes")
struct HalfOpenWaitTests {
    private let world = World()
    private let ran = Counter()

    private static func waiting(_ limit: Int = 10, probes: Int = 1, successes: Int = 1) -> CircuitPolicy {
        var policy = CircuitPolicy.small()
        policy.halfOpen = .init(maxProbes: probes, successThreshold: successes, probeTimeout: .seconds(5))
        policy.halfOpen.overflow = .wait(limit: limit)
        return policy
    }

    /// Breakers whose circuit `api` is half-open.
    private func probing(_ policy: CircuitPolicy = waiting()) async throws -> CircuitBreakerServer {
        let breakers = await world.breakers(policy)
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        return breakers
    }

    /// A call that has come as far as it can when this returns: it runs at once, on an executor of its own.
    private func start(_ breakers: CircuitBreakerServer) -> Task<Void, any Error> {
        Task(executorPreference: HeldExecutor()) { try await breakers.call("api") { ran.add() } }
    }

    private func waiters(_ breakers: CircuitBreakerServer) -> Int? {
        breakers.table.circuit(of: "api")?.guarded.withLock { $0.rare.details.waiters.count }
    }

    private func rejection(_ task: Task<Void, any Error>) async -> CircuitBreakerError? {
        await #expect(throws: CircuitBreakerError.self) { try await task.value }
    }

    @Test("K59 B12 five callers wait; the probe succeeds and all of them run", .timeLimit(.minutes(1)))
    func success() async throws {
        let breakers = try await probing()
        let probe = try breakers.permit("api")
        let calls = (1...5).map { _ in start(breakers) }
        #expect(waiters(breakers) == 5)
        #expect(ran.value == 0)
        probe.succeed()
        for call in calls { try await call.value }
        #expect(ran.value == 5)
        #expect(await breakers.state(of: "api")?.counts.rejected == 0)
    }

    @Test("K59 B12 five callers wait; the probe fails and all of them are rejected", .timeLimit(.minutes(1)))
    func failure() async throws {
        let breakers = try await probing()
        let probe = try breakers.permit("api")
        let calls = (1...5).map { _ in start(breakers) }
        probe.fail(Broken(number: 3))
        for call in calls {
            let error = await rejection(call)
            #expect(error?.state == .open)
            #expect(error?.retryAfter == .seconds(10))
            #expect(error?.lastFailure as? Broken == Broken(number: 3))
        }
        #expect(ran.value == 0)
        #expect(await breakers.state(of: "api")?.counts.rejected == 5)
    }

    @Test("B12 as many wait as may; one more is rejected at once, and counted once", .timeLimit(.minutes(1)))
    func limit() async throws {
        let breakers = try await probing(Self.waiting(2))
        let probe = try breakers.permit("api")
        let calls = [start(breakers), start(breakers)]
        let error = await rejection(start(breakers))
        guard case .noFreeProbe("api") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(await breakers.state(of: "api")?.counts.rejected == 1)
        probe.succeed()
        for call in calls { try await call.value }
    }

    @Test("B12 a permit does not wait")
    func permit() async throws {
        let breakers = try await probing()
        let probe = try breakers.permit("api")
        #expect(throws: CircuitBreakerError.self) { try breakers.permit("api").succeed() }
        #expect(await breakers.state(of: "api")?.counts.rejected == 1)
        probe.succeed()
    }

    @Test(
        "K60 B12 one that waits is cancelled: it leaves alone, the probe and the others go on",
        .timeLimit(.minutes(1))
    )
    func cancelled() async throws {
        let breakers = try await probing()
        let probe = try breakers.permit("api")
        let calls = (1...3).map { _ in start(breakers) }
        calls[1].cancel()
        await #expect(throws: CancellationError.self) { try await calls[1].value }
        #expect(waiters(breakers) == 2)
        #expect(await breakers.state(of: "api")?.state == .halfOpen)
        probe.succeed()
        try await calls[0].value
        try await calls[2].value
        #expect(ran.value == 2)
        #expect(await breakers.state(of: "api")?.counts.ignored == 0)
    }

    @Test("K60 B24 it can be cancelled after its circuit was given another policy too", .timeLimit(.minutes(1)))
    func cancelledAfterConfigure() async throws {
        let breakers = try await probing()
        let probe = try breakers.permit("api")
        let call = start(breakers)
        try await breakers.configure("api", Self.waiting(7))
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(waiters(breakers) == 0)
        probe.succeed()
    }

    @Test(
        "K59 B12 an ignored probe makes room for one of those that wait, who is the next probe",
        .timeLimit(.minutes(1))
    )
    func ignored() async throws {
        let breakers = try await probing()
        let probe = try breakers.permit("api")
        let gate = Gate()
        let first = Task(executorPreference: HeldExecutor()) { try await breakers.call("api") { await gate.pass() } }
        let second = start(breakers)
        probe.ignore()
        #expect(waiters(breakers) == 1)
        #expect(await breakers.state(of: "api")?.state == .halfOpen)
        gate.open()
        try await first.value
        try await second.value
        #expect(await breakers.state(of: "api")?.state == .closed)
    }

    @Test("B12 with more successes to come, one that waits follows another", .timeLimit(.minutes(1)))
    func moreSuccesses() async throws {
        let breakers = try await probing(Self.waiting(successes: 3))
        let probe = try breakers.permit("api")
        let calls = (1...4).map { _ in start(breakers) }
        probe.succeed()
        for call in calls { try await call.value }
        #expect(await breakers.state(of: "api")?.state == .closed)
        #expect(ran.value == 4)
    }

    @Test("B12 B13 the lease of a silent probe bounds the wait", .timeLimit(.minutes(1)))
    func lease() async throws {
        try await world.runtime.run {
            let tree = try await world.tree(Self.waiting())
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            world.clock.advance(by: .seconds(10))
            await world.wait(for: .halfOpen)
            let probe = try CircuitBreakerServer.permit("api")
            let call = Task(executorPreference: HeldExecutor()) { try await CircuitBreakerServer.call("api") {} }
            world.clock.advance(by: .seconds(5))
            #expect(await rejection(call)?.state == .open)
            probe.succeed()
            try await tree.stop()
        }
    }

    @Test("B12 B18 B19 an operator ends the wait", .timeLimit(.minutes(1)))
    func operators() async throws {
        for (message, runs) in [
            (CircuitBreakerServer.AdminMessage.reset("api"), true), (.disable("api"), true), (.remove("api"), true),
            (.forceOpen("api"), false),
        ] {
            let breakers = try await probing()
            let probe = try breakers.permit("api")
            let call = start(breakers)
            #expect(await breakers.admin(message) == .done)
            if runs { try await call.value } else { #expect(await rejection(call)?.state == .open) }
            probe.succeed()
        }
        #expect(ran.value == 3)
    }

    @Test("B12 B24 more probes are allowed: those that wait get them", .timeLimit(.minutes(1)))
    func moreProbes() async throws {
        let breakers = try await probing()
        let probe = try breakers.permit("api")
        let call = start(breakers)
        try await breakers.configure("api", Self.waiting(probes: 2))
        try await call.value
        #expect(ran.value == 1)
        probe.ignore()
    }

    @Test("B12 B28 the server stops: nobody waits any more", .timeLimit(.minutes(1)))
    func stopped() async throws {
        let name = ServerName<CircuitBreakerServer>("breakers")
        try await world.runtime.run {
            let tree = try await Supervisor {
                Child(name) { CircuitBreakerServer(policy: Self.waiting()) }
            }.start(in: world.runtime)
            let table = try await ServerRef(name).call { $0.table }
            _ = try? await ServerRef(name).call("api") { throw Broken() }
            world.clock.advance(by: .seconds(10))
            let probe = try await ServerRef(name).permit("api")
            let circuit = table.circuit(of: "api")
            let waits = Task(executorPreference: HeldExecutor()) { try await circuit?.waitForProbe() }
            #expect(circuit?.guarded.withLock { $0.rare.details.waiters.count } == 1)
            try await tree.stop()
            _ = try await waits.value
            #expect(table.circuit(of: "api") == nil)
            probe.succeed()
        }
    }
}
