import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: slow calls")
struct SlowCallTests {
    private static func slow(_ rate: Double = 0.5, window: CircuitPolicy.Window = .calls(4)) -> CircuitPolicy {
        var policy = CircuitPolicy.small(100)
        policy.slowCalls = .init(over: .seconds(1), rate: rate, window: window, minimumCalls: 4)
        return policy
    }

    private func call(_ bench: MachineBench, _ outcome: CallOutcome = .success, taking duration: Duration) throws {
        let ticket = try #require(bench.admit())
        bench.wait(duration)
        bench.record(outcome, of: ticket)
    }

    @Test("K19 B10 half of the calls are slow, though all succeed")
    func half() throws {
        let bench = MachineBench(Self.slow())
        for duration in [0, 0, 1_000] { try call(bench, taking: .milliseconds(duration)) }
        #expect(bench.state == .closed)
        try call(bench, taking: .seconds(3))
        #expect(bench.state == .open)
        #expect(bench.transitions.last?.reason == .slowCalls(0.5))
        #expect(bench.transitions.last?.counts.slow == 2)
        #expect(bench.transitions.last?.counts.failures == 0)
    }

    @Test("B10 a call that takes exactly the time is slow, a nanosecond less and it is not")
    func edge() throws {
        for (nanoseconds, state) in [(Int64(1_000_000_000), CircuitState.open), (999_999_999, .closed)] {
            let bench = MachineBench(Self.slow(1))
            for _ in 1...4 { try call(bench, taking: .nanoseconds(nanoseconds)) }
            #expect(bench.state == state)
        }
    }

    @Test("B5 B10 failures count as slow too, ignored calls do not")
    func outcomes() throws {
        let bench = MachineBench(Self.slow(1))
        for _ in 1...3 { try call(bench, .failure, taking: .seconds(1)) }
        for _ in 1...3 { try call(bench, .ignored, taking: .seconds(1)) }
        #expect(bench.state == .closed)
        #expect(bench.counts.slow == 3)
        try call(bench, .success, taking: .seconds(1))
        #expect(bench.state == .open)
    }

    @Test("B10 slow calls are judged beside the trip, over a window of their own")
    func beside() throws {
        var policy = Self.slow(1, window: .time(.seconds(10)))
        policy.trip = .consecutiveFailures(2)
        let bench = MachineBench(policy)
        for _ in 1...3 { try call(bench, taking: .seconds(1)) }
        bench.wait(.seconds(10))
        try call(bench, taking: .seconds(1))
        #expect(bench.state == .closed)
        bench.call(.failure, .failure)
        #expect(bench.transitions.last?.reason == .consecutiveFailures(2))
    }

    @Test("K20 B15 a call takes as long as the runtime's clock says")
    func clock() async throws {
        let world = World()
        let breakers = await world.breakers(Self.slow())
        for seconds in [0, 0, 1, 1] {
            try await breakers.call("api") { world.clock.advance(by: .seconds(seconds)) }
        }
        #expect(await breakers.state(of: "api")?.state == .open)
        #expect(await world.transitions(of: breakers).last?.reason == .slowCalls(0.5))
    }

    @Test("K46 B10 B12 a slow probe opens the circuit again, though it succeeds")
    func slowProbe() throws {
        var policy = Self.slow()
        policy.trip = .consecutiveFailures(1)
        let bench = MachineBench(policy)
        bench.goHalfOpen()
        try call(bench, taking: .seconds(1))
        #expect(bench.state == .open)
        #expect(bench.transitions.last?.reason == .probesSlow)
        bench.wait(.seconds(10))
        try call(bench, taking: .nanoseconds(999_999_999))
        #expect(bench.state == .closed)
    }

    @Test("K46 B12 among probes that are judged by a share, slow ones are judged by the share of slow calls")
    func slowProbes() throws {
        for (slow, state) in [(1, CircuitState.closed), (2, .open)] {
            var policy = Self.slow()
            policy.trip = .consecutiveFailures(1)
            policy.halfOpen = .init(maxProbes: 4, failureRate: 1, over: 4)
            let bench = MachineBench(policy)
            bench.goHalfOpen()
            for number in 1...4 { try call(bench, taking: .seconds(number <= slow ? 1 : 0)) }
            #expect(bench.state == state, "\(slow) slow")
        }
    }

    @Test("B27 figures count slow calls, also after the circuit has closed again")
    func figures() async throws {
        let world = World()
        let breakers = await world.breakers(Self.slow())
        try await breakers.call("api") { world.clock.advance(by: .seconds(2)) }
        try await breakers.reset("api")
        try await breakers.call("api") { world.clock.advance(by: .seconds(2)) }
        #expect(await breakers.figures(of: "api")?.slow == 2)
        #expect(await breakers.state(of: "api")?.counts.slow == 1)
    }
}
