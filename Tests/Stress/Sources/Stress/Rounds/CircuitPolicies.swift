internal import CircuitBreakers
internal import Supervision

/// The policies of the services under stress: open times of about a millisecond, so that much happens.
enum CircuitPolicies {
    static let mostProbes = 3

    static var all: [ServiceName: CircuitPolicy] {
        let trips: [CircuitPolicy.Trip] = [
            .consecutiveFailures(3),
            .failures(5, within: .milliseconds(20)),
            .failureRate(0.3, over: .calls(20), minimumCalls: 10),
            .failureRate(0.3, over: .time(.milliseconds(10)), minimumCalls: 10),
            .consecutiveFailures(1_000_000),
            .consecutiveFailures(2),
            .consecutiveFailures(2),
        ]
        var policies = Dictionary(uniqueKeysWithValues: zip(ServiceName.flaky, trips.map(flaky)))
        policies["slow"]?.slowCalls = .init(over: .microseconds(300), rate: 0.5)
        policies["leased"]?.halfOpen.probeTimeout = .microseconds(200)
        policies["waiting"]?.halfOpen.overflow = .wait(limit: 4)
        policies[.exact] = exact
        policies[.probed] = probed
        var dependent = flaky(.consecutiveFailures(3))
        dependent.dependsOn = ["in-a-row"]
        policies[.dependent] = dependent
        return policies
    }

    private static func flaky(_ trip: CircuitPolicy.Trip) -> CircuitPolicy {
        var policy = CircuitPolicy()
        policy.trip = trip
        policy.openDuration = .exponential(from: .milliseconds(1), upTo: .milliseconds(4))
        policy.halfOpen = .init(maxProbes: 2, successThreshold: 3, probeTimeout: .seconds(3_600))
        return policy
    }

    private static var exact: CircuitPolicy {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(1_000_000_000)
        return policy
    }

    /// Open at first, and half-open after a moment: no number of successes closes it.
    private static var probed: CircuitPolicy {
        var policy = CircuitPolicy()
        policy.initialState = .open
        policy.openDuration = .constant(.milliseconds(1))
        policy.halfOpen = .init(
            maxProbes: mostProbes,
            successThreshold: 1_000_000_000,
            probeTimeout: .seconds(3_600)
        )
        return policy
    }
}
