import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Changes while running")
struct ConfigureTests {
    private static func settings(_ text: String) throws -> CircuitSettings { try decode(CircuitSettings.self, text) }

    @Test("B24 B25 an operator lays settings over a policy: the counts stay, and what is not said stays")
    func operatorsChange() async throws {
        let world = World()
        let breakers = await world.breakers(.small(4))
        await breakers.failingCall("api")
        await breakers.failingCall("api")
        let settings = try Self.settings(#"{"trip":{"consecutiveFailures":3}}"#)
        #expect(await breakers.admin(.configure("api", settings)) == .done)
        #expect(await breakers.state(of: "api")?.counts.consecutiveFailures == 2)
        #expect(await breakers.state(of: "api")?.state == .closed)
        await breakers.failingCall("api")
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .open)
        #expect(snapshot?.retryAfter == .seconds(10))
        await breakers.failingCall("other")
        #expect(await breakers.state(of: "other")?.state == .closed)
    }

    @Test("B24 one change after the other is laid over the ones before")
    func severalChanges() async throws {
        let breakers = await World().breakers(.small(4))
        try await breakers.configure("api", Self.settings(#"{"trip":{"consecutiveFailures":2}}"#))
        try await breakers.configure("api", Self.settings(#"{"openDuration":"3s"}"#))
        await breakers.failingCall("api")
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.retryAfter == .seconds(3))
    }

    @Test("B24 B25 an impossible change is answered with the reason, and nothing has changed")
    func impossible() async throws {
        let breakers = await World().breakers(.small(2))
        try await breakers.configure("db", Self.settings(#"{"dependsOn":["api"]}"#))
        for (text, key) in [
            (#"{"trip":{"consecutiveFailures":0}}"#, "trip.consecutiveFailures is 0, allowed is 1 or more; "),
            (#"{"dependsOn":["db"]}"#, "dependsOn is 'api' -> 'db' -> 'api', allowed is "),
            (#"{"ramp":{"enabled":true}}"#, "ramp.duration is missing, allowed is over 0 s; "),
        ] {
            let answer = await breakers.admin(.configure("api", try Self.settings(text)))
            guard case .failed(let reason) = answer else {
                Issue.record("\(answer)")
                continue
            }
            #expect(reason.hasPrefix(key))
        }
        // Had the circle been kept, calls would be rejected for it.
        #expect(await breakers.admin(.forceOpen("db")) == .done)
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .closed)
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B24 a policy in code may not lead into a circle either, nor an invalid one")
    func codePolicies() async throws {
        let breakers = await World().breakers()
        var policy = CircuitPolicy()
        policy.dependsOn = ["api"]
        await #expect(throws: CircuitBreakerError.self) { try await breakers.configure("api", policy) }
        let error = await #expect(throws: CircuitBreakerError.self) { try await breakers.configure("b", .small(0)) }
        guard case .invalidPolicy(let invalid) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(invalid.service == "b")
    }

    @Test("K138 B25 an unknown service can be configured only where its circuit would be made")
    func unknownService() async throws {
        let breakers = CircuitBreakerServer(policies: ["api": .init()], autoCreate: false)
        #expect(
            await breakers.admin(.configure("apj", .init())) == .unknownService("apj", known: ["api"])
        )
        #expect(await breakers.admin(.configure("api", .init())) == .done)
    }

    @Test("K141 B24 another environment's values hold from now on, and no state and no count is lost (B15, B17)")
    func live() async throws {
        let configuration = try decode(CircuitBreakerConfiguration.self, ConfigurationTests.text)
        let world = World()
        let breakers = try await world.runtime.run { try CircuitBreakerServer(configuration: configuration) }
        // pgmq opens after three failures, for 15 s; the others after five, for 5 s.
        for _ in 0..<3 { await breakers.failingCall("pgmq") }
        for _ in 0..<4 { await breakers.failingCall("user.api") }
        #expect(await breakers.state(of: "pgmq")?.retryAfter == .seconds(15))

        let environment = [
            "CIRCUIT_BREAKERS_DEFAULTS_TRIP_CONSECUTIVE_FAILURES": "6", "CIRCUIT_BREAKERS_PGMQ_OPEN_DURATION": "1s",
            "CIRCUIT_BREAKERS_USER_API_OPEN_DURATION": "2s", "CIRCUIT_BREAKERS_AUTO_CREATE": "true",
        ]
        try await breakers.configure(configuration.resolved(environment: environment))
        // The open time that has begun stays, and so do the counts.
        #expect(await breakers.state(of: "pgmq")?.retryAfter == .seconds(15))
        #expect(await breakers.state(of: "pgmq")?.counts.failures == 3)
        #expect(await breakers.state(of: "user.api")?.counts.consecutiveFailures == 4)
        await breakers.failingCall("user.api")
        #expect(await breakers.state(of: "user.api")?.state == .closed)
        await breakers.failingCall("user.api")
        #expect(await breakers.state(of: "user.api")?.retryAfter == .seconds(2))
        // The next open time of the other is the new one, and a new service is let in.
        world.clock.advance(by: .seconds(15))
        await breakers.failingCall("pgmq")
        #expect(await breakers.state(of: "pgmq")?.retryAfter == .seconds(1))
        #expect((try? await breakers.call("new") {}) != nil)
    }

    @Test("B24 B27 another rule of the alarm holds at once, with the openings that there were")
    func alarm() async throws {
        let world = World()
        let breakers = await world.breakers(.small(1))
        func open() async {
            await breakers.failingCall("api")
            world.clock.advance(by: .seconds(10))
        }
        await open()
        #expect(await breakers.figures(of: "api")?.isFlapping == false)
        try await breakers.configure("api", Self.settings(#"{"flapping":{"openings":2,"within":"1h"}}"#))
        await open()
        #expect(await breakers.figures(of: "api")?.isFlapping == true)
    }

    @Test("B24 a service that a new configuration does not name has the policy of all others")
    func noLongerNamed() async throws {
        let breakers = await World().breakers(.small(5), policies: ["api": .small(3)])
        await breakers.failingCall("api")
        try await breakers.configure(CircuitBreakerConfiguration().resolved(policy: .small(2)))
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B24 of a new configuration that is impossible nothing holds")
    func impossibleConfiguration() async throws {
        let breakers = await World().breakers(.small(3))
        var resolved = try CircuitBreakerConfiguration().resolved()
        resolved.policy = .small(1)
        resolved.policies["b"] = .small(0)
        let error = await #expect(throws: InvalidCircuitPolicy.self) { try await breakers.configure(resolved) }
        #expect(error?.service == "b")
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .closed)
    }

    @Test("B25 `configure` is a flat object with the settings as in a file, there and back")
    func message() throws {
        var settings = CircuitSettings()
        settings.openDuration.constant = .seconds(90)
        let message = CircuitBreakerServer.AdminMessage.configure("user-api", settings)
        let text = #"{"message":"configure","service":"user-api","settings":{"openDuration":"1m30s"}}"#
        #expect(try json(message) == text)
        #expect(try decode(CircuitBreakerServer.AdminMessage.self, text) == message)
        let invalid = try invalidSetting(
            CircuitBreakerServer.AdminMessage.self,
            #"{"message":"configure","service":"user-api","settings":{"openDuratio":"1m30s"}}"#
        )
        #expect(invalid.key == "settings.openDuratio")
    }

    @Test("B22 B24 a restarted server begins with its configuration again")
    func restart() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree(.small(1))
            let settings = try Self.settings(#"{"trip":{"consecutiveFailures":9}}"#)
            #expect(try await CircuitBreakerServer.admin(.configure("api", settings)) == .done)
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            #expect(try await CircuitBreakerServer.state(of: "api").state == .closed)
            try await ServerRef(.circuitBreakers).stop(.error(Broken()))
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            #expect(try await CircuitBreakerServer.state(of: "api").state == .open)
            try await tree.stop()
        }
    }
}
