import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Configurations come to policies")
struct ConfigurationTests {
    /// What the three breakers of a message queue look like, and a default for all others.
    static let text = #"""
        {"autoCreate": false, "enabled": true, "maxCircuits": 50, "metricsInterval": "30s", "profile": "staging",
         "defaults": {"trip": {"consecutiveFailures": 5}, "openDuration": "30s"},
         "services": {"pgmq": {"trip": {"consecutiveFailures": 3}, "openDuration": "15s",
                               "halfOpen": {"successThreshold": 2}},
                      "user.api": null},
         "profiles": {"staging": {"maxCircuits": 60, "defaults": {"openDuration": "5s"},
                                  "services": {"user.api": {"maxRetryAfter": "1s"}}}}}
        """#

    private static func resolved(
        _ text: String,
        _ environment: [String: String] = [:],
        policy: CircuitPolicy = .init(),
        policies: [ServiceName: CircuitPolicy] = [:]
    ) throws -> CircuitBreakerConfiguration.Resolved {
        try decode(CircuitBreakerConfiguration.self, text)
            .resolved(policy: policy, policies: policies, environment: environment)
    }

    @Test("K123 B24 a configuration is read and written, and reads as the same (B16)")
    func roundTrip() throws {
        let configuration = try decode(CircuitBreakerConfiguration.self, Self.text)
        #expect(configuration.services["pgmq"]?.halfOpen.successThreshold == 2)
        #expect(configuration.services["user.api"] == .init())
        #expect(configuration.profiles["staging"]?.maxCircuits == 60)
        #expect(try decode(CircuitBreakerConfiguration.self, json(configuration)) == configuration)
        #expect(try json(CircuitBreakerConfiguration()) == "{}")
    }

    @Test("B24 without a word the standard policy holds, for 1,000 circuits")
    func nothing() throws {
        let resolved = try Self.resolved("{}")
        #expect(resolved.policies.isEmpty)
        #expect(resolved.policy.trip.text == "consecutiveFailures(5)")
        #expect(resolved.maxCircuits == 1_000)
        #expect(resolved.autoCreate)
        #expect(resolved.metricsInterval == nil)
        #expect(resolved.profile == nil)
    }

    @Test("B24 a component's settings lie over the defaults: pgmq has 3 failures, 15 s, 2 successes (B14, B15, A07)")
    func components() throws {
        let resolved = try Self.resolved(Self.text)
        let pgmq = try #require(resolved.policies["pgmq"])
        #expect(pgmq.trip.text == "consecutiveFailures(3)")
        #expect(pgmq.openDuration.base == .seconds(15))
        #expect(pgmq.halfOpen.decision == .successes(2))
        #expect(resolved.policy.trip.text == "consecutiveFailures(5)")
        #expect(resolved.autoCreate == false)
    }

    @Test("B24 for each key the last one holds: defaults, profile, service, the profile's service, environment (B17)")
    func precedence() throws {
        func openTimes(_ environment: [String: String]) throws -> [Duration?] {
            let resolved = try Self.resolved(Self.text, environment)
            return [
                resolved.policy.openDuration.base, resolved.policies["user.api"]?.openDuration.base,
                resolved.policies["pgmq"]?.openDuration.base,
            ]
        }
        #expect(try openTimes([:]) == [.seconds(5), .seconds(5), .seconds(15)])
        #expect(
            try openTimes(["CIRCUIT_BREAKERS_DEFAULTS_OPEN_DURATION": "4s"])
                == [.seconds(4), .seconds(4), .seconds(15)]
        )
        #expect(
            try openTimes(["CIRCUIT_BREAKERS_USER_API_OPEN_DURATION": "3"]) == [.seconds(5), .seconds(3), .seconds(15)]
        )
        #expect(
            try openTimes(["CIRCUIT_BREAKERS_PGMQ_OPEN_DURATION": "2s"]) == [.seconds(5), .seconds(5), .seconds(2)]
        )
        let staging = try Self.resolved(Self.text)
        #expect(staging.policies["user.api"]?.maxRetryAfter == .seconds(1))
        #expect(staging.maxCircuits == 60)
        #expect(staging.metricsInterval == .seconds(30))
        #expect(try Self.resolved(Self.text, ["CIRCUIT_BREAKERS_METRICS_INTERVAL": "off"]).metricsInterval == nil)
    }

    @Test("B24 the built-in profiles differ, lie under what is written, and may be extended (B17)")
    func builtIn() throws {
        func resolved(_ name: String) throws -> CircuitPolicy { try Self.resolved(#"{"profile":"\#(name)"}"#).policy }
        let (development, testing) = (try resolved("development"), try resolved("testing"))
        #expect(development.trip.text == "consecutiveFailures(10)")
        #expect(development.openDuration.base == .seconds(5))
        #expect(testing.trip.text == "consecutiveFailures(2)")
        #expect(testing.openDuration.base == .seconds(1))
        #expect(testing.halfOpen.probeTimeout == .seconds(1))
        let production = try resolved("production")
        #expect(production.openDuration.base == .seconds(30))
        #expect(production.openDuration.cap == .seconds(300))
        #expect(production.minTransitionInterval == .seconds(1))
        let extended = try Self.resolved(
            #"""
            {"profile": "testing", "defaults": {"openDuration": "2s"},
             "profiles": {"testing": {"defaults": {"warmUp": "3s"}}}}
            """#
        ).policy
        #expect(extended.trip.text == "consecutiveFailures(2)")
        #expect(extended.openDuration.base == .seconds(2))
        #expect(extended.warmUp == .seconds(3))
    }

    @Test("B24 a code policy stays beneath, and a service's own begins without the defaults (A07, A08)")
    func codePolicies() throws {
        var own = CircuitPolicy.small(9)
        own.judgeError = { _ in .ignored }
        let resolved = try Self.resolved(
            #"{"defaults":{"trip":{"consecutiveFailures":4}},"services":{"b":{"warmUp":"1s"}}}"#,
            policy: .small(8),
            policies: ["a": own, "b": own]
        )
        #expect(resolved.policy.trip.text == "consecutiveFailures(4)")
        #expect(resolved.policy.openDuration.base == .seconds(10))
        for service: ServiceName in ["a", "b"] {
            let policy = try #require(resolved.policies[service])
            #expect(policy.trip.text == "consecutiveFailures(9)")
            #expect(policy.judgeError(Broken()) == .ignored)
        }
        #expect(resolved.policies["b"]?.warmUp == .seconds(1))
    }

    @Test("B24 when it is not enabled every circuit begins disabled (B09)")
    func disabled() throws {
        let resolved = try Self.resolved(#"{"enabled":false,"services":{"a":{"initialState":"open"}}}"#)
        #expect(resolved.policy.initialState == .disabled)
        #expect(resolved.policies["a"]?.initialState == .disabled)
    }

    @Test(
        "K08 B24 an impossible value is blamed on the key that says it",
        arguments: [
            (
                #"{"services":{"user-api":{"trip":{"failureRate":{"rate":1.5,"calls":4}}}}}"#, [:],
                "services.user-api.trip.failureRate.rate"
            ),
            (#"{"defaults":{"openDuration":0},"services":{"a":{"openDuration":1}}}"#, [:], "defaults.openDuration"),
            (
                #"{"profile":"x","profiles":{"x":{"services":{"a":{"halfOpen":{"maxProbes":0}}}}}}"#, [:],
                "profiles.x.services.a.halfOpen.maxProbes"
            ),
            ("{}", ["CIRCUIT_BREAKERS_DEFAULTS_WARM_UP": "-1s"], "CIRCUIT_BREAKERS_DEFAULTS_WARM_UP"),
            (
                #"{"services":{"user-api":{}}}"#, ["CIRCUIT_BREAKERS_USER_API_HALF_OPEN_MAX_PROBES": "0"],
                "CIRCUIT_BREAKERS_USER_API_HALF_OPEN_MAX_PROBES"
            ),
            (#"{"maxCircuits":0}"#, [:], "maxCircuits"),
            ("{}", ["CIRCUIT_BREAKERS_MAX_CIRCUITS": "1000001"], "CIRCUIT_BREAKERS_MAX_CIRCUITS"),
            (#"{"metricsInterval":0}"#, [:], "metricsInterval"),
            (
                #"{"profile":"x","profiles":{"x":{"metricsInterval":"-1s"}}}"#, [:], "profiles.x.metricsInterval"
            ),
            (#"{"profile":"prodution"}"#, [:], "profile"),
            ("{}", ["CIRCUIT_BREAKERS_PROFILE": "prodution"], "CIRCUIT_BREAKERS_PROFILE"),
            (#"{"services":{"a":{"dependsOn":["b"]},"b":{"dependsOn":["a"]}}}"#, [:], "services.a.dependsOn"),
            (#"{"defaults":{"dependsOn":["db"]}}"#, [:], "defaults.dependsOn"),
        ] as [(String, [String: String], String)]
    )
    func blame(text: String, environment: [String: String], key: String) throws {
        let invalid = try invalidSetting { _ = try Self.resolved(text, environment) }
        #expect(invalid.key == key)
        for part in [invalid.value, invalid.allowed, invalid.remedy] { #expect(!part.isEmpty) }
    }

    @Test("B24 a profile that nobody has written is an error that lists those there are")
    func unknownProfile() throws {
        let invalid = try invalidSetting { _ = try Self.resolved(#"{"profile":"x","profiles":{"own":{}}}"#) }
        #expect(invalid.allowed == "one of development, own, production, testing")
    }

    @Test("B24 an invalid policy of the code is not blamed on the configuration")
    func invalidCode() throws {
        let error = #expect(throws: InvalidCircuitPolicy.self) {
            try Self.resolved(#"{"services":{"a":{"warmUp":1}}}"#, policy: .small(0))
        }
        #expect(error?.field == "trip.consecutiveFailures")
    }

    @Test(
        "B24 an unknown or misplaced key is an error with its whole path",
        arguments: [
            (#"{"servces":{}}"#, "servces"),
            (#"{"services":{"user-api":{"tirp":{}}}}"#, "services.user-api.tirp"),
            (#"{"services":{"user-api":3}}"#, "services.user-api"),
            (#"{"services":["user-api"]}"#, "services"),
            (#"{"defaults":{"maxCircuits":3}}"#, "defaults.maxCircuits"),
            (#"{"profiles":{"x":{"profile":"y"}}}"#, "profiles.x.profile"),
            (#"{"profiles":{"x":{"services":{"a":{"warmUp":"x"}}}}}"#, "profiles.x.services.a.warmUp"),
            (#"{"maxCircuits":"many"}"#, "maxCircuits"),
            (#"{"profile":{}}"#, "profile"),
        ]
    )
    func unknown(text: String, key: String) throws {
        #expect(try invalidSetting(CircuitBreakerConfiguration.self, text).key == key)
    }

    @Test("B24 within a larger file the error has the whole path")
    func nested() throws {
        struct File: Decodable { var breakers: CircuitBreakerConfiguration }
        let invalid = try invalidSetting(File.self, #"{"breakers":{"services":{"a":{"warm":1}}}}"#)
        #expect(invalid.key == "breakers.services.a.warm")
    }
}
