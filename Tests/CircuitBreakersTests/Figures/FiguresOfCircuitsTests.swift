import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

/// Figures, health and alarm as a server's circuits have them.
@Suite("Figures of circuits", .timeLimit(.minutes(1)))
struct FiguresOfCircuitsTests {
    private struct Timeout: Error {}

    @Test("K117 B27 after a known sequence the figures are exact (B02, B24, B25, C13)")
    func exact() async throws {
        let world = World()
        var policy = CircuitPolicy.small(3)
        policy.slowCalls = .init(over: .seconds(1), rate: 1, window: .calls(100))
        let breakers = await world.breakers(policy)
        let late = try breakers.permit("api")
        for _ in 1...4 { try await breakers.call("api") {} }
        try await breakers.call("api") { world.clock.advance(by: .seconds(2)) }
        _ = try? await breakers.call("api") { throw CancellationError() }
        for _ in 1...2 { await breakers.failingCall("api") }
        #expect(
            await breakers.figures(of: "api")?.levels == [
                TripLevel(.consecutiveFailures, current: 2, threshold: 3),
                TripLevel(.slowCallRate, current: 1.0 / 7, threshold: 1),
            ]
        )
        _ = try? await breakers.call("api") { throw Timeout() }
        for _ in 1...5 { await breakers.failingCall("api") }
        late.succeed()
        world.clock.advance(by: .seconds(10))
        _ = try? await breakers.call("api") { throw Timeout() }
        world.clock.advance(by: .seconds(15))
        try await breakers.call("api") {}
        world.clock.advance(by: .seconds(30))
        try await breakers.call("api") {}

        let figures = try #require(await breakers.figures(of: "api"))
        #expect(figures.calls == 1 + 4 + 1 + 1 + 3 + 1 + 1 + 1)
        #expect(figures.successes == 7)
        #expect(figures.failures == 4)
        #expect(figures.ignored == 1)
        #expect(figures.slow == 1)
        #expect(figures.rejected == 5)
        #expect(figures.late == 1)
        #expect(figures.failuresByType == ["Broken": 2, "Timeout": 2])
        #expect(figures.lastFailureType == "Timeout")
        #expect(figures.transitions == 5)
        #expect(figures.timesOpened == 2)
        // Open for 10 s, and for 15 s: the second time nobody called when the 10 s were over, and no timer ran.
        #expect(figures.timeOpen == .seconds(25))
        #expect(figures.recoveries == 1)
        #expect(figures.lastTimeToRecover == .seconds(25))
        #expect(figures.meanTimeToRecover == .seconds(25))
        #expect(figures.state == .closed)
        #expect(figures.failureRate == 0)
        // What the snapshot has begins anew when the circuit closes.
        #expect(await breakers.state(of: "api")?.counts.calls == 1)
    }

    @Test("B27 an expired probe and a failed result have names among the types; the types add up to the failures")
    func types() async throws {
        let world = World()
        var policy = CircuitPolicy.small()
        policy.judgeResults(of: Int.self) { $0 < 0 ? .failure : .success }
        let breakers = await world.breakers(policy)
        _ = try await breakers.call("api") { -1 }
        world.clock.advance(by: .seconds(10))
        let permit = try breakers.permit("api")
        world.clock.advance(by: .seconds(5))
        #expect(await breakers.state(of: "api")?.state == .open)
        permit.succeed()
        let figures = try #require(await breakers.figures(of: "api"))
        #expect(figures.failuresByType == ["result": 1, "expired probe": 1])
        #expect(figures.failures == 2)
        #expect(figures.late == 1)
    }

    @Test("B27 levels tell how near each kind of policy is to opening (B23)")
    func levels() async throws {
        let world = World()
        var rate = CircuitPolicy()
        rate.trip = .failureRate(0.5, over: .time(.seconds(60)), minimumCalls: 10)
        var number = CircuitPolicy()
        number.trip = .failures(4, within: .seconds(60))
        let breakers = await world.breakers(policies: ["rate": rate, "number": number])
        for service in ["rate", "number"] as [ServiceName] {
            await breakers.failingCall(service)
            for _ in 1...3 { try await breakers.call(service) {} }
        }
        #expect(await breakers.figures(of: "rate")?.levels == [TripLevel(.failureRate, current: 0.25, threshold: 0.5)])
        #expect(await breakers.figures(of: "rate")?.failureRate == 0.25)
        #expect(await breakers.figures(of: "number")?.levels == [TripLevel(.failures, current: 1, threshold: 4)])
        // Nothing of it is left in the window later.
        world.clock.advance(by: .seconds(60))
        #expect(await breakers.figures(of: "rate")?.failureRate == nil)
        #expect(await breakers.figures(of: "number")?.levels == [TripLevel(.failures, current: 0, threshold: 4)])
    }

    @Test("K122 B9 figures and overviews do not change with the circuit, and asking for them changes nothing")
    func values() async throws {
        let world = World()
        let breakers = await world.breakers(policies: ["db": .small()])
        #expect(await breakers.figures(of: "unknown") == nil)
        #expect(await breakers.overview().circuits.map(\.service) == ["db"])
        try await breakers.call("api") {}
        let (figures, overview) = (await breakers.figures(of: "api"), await breakers.overview())
        await breakers.failingCall("api")
        #expect(figures?.calls == 1)
        #expect(overview.health == .healthy)
        world.clock.advance(by: .seconds(10))
        for _ in 1...3 { #expect(await breakers.overview().services(.degraded) == ["api"]) }
        // Its open time is over, and nobody has said so but a call or a timer.
        #expect(await world.transitions(of: breakers).count == 1)
    }

    @Test("K119 B27 health of all circuits as they go (B26, A14)")
    func health() async throws {
        let world = World()
        let breakers = await world.breakers()
        #expect(await breakers.overview().health == .healthy)
        for service in ["a", "b", "c"] as [ServiceName] { try await breakers.call(service) {} }
        #expect(await breakers.overview().health == .healthy)
        await breakers.failingCall("b")
        #expect(await breakers.overview().health == .unhealthy)
        #expect("\(await breakers.overview())".hasPrefix("circuits: unhealthy; 2 closed, 1 open (b)\n"))
        world.clock.advance(by: .seconds(10))
        #expect(await breakers.overview().health == .degraded)
        try await breakers.call("b") {}
        #expect(await breakers.overview().health == .healthy)
    }

    @Test("K120 B27 the alarm of a circuit: raised once, cleared after three quiet checks in a row (B22)")
    func alarm() async throws {
        let world = World()
        var policy = CircuitPolicy.small()
        policy.openDuration = .constant(.seconds(1))
        policy.flapping = .init(openings: 2, within: .seconds(60), quietChecks: 3, every: .seconds(30))
        let tree = try await world.tree(policy)
        try await world.runtime.run {
            for _ in 1...2 {
                _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
                try await CircuitBreakerServer.reset("api")
            }
            #expect(try await CircuitBreakerServer.figures(of: "api").isFlapping)
            // Two quiet checks; the circuit had opened before the first of them.
            for _ in 1...3 { try await passCheck(world) }
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            try await CircuitBreakerServer.reset("api")
            for _ in 1...3 { try await passCheck(world) }
            #expect(try await CircuitBreakerServer.figures(of: "api").isFlapping)
            try await passCheck(world)
            #expect(try await !CircuitBreakerServer.figures(of: "api").isFlapping)
        }
        let changes = await world.circuitEvents().compactMap { event -> FlappingAlarm.Change? in
            if case .flapping(let change) = event.kind { change } else { nil }
        }
        #expect(changes == [.raised(openings: 2, within: .seconds(60)), .cleared(quietChecks: 3)])
        try await tree.stop()
    }

    /// Waits until the timer of the check is armed, lets it go off, and the server deal with it.
    private func passCheck(_ world: World) async throws {
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(30))
        // The server handles its messages one by one: this comes after the timer's.
        _ = try await ServerRef(.circuitBreakers).states()
    }

    @Test("B27 figures begin anew with the circuit: when it is removed, or its server is restarted")
    func beginAnew() async throws {
        let world = World()
        let tree = try await world.tree()
        try await world.runtime.run {
            try await CircuitBreakerServer.call("api") {}
            _ = try await CircuitBreakerServer.admin(.remove("api"))
            try await CircuitBreakerServer.call("api") {}
            #expect(try await CircuitBreakerServer.figures(of: "api").calls == 1)
            try await tree.terminateChild("circuit-breakers")
            try await tree.restartChild("circuit-breakers")
            try await CircuitBreakerServer.call("api") {}
            #expect(try await CircuitBreakerServer.figures(of: "api").calls == 1)
            await #expect(throws: CircuitBreakerError.self) { try await CircuitBreakerServer.figures(of: "other") }
        }
        try await tree.stop()
    }

    @Test("B24 B27 a policy that changes keeps the totals and the past")
    func configured() async throws {
        let world = World()
        let breakers = await world.breakers(.small(5))
        for _ in 1...2 { await breakers.failingCall("api") }
        try breakers.table.configure("api", .small(3))
        await breakers.failingCall("api")
        let figures = await breakers.figures(of: "api")
        #expect(figures?.failures == 3)
        #expect(figures?.failuresByType == ["Broken": 3])
        #expect(figures?.timesOpened == 1)
    }
}
