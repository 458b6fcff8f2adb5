import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Policies are checked")
struct PolicyValidationTests {
    private static func policy(_ change: (inout CircuitPolicy) -> Void) -> CircuitPolicy {
        var policy = CircuitPolicy()
        change(&policy)
        return policy
    }

    @Test("B10 the standard policy is valid, and says what the documentation says")
    func standard() throws {
        let policy = CircuitPolicy()
        try policy.validate()
        guard case .consecutiveFailures(5) = policy.trip else {
            Issue.record("\(policy.trip)")
            return
        }
        #expect(policy.halfOpen == .init(maxProbes: 1, successThreshold: 1, probeTimeout: .seconds(60)))
        #expect(policy.openDuration.base == .seconds(60))
        #expect(policy.maxRetryAfter == .seconds(300))
        #expect(policy.permanentErrors == .countAsFailures)
        #expect(policy.cancellation == .ignored)
    }

    private static let impossible: [(CircuitPolicy, field: String, value: String)] = [
        (policy { $0.trip = .consecutiveFailures(0) }, "trip.consecutiveFailures", "0"),
        (policy { $0.trip = .consecutiveFailures(-1) }, "trip.consecutiveFailures", "-1"),
        (policy { $0.trip = .failures(0, within: .seconds(1)) }, "trip.failures.count", "0"),
        (policy { $0.trip = .failures(100_001, within: .seconds(1)) }, "trip.failures.count", "100001"),
        (policy { $0.trip = .failures(1, within: .zero) }, "trip.failures.within", "0 s"),
        (rate(0), "trip.failureRate.rate", "0.0"),
        (rate(1.01), "trip.failureRate.rate", "1.01"),
        (rate(.nan), "trip.failureRate.rate", "nan"),
        (rate(.infinity), "trip.failureRate.rate", "inf"),
        (rate(0.5, over: .calls(0)), "trip.failureRate.calls", "0"),
        (rate(0.5, over: .calls(100_001)), "trip.failureRate.calls", "100001"),
        (rate(0.5, over: .time(.zero)), "trip.failureRate.time", "0 s"),
        (rate(0.5, over: .time(.seconds(1)), minimumCalls: 0), "trip.failureRate.minimumCalls", "0"),
        (policy { $0.slowCalls = .init(over: .zero, rate: 0.5) }, "slowCalls.duration", "0 s"),
        (policy { $0.slowCalls = .init(over: .seconds(1), rate: 2) }, "slowCalls.rate", "2.0"),
        (slow(.calls(-1), 1), "slowCalls.calls", "-1"),
        (slow(.time(.seconds(-1)), 1), "slowCalls.time", "-1 s"),
        (slow(.calls(4), 5), "slowCalls.minimumCalls", "5"),
        (policy { $0.openDuration = .constant(.zero) }, "openDuration", "0 s"),
        (policy { $0.attemptDecay = .zero }, "attemptDecay", "0 s"),
        (policy { $0.halfOpen.maxProbes = 0 }, "halfOpen.maxProbes", "0"),
        (policy { $0.halfOpen.decision = .successes(0) }, "halfOpen.successThreshold", "0"),
        (policy { $0.halfOpen.probeTimeout = .zero }, "halfOpen.probeTimeout", "0 s"),
        (policy { $0.halfOpen.decision = .failureRate(1.5, over: 4) }, "halfOpen.failureRate.rate", "1.5"),
        (policy { $0.halfOpen.decision = .failureRate(-0.1, over: 4) }, "halfOpen.failureRate.rate", "-0.1"),
        (policy { $0.halfOpen.decision = .failureRate(.nan, over: 4) }, "halfOpen.failureRate.rate", "nan"),
        (policy { $0.halfOpen.decision = .failureRate(0.5, over: 0) }, "halfOpen.failureRate.over", "0"),
        (policy { $0.halfOpen.overflow = .wait(limit: -1) }, "halfOpen.waitLimit", "-1"),
        (policy { $0.ramp = .init(over: .zero) }, "ramp.duration", "0 s"),
        (policy { $0.ramp = .init(over: .seconds(1), from: 0) }, "ramp.initialShare", "0.0"),
        (policy { $0.minTransitionInterval = .seconds(-1) }, "minTransitionInterval", "-1 s"),
        (policy { $0.clearInterval = .zero }, "clearInterval", "0 s"),
        (policy { $0.lumpingInterval = .seconds(-1) }, "lumpingInterval", "-1 s"),
        (policy { $0.warmUp = .seconds(-1) }, "warmUp", "-1 s"),
        (policy { $0.maxRetryAfter = .seconds(-1) }, "maxRetryAfter", "-1 s"),
        (policy { $0.flapping.openings = 0 }, "flapping.openings", "0"),
        (policy { $0.flapping.openings = 100_001 }, "flapping.openings", "100001"),
        (policy { $0.flapping.period = .zero }, "flapping.within", "0 s"),
        (policy { $0.flapping.quietChecks = 0 }, "flapping.quietChecks", "0"),
        (policy { $0.flapping.checkInterval = .zero }, "flapping.checkInterval", "0 s"),
    ]

    private static func rate(
        _ rate: Double,
        over window: CircuitPolicy.Window = .calls(10),
        minimumCalls: Int = 1
    ) -> CircuitPolicy {
        policy { $0.trip = .failureRate(rate, over: window, minimumCalls: minimumCalls) }
    }

    private static func slow(_ window: CircuitPolicy.Window, _ minimumCalls: Int) -> CircuitPolicy {
        policy { $0.slowCalls = .init(over: .seconds(1), rate: 1, window: window, minimumCalls: minimumCalls) }
    }

    @Test("K08 B24 an impossible value is an error that names field, value, range and remedy", arguments: impossible)
    func invalid(policy: CircuitPolicy, field: String, value: String) throws {
        let error = try #require(throws: InvalidCircuitPolicy.self) { try policy.validate() }
        #expect(error.field == field)
        #expect(error.value == value)
        for part in [field, value, error.allowed, error.remedy] {
            #expect("\(error)".contains(part) && !part.isEmpty)
        }
    }

    @Test("K08 B24 the ends of each range are valid")
    func ends() throws {
        try Self.policy { $0.trip = .consecutiveFailures(1) }.validate()
        try Self.policy { $0.trip = .failures(100_000, within: .nanoseconds(1)) }.validate()
        try Self.rate(1, over: .calls(100_000), minimumCalls: 100_000).validate()
        try Self.rate(.leastNonzeroMagnitude, over: .time(.nanoseconds(1)), minimumCalls: .max).validate()
        try Self.policy { $0.halfOpen.overflow = .wait(limit: 0) }.validate()
        try Self.policy { $0.ramp = .init(over: .nanoseconds(1), from: 1) }.validate()
    }

    @Test("K11 a window of 4 calls with a minimum of 10 is refused, not clipped, and the error names the most")
    func minimumAboveWindow() throws {
        let policy = Self.rate(0.5, over: .calls(4), minimumCalls: 10)
        let error = try #require(throws: InvalidCircuitPolicy.self) { try policy.validate() }
        #expect(error.field == "trip.failureRate.minimumCalls")
        #expect(error.value == "10")
        #expect(error.allowed == "1 to 4")
        try Self.rate(0.5, over: .calls(4), minimumCalls: 4).validate()
    }

    private static func needing(_ services: ServiceName...) -> CircuitPolicy {
        policy { $0.dependsOn = services }
    }

    @Test(
        "B21 B24 services that need each other in a circle are refused, and the error names the circle",
        arguments: [
            (needing(), ["a": needing("a")], "a", "'a' -> 'a'"),
            (needing(), ["a": needing("b"), "b": needing("c"), "c": needing("b")], "b", "'b' -> 'c' -> 'b'"),
            // The services that have no policy of their own have the first one.
            (needing("db"), [:], nil, "'db' -> 'db'"),
            (needing("a"), ["a": needing("b")], "a", "'a' -> 'b' -> 'a'"),
        ] as [(CircuitPolicy, [ServiceName: CircuitPolicy], ServiceName?, String)]
    )
    func circles(
        standard: CircuitPolicy,
        policies: [ServiceName: CircuitPolicy],
        service: ServiceName?,
        circle: String
    ) throws {
        let error = try #require(throws: InvalidCircuitPolicy.self) {
            try CircuitPolicy.validate(default: standard, policies: policies)
        }
        #expect(error.field == "dependsOn")
        #expect(error.service == service)
        #expect(error.value == circle)
        #expect(!error.remedy.isEmpty)
    }

    @Test("B21 B24 services may need the same one, by several ways, and long chains are no circle")
    func noCircles() throws {
        let diamond: [ServiceName: CircuitPolicy] = [
            "a": Self.needing("b", "c"), "b": Self.needing("d"), "c": Self.needing("d"),
        ]
        try CircuitPolicy.validate(default: Self.needing(), policies: diamond)
        try CircuitPolicy.validate(default: Self.needing("db"), policies: ["db": Self.needing()])
        let chain = (0..<1_000).map { (ServiceName("s\($0)"), Self.needing(ServiceName("s\($0 + 1)"))) }
        try CircuitPolicy.validate(default: Self.needing(), policies: .init(uniqueKeysWithValues: chain))
    }

    @Test("B21 a server whose services need each other in a circle does not start")
    func circleAtStart() throws {
        let policies = ["a": Self.needing("b"), "b": Self.needing("a")] as [ServiceName: CircuitPolicy]
        let breakers = CircuitBreakerServer(policies: policies)
        let error = try #require(throws: CircuitBreakerError.self) { _ = try breakers.permit("other") }
        #expect("\(error)".contains("'a' -> 'b' -> 'a'"))
    }

    @Test("K08 an instance without a supervisor refuses at the first call, and names the service")
    func firstUse() async throws {
        let breakers = CircuitBreakerServer(policies: ["api": Self.policy { $0.halfOpen.maxProbes = 0 }])
        let error = await #expect(throws: CircuitBreakerError.self) {
            try await breakers.call("other") { Issue.record("the operation ran") }
        }
        guard case .invalidPolicy(let invalid) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(invalid.service == "api")
        #expect(await breakers.admin(.forceOpen("api")) == .failed(reason: invalid.description))
    }
}
