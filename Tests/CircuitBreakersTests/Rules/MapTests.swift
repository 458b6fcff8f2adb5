import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: the bound on the number of circuits")
struct MapTests {
    private let world = World()

    private func breakers(
        _ policy: CircuitPolicy = .small(),
        policies: [ServiceName: CircuitPolicy] = [:],
        max: Int = 2,
        autoCreate: Bool = true
    ) async -> CircuitBreakerServer {
        await world.runtime.run {
            CircuitBreakerServer(policy: policy, policies: policies, maxCircuits: max, autoCreate: autoCreate)
        }
    }

    private func services(_ breakers: CircuitBreakerServer) -> [ServiceName] {
        breakers.table.allCircuits.map(\.service).sorted { $0.rawValue < $1.rawValue }
    }

    private func evicted() -> [ServiceName?] {
        world.recorder.events.compactMap { event in
            guard let event = event as? CircuitEvent, case .evicted = event.kind else { return nil }
            return event.service
        }
    }

    @Test("B23 the longest idle circuit makes room, with an event")
    func longestIdle() async throws {
        let breakers = await breakers(max: 3)
        for service: ServiceName in ["a", "b", "c", "a", "d", "e"] { try await breakers.call(service) {} }
        #expect(services(breakers) == ["a", "d", "e"])
        _ = await world.circuitEvents(of: breakers)
        #expect(evicted() == ["b", "c"])
    }

    @Test("B9 B23 to ask about a circuit is not to use it")
    func questions() async throws {
        let breakers = await breakers()
        for service: ServiceName in ["a", "b"] { try await breakers.call(service) {} }
        _ = await breakers.state(of: "a")
        _ = await breakers.figures(of: "a")
        _ = await breakers.states()
        try await breakers.call("c") {}
        #expect(services(breakers) == ["b", "c"])
    }

    @Test("B23 a circuit with a call in flight is not evicted, until the call has reported")
    func inFlight() async throws {
        let breakers = await breakers()
        let permit = try breakers.permit("a")
        try await breakers.call("b") {}
        try await breakers.call("c") {}
        #expect(services(breakers) == ["a", "c"])
        permit.succeed()
        try await breakers.call("d") {}
        #expect(services(breakers) == ["c", "d"])
    }

    @Test("B4 B23 a call of an earlier generation that has not reported is in flight too")
    func inFlightAfterReset() async throws {
        let breakers = await breakers()
        let permit = try breakers.permit("a")
        try await breakers.reset("a")
        try await breakers.call("b") {}
        try await breakers.call("c") {}
        #expect(services(breakers) == ["a", "c"])
        permit.fail(Broken())
        #expect(await breakers.state(of: "a")?.counts.late == 1)
        try await breakers.call("d") {}
        #expect(services(breakers) == ["c", "d"])
    }

    @Test("B23 without one that can go, creation fails with an error that says the limit")
    func full() async throws {
        let breakers = await breakers()
        await breakers.failingCall("open")
        _ = await breakers.admin(.disable("disabled"))
        let error = await #expect(throws: CircuitBreakerError.self) { try await breakers.call("c") {} }
        guard case .tooManyCircuits(limit: 2) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(services(breakers) == ["disabled", "open"])
        #expect(
            await breakers.admin(.forceOpen("d")) == .failed(reason: "\(CircuitBreakerError.tooManyCircuits(limit: 2))")
        )
        try await breakers.reset("open")
        try await breakers.call("c") {}
        #expect(services(breakers) == ["c", "disabled"])
    }

    @Test("B18 B23 no override is evicted", arguments: [CircuitOverride.forcedOpen, .disabled, .metricsOnly])
    func overridden(override: CircuitOverride) async throws {
        let breakers = await breakers(max: 1)
        try breakers.table.override("a", override)
        #expect(throws: CircuitBreakerError.self) { try breakers.permit("b").succeed() }
        _ = await breakers.admin(.enable("a"))
        try breakers.permit("b").succeed()
        #expect(services(breakers) == ["b"])
    }

    @Test("B23 a circuit that has closed again can go, ramp or not")
    func ramping() async throws {
        var policy = CircuitPolicy.small()
        policy.ramp = .init(over: .seconds(10))
        let breakers = await breakers(policy, max: 1)
        await breakers.failingCall("a")
        world.clock.advance(by: .seconds(10))
        try await breakers.call("a") {}
        world.clock.advance(by: .seconds(60))
        try await breakers.call("b") {}
        #expect(services(breakers) == ["b"])
    }

    @Test("B23 an evicted circuit that comes again is new")
    func again() async throws {
        let breakers = await breakers(.small(2), max: 1)
        await breakers.failingCall("a")
        try await breakers.call("b") {}
        await breakers.failingCall("a")
        #expect(await breakers.state(of: "a")?.state == .closed)
        #expect(await breakers.state(of: "a")?.counts.failures == 1)
    }

    @Test("B23 B24 a bound that is lowered holds from the next circuit on")
    func lowered() async throws {
        let breakers = await breakers(max: 5)
        for service: ServiceName in ["a", "b", "c", "d", "e"] { try await breakers.call(service) {} }
        breakers.table.changeRules { $0.maxCircuits = 2 }
        try await breakers.call("f") {}
        #expect(services(breakers) == ["e", "f"])
    }

    @Test("K138 B23 without automatic creation an unknown name is an error that lists the known ones")
    func unknown() async throws {
        let breakers = await breakers(policies: ["b": .small(), "a": .small()], autoCreate: false)
        try await breakers.call("a") {}
        let error = #expect(throws: CircuitBreakerError.self) { try breakers.permit("c").succeed() }
        guard case .unknownService("c", known: ["a", "b"]) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(await breakers.admin(.forceOpen("c")) == .unknownService("c", known: ["a", "b"]))
        #expect(await breakers.state(of: "c") == nil)
    }

    @Test("B23 parallel calls of many services never make more circuits than there may be")
    func parallel() async {
        let breakers = await breakers(max: 8)
        await withTaskGroup { group in
            for worker in 0..<4 {
                group.addTask {
                    for number in 0..<300 {
                        _ = try? await breakers.call(ServiceName("service-\((number * 7 + worker) % 40)")) {}
                    }
                }
            }
        }
        #expect(services(breakers).count == 8)
    }
}
