import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: the server")
struct ServerRuleTests {
    @Test("K133 B1 B22 an operation that throws leaves the server alive, and all states as they were")
    func throwing() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree(.small(3))
            let table = try await ServerRef(.circuitBreakers).call { $0.table.circuit(of: "other") == nil }
            #expect(table)
            try await CircuitBreakerServer.call("other") {}
            let incarnation = try await ServerRef(.circuitBreakers).call { ObjectIdentifier($0) }
            for number in 1...2 {
                await #expect(throws: Broken(number: number)) {
                    try await CircuitBreakerServer.call("api") { throw Broken(number: number) }
                }
            }
            #expect(try await ServerRef(.circuitBreakers).call { ObjectIdentifier($0) } == incarnation)
            #expect(try await CircuitBreakerServer.state(of: "other").counts.successes == 1)
            #expect(try await CircuitBreakerServer.state(of: "api").counts.failures == 2)
            try await tree.stop()
        }
    }

    @Test("K144 B28 a server that has stopped leaves no timer and no task")
    func stopped() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await Supervisor {
                Child(.circuitBreakers) {
                    CircuitBreakerServer(policy: .small(), metricsInterval: .seconds(30), store: MemoryCircuitStore())
                }
            }.start(in: world.runtime)
            _ = try? await CircuitBreakerServer.call("probing") { throw Broken() }
            world.clock.advance(by: .seconds(10))
            await world.wait(for: .halfOpen)
            let probe = try CircuitBreakerServer.permit("probing")
            _ = try? await CircuitBreakerServer.call("open") { throw Broken() }
            #expect(world.clock.sleeperCount > 0)
            try await tree.stop()
            #expect(world.clock.sleeperCount == 0)
            let events = world.recorder.events.count
            probe.fail(Broken())
            world.clock.advance(by: .seconds(1_000))
            #expect(world.recorder.events.count == events)
        }
    }

    @Test("K140 B27 three intervals pass: three reports of figures")
    func figuresAtIntervals() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await Supervisor {
                Child(.circuitBreakers) { CircuitBreakerServer(policy: .small(), metricsInterval: .seconds(30)) }
            }.start(in: world.runtime)
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            let isReport = { @Sendable (event: any RuntimeEvent) in
                if case .figures = (event as? CircuitEvent)?.kind { true } else { false }
            }
            for number in 1...3 {
                world.clock.advance(by: .seconds(30))
                await world.recorder.waitFor(number, isReport)
            }
            _ = try await ServerRef(.circuitBreakers).states()
            let reports = await world.circuitEvents().compactMap { event -> [CircuitFigures]? in
                if case .figures(let figures) = event.kind { figures } else { nil }
            }
            #expect(reports.count == 3)
            #expect(reports.allSatisfy { $0.map(\.failures) == [1] })
            try await tree.stop()
        }
    }

    @Test("K117 B27 after a known sequence of calls every figure is exact")
    func figures() async throws {
        let world = World()
        var policy = CircuitPolicy.small(3)
        policy.slowCalls = .init(over: .seconds(1), rate: 1, window: .calls(50))
        let breakers = await world.breakers(policy)
        let late = try breakers.permit("api")
        for _ in 1...4 { try await breakers.call("api") {} }
        try await breakers.call("api") { world.clock.advance(by: .seconds(1)) }
        _ = try? await breakers.call("api") { throw CancellationError() }
        for _ in 1...3 { await breakers.failingCall("api") }
        for _ in 1...5 { await breakers.failingCall("api") }
        late.succeed()
        world.clock.advance(by: .seconds(10))
        try await breakers.call("api") {}
        let found = await breakers.figures(of: "api")
        let figures = try #require(found)
        #expect(figures.calls == 11)
        #expect(figures.successes == 6)
        #expect(figures.failures == 3)
        #expect(figures.ignored == 1)
        #expect(figures.slow == 1)
        #expect(figures.rejected == 5)
        #expect(figures.late == 1)
        #expect(figures.failuresByType == ["Broken": 3])
        #expect(figures.transitions == 3)
        #expect(figures.timesOpened == 1)
        #expect(figures.timeOpen == .seconds(10))
        #expect(figures.recoveries == 1)
        #expect(figures.lastTimeToRecover == .seconds(10))
        #expect(figures.state == .closed)
        #expect(figures.health == .healthy)
    }

    @Test("K70 B14 a timer that has fired is cancelled without harm when the circuit goes on")
    func firedTimer() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            for round in 1...3 {
                _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
                world.clock.advance(by: .seconds(10))
                await world.wait(for: .halfOpen, round)
                // Its transition cancels the timers of the generation, the one that has fired among them.
                try await CircuitBreakerServer.reset("api")
                #expect(try await CircuitBreakerServer.state(of: "api").state == .closed)
            }
            try await CircuitBreakerServer.call("api") {}
            try await tree.stop()
        }
    }

    @Test("K132 B1 B28 an operation goes on when its server has stopped, and its caller gets the result")
    func stoppedMeanwhile() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            let result = try await CircuitBreakerServer.call("api") {
                try await tree.stop()
                return 7
            }
            #expect(result == 7)
        }
    }

    @Test(
        "B14 B28 a circuit that is removed, or reset after a change of policy, leaves no timer",
        arguments: [true, false]
    )
    func noTimerLeft(isRemoved: Bool) async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            let table = try #require(CircuitTable.wellKnown(in: world.runtime))
            let idle = world.clock.sleeperCount
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            #expect(world.clock.sleeperCount == idle + 1)
            if isRemoved {
                try table.remove("api")
            } else {
                try table.configure("api", .small(5))
                try table.reset("api")
            }
            #expect(world.clock.sleeperCount == idle)
            try await tree.stop()
        }
    }
}
