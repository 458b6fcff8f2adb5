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
        #expect(SharedPolicy(policy).consecutiveFailures == 5)
        #expect(policy.halfOpen == .init(maxProbes: 1, successThreshold: 1, probeTimeout: .seconds(60)))
        #expect(policy.openDuration.base == .seconds(60))
        #expect(policy.maxRetryAfter == .seconds(300))
        #expect(policy.permanentErrors == .countAsFailures)
        #expect(policy.cancellation == .ignored)
    }

    @Test(
        "K08 an impossible value is an error that names field, value, range and remedy",
        arguments: [
            (policy { $0.trip = .consecutiveFailures(0) }, "trip: .consecutiveFailures", "0"),
            (policy { $0.trip = .consecutiveFailures(-1) }, "trip: .consecutiveFailures", "-1"),
            (policy { $0.halfOpen.maxProbes = 0 }, "halfOpen.maxProbes", "0"),
            (policy { $0.halfOpen.decision = .successes(0) }, "halfOpen.successThreshold", "0"),
            (policy { $0.halfOpen.probeTimeout = .zero }, "halfOpen.probeTimeout", "0 s"),
            (policy { $0.halfOpen.decision = .failureRate(1.5, over: 4) }, "halfOpen.failureRate", "1.5"),
            (policy { $0.halfOpen.decision = .failureRate(-0.1, over: 4) }, "halfOpen.failureRate", "-0.1"),
            (policy { $0.halfOpen.decision = .failureRate(.nan, over: 4) }, "halfOpen.failureRate", "nan"),
            (policy { $0.halfOpen.decision = .failureRate(0.5, over: 0) }, "halfOpen.failureRate(over:)", "0"),
            (policy { $0.maxRetryAfter = .seconds(-1) }, "maxRetryAfter", "-1 s"),
        ]
    )
    func invalid(policy: CircuitPolicy, field: String, value: String) throws {
        let error = try #require(throws: InvalidCircuitPolicy.self) { try policy.validate() }
        #expect(error.field == field)
        #expect(error.value == value)
        for part in [field, value, error.allowed, error.remedy] {
            #expect("\(error)".contains(part) && !part.isEmpty)
        }
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
