import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: circuits that depend on others")
struct DependencyTests {
    private static func needing(_ services: ServiceName...) -> CircuitPolicy {
        var policy = CircuitPolicy.small()
        policy.dependsOn = services
        return policy
    }

    private func dependency(_ breakers: CircuitBreakerServer, _ service: ServiceName = "orders") -> ServiceName? {
        do throws(CircuitBreakerError) {
            try breakers.permit(service).ignore()
            return nil
        } catch {
            if case .dependencyOpen(service, let dependency, _) = error { return dependency }
            Issue.record("\(error)")
            return nil
        }
    }

    @Test("B21 B8 while one of them is open it rejects, says which, and for how long")
    func open() async throws {
        let world = World()
        let breakers = await world.breakers(policies: ["orders": Self.needing("users", "stock")])
        try await breakers.call("orders") {}
        await breakers.failingCall("stock")
        world.clock.advance(by: .seconds(4))
        let error = await #expect(throws: CircuitBreakerError.self) {
            try await breakers.call("orders") { Issue.record("the operation ran") }
        }
        guard case .dependencyOpen("orders", "stock", .seconds(6)) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let snapshot = await breakers.state(of: "orders")
        #expect(snapshot?.state == .closed)
        #expect(snapshot?.counts.failures == 0)
        #expect(snapshot?.counts.rejected == 1)
        // Half-open is not open: the dependency lets calls through.
        world.clock.advance(by: .seconds(6))
        try await breakers.call("orders") {}
    }

    @Test("B21 it spends no probe until they let calls through")
    func probe() async throws {
        let world = World()
        let breakers = await world.breakers(policies: ["orders": Self.needing("users")])
        await breakers.failingCall("orders")
        world.clock.advance(by: .seconds(10))
        await breakers.failingCall("users")
        #expect(dependency(breakers) == "users")
        #expect(dependency(breakers) == "users")
        #expect(await breakers.state(of: "orders")?.state == .halfOpen)
        try await breakers.reset("users")
        try await breakers.call("orders") {}
        #expect(await breakers.state(of: "orders")?.state == .closed)
    }

    @Test("B18 B21 forced open counts as open, disabled and metrics-only do not")
    func overridden() async throws {
        let breakers = await World().breakers(policies: ["orders": Self.needing("users")])
        for (message, expected) in [
            (CircuitBreakerServer.AdminMessage.forceOpen("users"), ServiceName?("users")), (.disable("users"), nil),
            (.metricsOnly("users"), nil), (.enable("users"), nil),
        ] {
            #expect(await breakers.admin(message) == .done)
            #expect(dependency(breakers) == expected, "\(message)")
        }
    }

    @Test("B21 a chain: it rejects for what its dependencies depend on")
    func chain() async throws {
        let breakers = await World().breakers(
            policies: ["orders": Self.needing("users"), "users": Self.needing("database")]
        )
        try await breakers.call("users") {}
        await breakers.failingCall("database")
        #expect(dependency(breakers) == "database")
    }

    @Test("B21 a chain holds also when the one between has never been called")
    func chainOverUnused() async throws {
        let breakers = await World().breakers(
            policies: ["orders": Self.needing("users"), "users": Self.needing("database")]
        )
        await breakers.failingCall("database")
        #expect(dependency(breakers) == "database")
        #expect(breakers.table.circuit(of: "users") == nil)
    }

    @Test("B18 B21 a chain ends at one that lets all calls through by an override")
    func chainOverDisabled() async throws {
        for message in [CircuitBreakerServer.AdminMessage.disable("users"), .metricsOnly("users")] {
            let breakers = await World().breakers(
                policies: ["orders": Self.needing("users"), "users": Self.needing("database")]
            )
            await breakers.failingCall("database")
            #expect(await breakers.admin(message) == .done)
            #expect(try await breakers.call("users") { 1 } == 1)
            #expect(dependency(breakers) == nil, "\(message)")
        }
    }

    @Test("B18 B21 one that is overridden itself lets calls through all the same")
    func disabledItself() async throws {
        let breakers = await World().breakers(policies: ["orders": Self.needing("users")])
        await breakers.failingCall("users")
        _ = await breakers.admin(.disable("orders"))
        #expect(dependency(breakers) == nil)
    }

    @Test("B9 B21 a dependency without a circuit rejects nothing, and is given none")
    func unknown() async throws {
        let breakers = await World().breakers(policies: ["orders": Self.needing("users")])
        #expect(dependency(breakers) == nil)
        #expect(await breakers.states().map(\.service) == ["orders"])
    }

    @Test("B21 two that share a dependency over several ways are rejected once, for the nearest")
    func diamond() async throws {
        let breakers = await World().breakers(
            policies: [
                "orders": Self.needing("users", "stock"), "users": Self.needing("database"),
                "stock": Self.needing("database"),
            ]
        )
        await breakers.failingCall("database")
        await breakers.failingCall("stock")
        #expect(dependency(breakers, "stock") == "database")
        #expect(dependency(breakers) == "database")
        #expect(await breakers.state(of: "orders")?.counts.rejected == 1)
    }

    @Test("B21 B24 a circle is refused, also when it is made while running, and nothing changes")
    func circle() async throws {
        let breakers = await World().breakers(policies: ["orders": Self.needing("users")])
        let error = await #expect(throws: CircuitBreakerError.self) {
            try await breakers.configure("users", Self.needing("orders"))
        }
        guard case .invalidPolicy(let invalid) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(invalid.field == "dependsOn")
        await breakers.failingCall("orders")
        #expect(try await breakers.call("users") { 1 } == 1)
    }

    @Test("B21 B24 a dependency that is configured while running holds at once, and no longer when it is taken back")
    func configured() async throws {
        let breakers = await World().breakers()
        try await breakers.call("orders") {}
        await breakers.failingCall("users")
        try await breakers.configure("orders", Self.needing("users"))
        #expect(dependency(breakers) == "users")
        try await breakers.configure("orders", .small())
        #expect(dependency(breakers) == nil)
    }
}
