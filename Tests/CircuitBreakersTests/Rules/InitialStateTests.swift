import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: the state that a circuit begins in")
struct InitialStateTests {
    private static func beginning(_ state: CircuitPolicy.InitialState) -> CircuitPolicy {
        var policy = CircuitPolicy.small()
        policy.initialState = state
        return policy
    }

    @Test("K109 B20 one that begins open waits its whole time from when it was made")
    func open() async throws {
        let world = World()
        let breakers = await world.breakers(Self.beginning(.open))
        world.clock.advance(by: .seconds(100))
        #expect(throws: CircuitBreakerError.self) { try breakers.permit("api").succeed() }
        #expect(await breakers.state(of: "api")?.retryAfter == .seconds(10))
        world.clock.advance(by: .nanoseconds(9_999_999_999))
        #expect(await breakers.state(of: "api")?.state == .open)
        world.clock.advance(by: .nanoseconds(1))
        try await breakers.call("api") {}
        #expect(await breakers.state(of: "api")?.state == .closed)
        #expect(await world.transitions(of: breakers).first?.reason == .initialState)
    }

    @Test("K109 B14 B20 in a tree its timer ends the time, without another call")
    func openInTree() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree(Self.beginning(.open))
            #expect(throws: CircuitBreakerError.self) { try CircuitBreakerServer.permit("api").succeed() }
            world.clock.advance(by: .seconds(10))
            await world.wait(for: .halfOpen)
            try await tree.stop()
        }
    }

    @Test("B18 B20 one that begins overridden is lifted only by an operator, also before its first call")
    func overridden() async throws {
        for (state, expected) in [
            (CircuitPolicy.InitialState.forcedOpen, CircuitState.forcedOpen), (.disabled, .disabled),
            (.metricsOnly, .metricsOnly),
        ] {
            let world = World()
            let breakers = await world.breakers(policies: [
                "api": Self.beginning(state), "other": Self.beginning(state),
            ])
            for _ in 1...5 { await breakers.failingCall("api") }
            world.clock.advance(by: .seconds(1_000))
            #expect(await breakers.state(of: "api")?.state == expected)
            #expect(await breakers.state(of: "other")?.state == expected)
            for service: ServiceName in ["api", "other"] {
                #expect(await breakers.admin(.enable(service)) == .done)
                #expect(await breakers.state(of: service)?.state == .closed)
                #expect(try await breakers.call(service) { 1 } == 1)
                await breakers.failingCall(service)
                #expect(await breakers.state(of: service)?.state == .open)
            }
        }
    }

    @Test("B19 B20 a reset closes one that begins open, and it stays so")
    func reset() async throws {
        let breakers = await World().breakers(policies: ["api": Self.beginning(.open)])
        try await breakers.reset("api")
        #expect(try await breakers.call("api") { 1 } == 1)
    }

    @Test("B20 a removed circuit begins again as its policy says")
    func removed() async throws {
        let breakers = await World().breakers(policies: ["api": Self.beginning(.forcedOpen)])
        _ = await breakers.admin(.enable("api"))
        _ = await breakers.admin(.remove("api"))
        #expect(throws: CircuitBreakerError.self) { try breakers.permit("api").succeed() }
    }
}
