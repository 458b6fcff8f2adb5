internal import Supervision

extension CircuitPolicy {
    /// The most calls that a window holds, and the most failures that are counted within a time: each is remembered.
    static let maxWindow = 100_000

    /// Checks every value of the policy (B24). Its functions are not called.
    ///
    /// What a service may depend on is checked by ``validate(default:policies:)``, which knows the other services.
    ///
    /// - Throws: the first ``InvalidCircuitPolicy`` that it finds.
    public func validate() throws(InvalidCircuitPolicy) {
        try trip.validate()
        try slowCalls?.validate()
        try validateOpenTime()
        try halfOpen.validate()
        try ramp?.validate()
        try flapping.validate()
        try Self.require(
            minTransitionInterval.isZeroOrMore,
            "minTransitionInterval",
            minTransitionInterval.shortDescription,
            "0 s or more",
            "use 0 s to hold no transition"
        )
        try Self.require(
            clearInterval?.isOverZero ?? true,
            "clearInterval",
            (clearInterval ?? .zero).shortDescription,
            "over 0 s, or none",
            "set none to keep the counts of a closed circuit"
        )
        try Self.require(
            lumpingInterval.isZeroOrMore,
            "lumpingInterval",
            lumpingInterval.shortDescription,
            "0 s or more",
            "use 0 s to count each failure"
        )
        try Self.require(
            warmUp.isZeroOrMore,
            "warmUp",
            warmUp.shortDescription,
            "0 s or more",
            "use 0 s to judge the circuit from the start"
        )
    }

    private func validateOpenTime() throws(InvalidCircuitPolicy) {
        try Self.require(
            openDuration.cap.isOverZero,
            "openDuration",
            openDuration.cap.shortDescription,
            "over 0 s",
            "an open circuit without a time to rest protects nothing; use some seconds, or disable the circuit"
        )
        try Self.require(
            attemptDecay?.isOverZero ?? true,
            "attemptDecay",
            (attemptDecay ?? .zero).shortDescription,
            "over 0 s, or none",
            "set none to begin the attempts again when the circuit closes"
        )
        try Self.require(
            maxRetryAfter.isZeroOrMore,
            "maxRetryAfter",
            maxRetryAfter.shortDescription,
            "0 s or more",
            "use 0 s to pay no heed to the retryAfter of an error"
        )
    }

    fileprivate static func require(
        _ isValid: Bool,
        _ field: String,
        _ value: @autoclosure () -> String,
        _ allowed: @autoclosure () -> String,
        _ remedy: @autoclosure () -> String
    ) throws(InvalidCircuitPolicy) {
        if isValid { return }
        throw InvalidCircuitPolicy(field: field, value: value(), allowed: allowed(), remedy: remedy())
    }

    fileprivate static func requireShare(
        _ share: Double,
        _ field: String,
        _ remedy: String
    ) throws(InvalidCircuitPolicy) {
        // Written so that NaN, which compares false with everything, is refused.
        try require(share > 0 && share <= 1, field, "\(share)", "over 0, up to 1", remedy)
    }

    fileprivate static func requireOneOrMore(
        _ count: Int,
        upTo limit: Int? = nil,
        _ field: String,
        _ remedy: String
    ) throws(InvalidCircuitPolicy) {
        try require(
            count >= 1 && count <= limit ?? .max,
            field,
            "\(count)",
            limit.map { "1 to \($0)" } ?? "1 or more",
            remedy
        )
    }

    /// Checks a window of calls or time, and the number of calls from which on it is judged.
    fileprivate static func requireWindow(
        _ window: Window,
        minimumCalls: Int,
        of group: String
    ) throws(InvalidCircuitPolicy) {
        switch window {
        case .calls(let size):
            try requireOneOrMore(size, upTo: maxWindow, "\(group).calls", "take the rate over the latest 100 calls")
            try requireOneOrMore(
                minimumCalls,
                upTo: size,
                "\(group).minimumCalls",
                "a window of \(size) never holds more calls than that; lower minimumCalls or widen the window"
            )
        case .time(let duration):
            try require(
                duration.isOverZero,
                "\(group).time",
                duration.shortDescription,
                "over 0 s",
                "take the rate over the latest 60 s"
            )
            try requireOneOrMore(minimumCalls, "\(group).minimumCalls", "use 10 to judge by no fewer calls than that")
        }
    }
}

extension CircuitPolicy.Trip {
    fileprivate func validate() throws(InvalidCircuitPolicy) {
        switch self {
        case .consecutiveFailures(let count):
            try CircuitPolicy.requireOneOrMore(
                count,
                "trip.consecutiveFailures",
                "use 1 to open at the first failure, or disable the circuit if it must never open"
            )
        case .failures(let count, let time):
            try CircuitPolicy.requireOneOrMore(
                count,
                upTo: CircuitPolicy.maxWindow,
                "trip.failures.count",
                "each failure is remembered; for more than that judge by a rate"
            )
            try CircuitPolicy.require(
                time.isOverZero,
                "trip.failures.within",
                time.shortDescription,
                "over 0 s",
                "say within which time the failures count together"
            )
        case .failureRate(let rate, over: let window, let minimumCalls):
            try CircuitPolicy.requireShare(
                rate,
                "trip.failureRate.rate",
                "use 0.5 to open when half of the calls fail; a rate of 0 would open at a success"
            )
            try CircuitPolicy.requireWindow(window, minimumCalls: minimumCalls, of: "trip.failureRate")
        case .custom: break
        }
    }
}

extension CircuitPolicy.SlowCalls {
    fileprivate func validate() throws(InvalidCircuitPolicy) {
        try CircuitPolicy.require(
            duration.isOverZero,
            "slowCalls.duration",
            duration.shortDescription,
            "over 0 s",
            "say from which time on a call is slow, or set no slowCalls"
        )
        try CircuitPolicy.requireShare(rate, "slowCalls.rate", "use 1 to open when every call is slow")
        try CircuitPolicy.requireWindow(window, minimumCalls: minimumCalls, of: "slowCalls")
    }
}

extension CircuitPolicy.HalfOpen {
    fileprivate func validate() throws(InvalidCircuitPolicy) {
        try CircuitPolicy.requireOneOrMore(
            maxProbes,
            "halfOpen.maxProbes",
            "a half-open circuit without probes never closes; use 1 to probe with one call at a time"
        )
        switch decision {
        case .successes(let threshold):
            try CircuitPolicy.requireOneOrMore(
                threshold,
                "halfOpen.successThreshold",
                "use 1 to close after the first success"
            )
        case .failureRate(let rate, over: let probes):
            try CircuitPolicy.requireShare(
                rate,
                "halfOpen.failureRate.rate",
                "use 0.5 to open again when half of the probes fail; a rate of 0 would never close"
            )
            try CircuitPolicy.requireOneOrMore(probes, "halfOpen.failureRate.over", "say how many probes decide")
        }
        try CircuitPolicy.require(
            probeTimeout.isOverZero,
            "halfOpen.probeTimeout",
            probeTimeout.shortDescription,
            "over 0 s",
            "give a probe at least as long as a slow but good call takes"
        )
        if case .wait(let limit) = overflow {
            try CircuitPolicy.require(
                limit >= 0,
                "halfOpen.waitLimit",
                "\(limit)",
                "0 or more",
                "use 0 to reject calls that find no free probe"
            )
        }
    }
}

extension CircuitPolicy.Ramp {
    fileprivate func validate() throws(InvalidCircuitPolicy) {
        try CircuitPolicy.require(
            duration.isOverZero,
            "ramp.duration",
            duration.shortDescription,
            "over 0 s",
            "say how long traffic takes to come back, or set no ramp"
        )
        try CircuitPolicy.requireShare(initialShare, "ramp.initialShare", "use 0.1 to begin with a tenth of the calls")
    }
}

extension FlappingAlarm.Rule {
    fileprivate func validate() throws(InvalidCircuitPolicy) {
        try CircuitPolicy.requireOneOrMore(
            openings,
            upTo: CircuitPolicy.maxWindow,
            "flapping.openings",
            "each opening is remembered; use 3 to hear of a circuit that opens again and again"
        )
        try CircuitPolicy.require(
            period.isOverZero,
            "flapping.within",
            period.shortDescription,
            "over 0 s",
            "say within which time the openings count together"
        )
        try CircuitPolicy.requireOneOrMore(
            quietChecks,
            "flapping.quietChecks",
            "use 1 to clear the alarm at the first check that finds the circuit quiet"
        )
        try CircuitPolicy.require(
            checkInterval.isOverZero,
            "flapping.checkInterval",
            checkInterval.shortDescription,
            "over 0 s",
            "say how often a flapping circuit is checked"
        )
    }
}

extension Duration {
    fileprivate var isOverZero: Bool { self > .zero }
    fileprivate var isZeroOrMore: Bool { self >= .zero }
}
