import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: probes")
struct ProbeRuleTests {
    @Test("K57 B12 the least number of calls is for closed circuits: one failing probe opens")
    func minimum() {
        let bench = MachineBench(.tripping(.failureRate(0.5, over: .calls(10), minimumCalls: 10)))
        for _ in 1...10 { bench.call(.failure) }
        bench.wait(.seconds(10))
        bench.call(.failure)
        #expect(bench.state == .open)
        #expect(bench.observed().retryAfter == .seconds(10))
    }

    @Test("K61 B9 B12 a hundred questions about the state take no slot")
    func questions() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        for _ in 1...100 {
            #expect(await breakers.state(of: "api")?.state == .halfOpen)
            #expect(await breakers.states().count == 1)
            #expect(await breakers.figures(of: "api")?.state == .halfOpen)
            #expect(await breakers.storedCircuits().count == 1)
        }
        #expect(await world.transitions(of: breakers).map(\.to) == [.open])
        #expect(try await breakers.call("api") { 1 } == 1)
    }

    @Test("K62 B7 B12 a probe that throws counts as failed, throws on, and gives its slot back")
    func throwing() async throws {
        let world = World()
        var policy = CircuitPolicy.small()
        policy.halfOpen = .init(maxProbes: 1, failureRate: 1, over: 2)
        let breakers = await world.breakers(policy)
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        await #expect(throws: Broken(number: 8)) { try await breakers.call("api") { throw Broken(number: 8) } }
        #expect(await breakers.state(of: "api")?.state == .halfOpen)
        #expect(await breakers.state(of: "api")?.counts.failures == 2)
        try await breakers.call("api") {}
        #expect(await breakers.state(of: "api")?.state == .closed)
    }

    @Test("B4 B12 probes of an earlier half-open state are late in the next one, and free no slot")
    func earlier() throws {
        let bench = MachineBench(1, cap: 2)
        bench.goHalfOpen()
        let (old, failing) = (try #require(bench.admit()), try #require(bench.admit()))
        bench.record(.failure, of: failing)
        bench.wait(.seconds(10))
        let (first, second) = (try #require(bench.admit()), try #require(bench.admit()))
        for outcome in [CallOutcome.success, .failure, .ignored] { bench.record(outcome, of: old) }
        #expect(bench.state == .halfOpen)
        #expect(bench.admit() == nil)
        #expect(bench.counts.late == 3)
        bench.record(.ignored, of: first)
        bench.record(.success, of: second)
        #expect(bench.state == .closed)
    }

    @Test("B13 B24 a shorter lease ends in its time, also beside a longer one that was given before")
    func shorterLease() async throws {
        let world = World()
        var policy = CircuitPolicy.small(1, probes: 2)
        policy.halfOpen.probeTimeout = .seconds(60)
        let breakers = await world.breakers(policy)
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        let long = try breakers.permit("api")
        policy.halfOpen.probeTimeout = .seconds(5)
        try await breakers.configure("api", policy)
        let short = try breakers.permit("api")
        world.clock.advance(by: .seconds(5))
        #expect(await breakers.state(of: "api")?.state == .open)
        short.succeed()
        long.succeed()
        #expect(await breakers.state(of: "api")?.counts.late == 2)
    }

    @Test("B13 B24 the lease of a probe in flight is not changed by another policy")
    func sameLease() async throws {
        let world = World()
        var policy = CircuitPolicy.small()
        let breakers = await world.breakers(policy)
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        let probe = try breakers.permit("api")
        policy.halfOpen.probeTimeout = .seconds(1)
        try await breakers.configure("api", policy)
        world.clock.advance(by: .nanoseconds(4_999_999_999))
        #expect(await breakers.state(of: "api")?.state == .halfOpen)
        world.clock.advance(by: .nanoseconds(1))
        #expect(await breakers.state(of: "api")?.state == .open)
        probe.succeed()
    }

    @Test("B11 B13 an expired lease opens from when it ended, however late that is found out")
    func expiredLate() throws {
        let bench = MachineBench(1)
        bench.goHalfOpen()
        _ = try #require(bench.admit())
        bench.wait(.seconds(12))
        #expect(bench.observed().state == .open)
        #expect(bench.observed().retryAfter == .seconds(3))
        bench.wait(.seconds(3))
        #expect(bench.admit() != nil)
    }

    @Test("K86 B6 an error that is excluded and also a success: excluded wins, and nothing is counted")
    func excluded() async {
        struct Excluded: Error {}
        let rules = ErrorClassifier().ignoring(Excluded.self)
        for (isExcluded, isSuccess, expected) in [
            (true, true, [1, 0, 0]), (true, false, [1, 0, 0]), (false, true, [0, 1, 0]), (false, false, [0, 0, 1]),
        ] {
            var policy = CircuitPolicy.small(5)
            policy.judgeError = { error in
                let outcome = rules.judge(error)
                return outcome == .failure && isSuccess ? .success : outcome
            }
            let breakers = await World().breakers(policy)
            _ = try? await breakers.call("api") { if isExcluded { throw Excluded() } else { throw Broken() } }
            let counts = await breakers.state(of: "api")?.counts
            #expect([counts?.ignored, counts?.successes, counts?.failures] == expected)
            #expect(counts?.consecutiveFailures == expected[2])
        }
    }
}
