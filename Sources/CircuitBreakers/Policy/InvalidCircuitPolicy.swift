internal import Supervision

/// A policy that no circuit can follow: which field, what it says, what it may say, and what to do.
public struct InvalidCircuitPolicy: Error, Sendable, Hashable {
    /// The service whose policy it is; nil for the policy of all services that have none of their own.
    public var service: ServiceName?
    /// The field, as it is written in Swift.
    public var field: String
    /// The value that it has.
    public var value: String
    /// The values that it may have.
    public var allowed: String
    /// What to do about it.
    public var remedy: String
}

extension InvalidCircuitPolicy: CustomStringConvertible {
    /// One line with the owner, the field, its value, what is allowed and the remedy.
    public var description: String {
        let owner = service.map { "the policy of '\($0)'" } ?? "the circuit policy"
        return "\(owner) is invalid: \(field) is \(value), allowed is \(allowed); \(remedy)"
    }
}

extension CircuitPolicy {
    /// Checks every value of the policy but the open time, which a ``Supervision/Backoff`` keeps within its bounds.
    ///
    /// - Throws: the first ``InvalidCircuitPolicy`` that it finds.
    public func validate() throws(InvalidCircuitPolicy) {
        switch trip {
        case .failures, .failureRate, .custom: break
        case .consecutiveFailures(let count):
            try Self.require(
                count >= 1,
                "trip: .consecutiveFailures",
                "\(count)",
                "1 or more",
                "use 1 to open at the first failure, or disable the circuit if it must never open"
            )
        }
        try Self.require(
            maxRetryAfter >= .zero,
            "maxRetryAfter",
            maxRetryAfter.shortDescription,
            "0 s or more",
            "use .zero to pay no heed to the retryAfter of an error"
        )
        try halfOpen.validate()
    }

    fileprivate static func require(
        _ isValid: Bool,
        _ field: String,
        _ value: @autoclosure () -> String,
        _ allowed: String,
        _ remedy: String
    ) throws(InvalidCircuitPolicy) {
        if isValid { return }
        throw InvalidCircuitPolicy(service: nil, field: field, value: value(), allowed: allowed, remedy: remedy)
    }
}

extension CircuitPolicy.HalfOpen {
    fileprivate func validate() throws(InvalidCircuitPolicy) {
        try CircuitPolicy.require(
            maxProbes >= 1,
            "halfOpen.maxProbes",
            "\(maxProbes)",
            "1 or more",
            "a half-open circuit without probes never closes; use 1 to probe with one call at a time"
        )
        switch decision {
        case .successes(let threshold):
            try CircuitPolicy.require(
                threshold >= 1,
                "halfOpen.successThreshold",
                "\(threshold)",
                "1 or more",
                "use 1 to close after the first success"
            )
        case .failureRate(let rate, over: let probes):
            // Written so that NaN, which compares false with everything, is refused.
            try CircuitPolicy.require(
                rate > 0 && rate <= 1,
                "halfOpen.failureRate",
                "\(rate)",
                "over 0, up to 1",
                "use 0.5 to open again when half of the probes fail; a rate of 0 would never close"
            )
            try CircuitPolicy.require(
                probes >= 1,
                "halfOpen.failureRate(over:)",
                "\(probes)",
                "1 or more",
                "say how many probes decide"
            )
        }
        try CircuitPolicy.require(
            probeTimeout > .zero,
            "halfOpen.probeTimeout",
            probeTimeout.shortDescription,
            "over 0 s",
            "give a probe at least as long as a slow but good call takes"
        )
    }
}
