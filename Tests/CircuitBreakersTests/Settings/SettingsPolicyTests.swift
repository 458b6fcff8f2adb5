import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Settings make policies")
struct SettingsPolicyTests {
    private static func applied(_ text: String, to policy: CircuitPolicy = .init()) throws -> CircuitPolicy {
        try decode(CircuitSettings.self, text).applied(to: policy)
    }

    @Test(
        "K02 B24 the Elixir breaker's defaults: 5 failures, 60 s until a call is cleared up, 10 s until the retry (E08)"
    )
    func elixir() throws {
        let policy = try Self.applied(
            #"{"trip":{"consecutiveFailures":5},"openDuration":10,"halfOpen":{"probeTimeout":"60s"}}"#
        )
        guard case .consecutiveFailures(5) = policy.trip else {
            Issue.record("\(policy.trip)")
            return
        }
        #expect(policy.openDuration.base == .milliseconds(10_000))
        #expect(policy.halfOpen.probeTimeout == .milliseconds(60_000))
    }

    @Test("B24 what is not said stays, functions included")
    func untouched() throws {
        var policy = CircuitPolicy.small(7)
        policy.judgeError = { _ in .ignored }
        policy.trip = .custom { $0.failures > 2 }
        let result = try Self.applied(#"{"warmUp":"1s"}"#, to: policy)
        #expect(result.judgeError(Broken()) == .ignored)
        guard case .custom = result.trip else {
            Issue.record("\(result.trip)")
            return
        }
        #expect(result.halfOpen == policy.halfOpen)
        #expect(result.openDuration.base == .seconds(10))
    }

    @Test("B24 a part of a rate is enough when the policy has the rest")
    func parts() throws {
        var policy = CircuitPolicy()
        policy.trip = .failureRate(0.5, over: .calls(100), minimumCalls: 10)
        policy.slowCalls = .init(over: .seconds(1), rate: 0.5)
        policy.ramp = .init(over: .seconds(60), from: 0.5)
        policy.halfOpen.decision = .failureRate(0.5, over: 4)
        let result = try Self.applied(
            #"""
            {"trip":{"failureRate":{"rate":0.25}}, "slowCalls":{"rate":1}, "ramp":{"duration":"1s"},
             "halfOpen":{"failureRate":{"over":8}}}
            """#,
            to: policy
        )
        #expect(result.trip.text == "failureRate(0.25, over: calls(100), minimumCalls: 10)")
        #expect(result.slowCalls == .init(over: .seconds(1), rate: 1, window: .calls(100), minimumCalls: 100))
        #expect(result.ramp == .init(over: .seconds(1), from: 0.5))
        #expect(result.halfOpen.decision == .failureRate(0.5, over: 8))
        let off = try Self.applied(#"{"slowCalls":{"enabled":false},"ramp":{"enabled":false}}"#, to: policy)
        #expect(off.slowCalls == nil && off.ramp == nil)
    }

    @Test(
        "B24 a part that is missing is an error that says which",
        arguments: [
            (#"{"trip":{"failures":{"count":3}}}"#, "trip.failures.within"),
            (#"{"trip":{"failures":{"within":3}}}"#, "trip.failures.count"),
            (#"{"trip":{"failureRate":{"calls":3}}}"#, "trip.failureRate.rate"),
            (#"{"trip":{"failureRate":{"rate":0.5}}}"#, "trip.failureRate.calls"),
            (#"{"slowCalls":{"rate":0.5}}"#, "slowCalls.duration"),
            (#"{"slowCalls":{"enabled":true,"duration":1}}"#, "slowCalls.rate"),
            (#"{"openDuration":{"exponential":{"from":1}}}"#, "openDuration.exponential.upTo"),
            (#"{"openDuration":{"linear":{"from":1,"upTo":3}}}"#, "openDuration.linear.step"),
            (#"{"openDuration":{"table":{"jitter":1}}}"#, "openDuration.table.delays"),
            (#"{"halfOpen":{"failureRate":{"rate":0.5}}}"#, "halfOpen.failureRate.over"),
            (#"{"ramp":{"enabled":true}}"#, "ramp.duration"),
        ]
    )
    func missing(text: String, key: String) throws {
        let invalid = try invalidSetting { _ = try Self.applied(text) }
        #expect(invalid.key == key)
        #expect(invalid.value == "missing")
        #expect(!invalid.allowed.isEmpty && !invalid.remedy.isEmpty)
    }

    @Test(
        "K08 B24 a value out of its range is an error with the key of the file, the value and the range (B33)",
        arguments: [
            (#"{"trip":{"consecutiveFailures":0}}"#, "trip.consecutiveFailures", "0", "1 or more"),
            (#"{"trip":{"failureRate":{"rate":1.5,"calls":4}}}"#, "trip.failureRate.rate", "1.5", "over 0, up to 1"),
            (
                #"{"trip":{"failureRate":{"rate":1,"calls":4,"minimumCalls":9}}}"#, "trip.failureRate.minimumCalls",
                "9", "1 to 4"
            ),
            (#"{"openDuration":0}"#, "openDuration", "0 s", "over 0 s"),
            (#"{"openDuration":{"exponential":{"from":0,"upTo":1}}}"#, "openDuration.exponential.from", "0 s", "over"),
            (
                #"{"openDuration":{"exponential":{"from":2,"upTo":1}}}"#, "openDuration.exponential.upTo", "1 s",
                "2 s or more"
            ),
            (
                #"{"openDuration":{"exponential":{"from":1,"upTo":1,"factor":0.5}}}"#,
                "openDuration.exponential.factor", "0.5", "1 or more"
            ),
            (
                #"{"openDuration":{"linear":{"from":1,"step":1,"upTo":1,"jitter":2}}}"#, "openDuration.linear.jitter",
                "2.0", "0 to 1"
            ),
            (#"{"openDuration":{"table":{"delays":[1,0]}}}"#, "openDuration.table.delays", "0 s", "over 0 s"),
            (#"{"halfOpen":{"waitLimit":-1}}"#, "halfOpen.waitLimit", "-1", "0 or more"),
            (#"{"attemptDecay":0}"#, "attemptDecay", "0 s", "over 0 s, or none"),
            (#"{"slowCalls":{"duration":1,"rate":1,"calls":100001}}"#, "slowCalls.calls", "100001", "1 to 100000"),
        ]
    )
    func outOfRange(text: String, key: String, value: String, allowed: String) throws {
        let invalid = try invalidSetting { _ = try Self.applied(text) }
        #expect(invalid.key == key)
        #expect(invalid.value == value)
        #expect(invalid.allowed.contains(allowed))
        #expect("\(invalid)".hasPrefix("\(key) is \(value), allowed is "))
        #expect(!invalid.remedy.isEmpty)
    }

    @Test("B24 settings made in code that say two things are refused too")
    func twoWaysInCode() throws {
        var settings = CircuitSettings()
        settings.trip.consecutiveFailures = 3
        settings.trip.failures.count = 3
        #expect(try invalidSetting { _ = try settings.applied(to: .init()) }.key == "trip.failures.count")
    }
}
