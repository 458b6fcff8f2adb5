import Foundation
import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Environment variables")
struct EnvironmentTests {
    private static let services = #"{"services":{"user-api":{},"user":{},"queue.v2":{}}}"#

    private static func resolved(
        _ environment: [String: String],
        _ text: String = services
    ) throws -> CircuitBreakerConfiguration.Resolved {
        try decode(CircuitBreakerConfiguration.self, text).resolved(environment: environment)
    }

    @Test("B24 each key has a variable, for all services and for one")
    func allKeys() throws {
        for key in CircuitSettings.keys {
            for place in [SettingPlace.defaults, .service("user-api")] {
                let name = EnvironmentOverlay.variable(of: key.path, in: place)
                let invalid = try invalidSetting { _ = try EnvironmentOverlay([name: " ,"], services: ["user-api"]) }
                #expect(invalid.key == name)
                #expect(invalid.value == "\" ,\"")
            }
        }
    }

    @Test("B24 texts are read as the key wants them")
    func values() throws {
        let resolved = try Self.resolved([
            "CIRCUIT_BREAKERS_USER_API_TRIP_FAILURE_RATE_RATE": "0.5",
            "CIRCUIT_BREAKERS_USER_API_TRIP_FAILURE_RATE_CALLS": "20",
            "CIRCUIT_BREAKERS_USER_API_OPEN_DURATION_TABLE_DELAYS": "1s, 5s,30",
            "CIRCUIT_BREAKERS_USER_API_DEPENDS_ON": "user,queue.v2",
            "CIRCUIT_BREAKERS_USER_API_RAMP_DURATION": "90",
            "CIRCUIT_BREAKERS_USER_API_CLEAR_INTERVAL": "off",
            "CIRCUIT_BREAKERS_QUEUE_V2_SLOW_CALLS_ENABLED": "false",
            "CIRCUIT_BREAKERS_QUEUE_V2_CANCELLATION": "failure",
            "CIRCUIT_BREAKERS_ENABLED": "true",
            "CIRCUIT_BREAKERS_MAX_CIRCUITS": "7",
            "CIRCUIT_BREAKERS_AUTO_CREATE": "false",
            "CIRCUIT_BREAKERS_PROFILE": "testing",
            "PATH": "/bin", "CIRCUIT": "x",
        ])
        let policy = try #require(resolved.policies["user-api"])
        #expect(policy.trip.text == "failureRate(0.5, over: calls(20), minimumCalls: 20)")
        #expect(policy.openDuration.cap == .seconds(30))
        #expect(policy.dependsOn == ["user", "queue.v2"])
        #expect(policy.ramp == .init(over: .seconds(90)))
        #expect(policy.clearInterval == nil)
        #expect(resolved.policies["queue.v2"]?.cancellation == .failure)
        #expect(resolved.maxCircuits == 7)
        #expect(resolved.autoCreate == false)
        #expect(resolved.profile == "testing")
        #expect(resolved.policies["user"]?.openDuration.base == .seconds(1))
    }

    @Test(
        "B24 a variable that means nothing is an error that says what could be meant",
        arguments: [
            "CIRCUIT_BREAKERS_USER_API_OPEN_DURATON", "CIRCUIT_BREAKERS_OPEN_DURATION",
            "CIRCUIT_BREAKERS_OTHER_OPEN_DURATION", "CIRCUIT_BREAKERS_", "CIRCUIT_BREAKERS_user_api_OPEN_DURATION",
        ]
    )
    func unknown(variable: String) throws {
        let invalid = try invalidSetting { _ = try Self.resolved([variable: "1s"]) }
        #expect(invalid.key == variable)
        #expect(invalid.value == "unknown")
        #expect(invalid.allowed.contains("CIRCUIT_BREAKERS_USER_API_…"))
        #expect(invalid.allowed.contains("CIRCUIT_BREAKERS_DEFAULTS_…"))
    }

    @Test(
        "B24 a variable that could mean two things is an error that names both",
        arguments: [
            (
                #"{"services":{"user-api":{},"user.api":{}}}"#, "CIRCUIT_BREAKERS_USER_API_WARM_UP", "user-api",
                "user.api"
            ),
            (
                #"{"services":{"defaults":{}}}"#, "CIRCUIT_BREAKERS_DEFAULTS_WARM_UP", "defaults.warmUp",
                "services.defaults"
            ),
        ]
    )
    func ambiguous(text: String, variable: String, one: String, other: String) throws {
        let invalid = try invalidSetting { _ = try Self.resolved([variable: "1s"], text) }
        #expect(invalid.key == variable)
        #expect(invalid.value == "ambiguous")
        #expect(invalid.allowed.contains(one) && invalid.allowed.contains(other))
    }

    @Test("B24 two variables for two ways to say the same thing are refused, and one replaces what the file says")
    func twoWays() throws {
        let count = "CIRCUIT_BREAKERS_DEFAULTS_TRIP_CONSECUTIVE_FAILURES"
        let rate = "CIRCUIT_BREAKERS_DEFAULTS_TRIP_FAILURE_RATE_RATE"
        #expect(try invalidSetting { _ = try Self.resolved([count: "3", rate: "0.5"]) }.key == rate)
        let file = #"{"defaults":{"trip":{"failureRate":{"rate":0.5,"calls":9}}}}"#
        #expect(try Self.resolved([count: "3"], file).policy.trip.text == "consecutiveFailures(3)")
    }

    @Test("B24 services that the code or a profile names can be meant")
    func knownServices() throws {
        let configuration = try decode(
            CircuitBreakerConfiguration.self,
            #"{"profiles":{"x":{"services":{"a":{}}}}}"#
        )
        let resolved = try configuration.resolved(
            policies: ["b": .init()],
            environment: ["CIRCUIT_BREAKERS_A_WARM_UP": "1s", "CIRCUIT_BREAKERS_B_WARM_UP": "2s"]
        )
        #expect(resolved.policies["a"]?.warmUp == .seconds(1))
        #expect(resolved.policies["b"]?.warmUp == .seconds(2))
    }

    @Test("B24 the variables of this process can be read, and only those with the prefix")
    func process() {
        #expect(CircuitBreakerConfiguration.processVariables(withPrefix: "") == ProcessInfo.processInfo.environment)
        let path = CircuitBreakerConfiguration.processVariables(withPrefix: "PATH")
        #expect(path["PATH"] != nil)
        #expect(path.keys.allSatisfy { $0.hasPrefix("PATH") })
        #expect(CircuitBreakerConfiguration.processEnvironment.keys.allSatisfy { $0.hasPrefix("CIRCUIT_BREAKERS_") })
    }
}
