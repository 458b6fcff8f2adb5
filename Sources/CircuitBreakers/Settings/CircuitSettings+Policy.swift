internal import Supervision

extension CircuitSettings {
    /// The policy, with what these settings say instead of its own. Its functions stay.
    ///
    /// Of a rate, a ramp and slow calls the settings may say a part when the policy has the rest. An open time is
    /// replaced as a whole.
    ///
    /// - Throws: ``InvalidCircuitSetting`` when a part is missing, or the policy that comes of it is invalid
    ///   (``CircuitPolicy/validate()``).
    public func applied(to policy: CircuitPolicy) throws(InvalidCircuitSetting) -> CircuitPolicy {
        try Self.keys.checkChoices(of: self)
        var result = policy
        result.trip = try trip.applied(to: policy.trip)
        result.slowCalls = try slowCalls.applied(to: policy.slowCalls)
        result.openDuration = try openDuration.backoff() ?? policy.openDuration
        halfOpen.apply(to: &result.halfOpen)
        result.halfOpen.decision = try halfOpen.decision(over: policy.halfOpen.decision)
        result.ramp = try ramp.applied(to: policy.ramp)
        attemptDecay?.set(&result.attemptDecay)
        clearInterval?.set(&result.clearInterval)
        result.minTransitionInterval = minTransitionInterval ?? policy.minTransitionInterval
        result.lumpingInterval = lumpingInterval ?? policy.lumpingInterval
        result.warmUp = warmUp ?? policy.warmUp
        result.initialState = initialState ?? policy.initialState
        result.dependsOn = dependsOn ?? policy.dependsOn
        result.maxRetryAfter = maxRetryAfter ?? policy.maxRetryAfter
        result.permanentErrors = permanentErrors ?? policy.permanentErrors
        result.cancellation = cancellation ?? policy.cancellation
        result.deadline = deadline ?? policy.deadline
        flapping.apply(to: &result.flapping)
        do {
            try result.validate()
        } catch {
            throw InvalidCircuitSetting(error)
        }
        return result
    }
}

extension CircuitSettings.Interval {
    fileprivate func set(_ duration: inout Duration?) {
        switch self {
        case .off: duration = nil
        case .after(let time): duration = time
        }
    }

    /// The duration; nil for off.
    var duration: Duration? {
        if case .after(let duration) = self { duration } else { nil }
    }
}

// MARK: - What opens a circuit

extension CircuitSettings.Trip {
    fileprivate func applied(to base: CircuitPolicy.Trip) throws(InvalidCircuitSetting) -> CircuitPolicy.Trip {
        if let consecutiveFailures { return .consecutiveFailures(consecutiveFailures) }
        if failures != .init() { return try failures.applied(to: base) }
        if failureRate != .init() { return try failureRate.applied(to: base) }
        return base
    }
}

extension CircuitSettings.Failures {
    fileprivate func applied(to base: CircuitPolicy.Trip) throws(InvalidCircuitSetting) -> CircuitPolicy.Trip {
        var (count, time) = (count, within)
        if case .failures(let baseCount, within: let baseTime) = base {
            count = count ?? baseCount
            time = time ?? baseTime
        }
        guard let count else {
            throw .missing("trip.failures.count", "1 to \(CircuitPolicy.maxWindow)", because: "say how many failures")
        }
        guard let time else {
            throw .missing("trip.failures.within", "over 0 s", because: "say within which time they count together")
        }
        return .failures(count, within: time)
    }
}

/// The window of the two settings that say one, if one of them does.
private func window(_ calls: Int?, _ time: Duration?) -> CircuitPolicy.Window? {
    calls.map { .calls($0) } ?? time.map { .time($0) }
}

extension CircuitSettings.FailureRate {
    fileprivate func applied(to base: CircuitPolicy.Trip) throws(InvalidCircuitSetting) -> CircuitPolicy.Trip {
        var (rate, window, minimumCalls) = (rate, window(calls, time), minimumCalls)
        if case .failureRate(let baseRate, over: let baseWindow, minimumCalls: let baseMinimum) = base {
            rate = rate ?? baseRate
            window = window ?? baseWindow
            minimumCalls = minimumCalls ?? baseMinimum
        }
        guard let rate else {
            throw .missing("trip.failureRate.rate", "over 0, up to 1", because: "say which share of failures opens it")
        }
        guard let window else {
            throw .missing(
                "trip.failureRate.calls",
                "1 to \(CircuitPolicy.maxWindow)",
                because: "say over how many calls the rate is taken, or over how much time with 'time'"
            )
        }
        return .failureRate(rate, over: window, minimumCalls: minimumCalls ?? window.standardMinimumCalls)
    }
}

extension CircuitPolicy.Window {
    fileprivate var standardMinimumCalls: Int {
        CircuitPolicy.SlowCalls(over: .zero, rate: 1, window: self).minimumCalls
    }
}

extension CircuitSettings.SlowCalls {
    fileprivate func applied(
        to base: CircuitPolicy.SlowCalls?
    ) throws(InvalidCircuitSetting) -> CircuitPolicy.SlowCalls? {
        if self == .init() { return base }
        if enabled == false { return nil }
        guard let duration = duration ?? base?.duration else {
            throw .missing("slowCalls.duration", "over 0 s", because: "say from which time on a call is slow")
        }
        guard let rate = rate ?? base?.rate else {
            throw .missing("slowCalls.rate", "over 0, up to 1", because: "say which share of slow calls opens it")
        }
        let window = window(calls, time) ?? base?.window ?? .calls(100)
        return .init(
            over: duration,
            rate: rate,
            window: window,
            minimumCalls: minimumCalls ?? base?.minimumCalls
        )
    }
}

// MARK: - How long it stays open

extension CircuitSettings.OpenDuration {
    /// The open time that is said; nil when none is.
    fileprivate func backoff() throws(InvalidCircuitSetting) -> Backoff? {
        if let constant { return .constant(constant) }
        if exponential != .init() { return try exponential.backoff() }
        if linear != .init() { return try linear.backoff() }
        if table != .init() { return try table.backoff() }
        return nil
    }

    /// The time of a key, which must be there and over zero, or not below another one.
    fileprivate static func require(
        _ duration: Duration?,
        _ key: String,
        atLeast least: Duration = .nanoseconds(1)
    ) throws(InvalidCircuitSetting) -> Duration {
        let allowed = least > .nanoseconds(1) ? "\(least.shortDescription) or more" : "over 0 s"
        guard let duration else { throw .missing(key, allowed, because: "say it: an open time is given as a whole") }
        if duration >= least { return duration }
        throw InvalidCircuitSetting(
            key: key,
            value: duration.shortDescription,
            allowed: allowed,
            remedy: "a circuit must rest for some time, and upTo is the longest of its times"
        )
    }

    fileprivate static func requireJitter(_ jitter: Double, _ key: String) throws(InvalidCircuitSetting) -> Double {
        if jitter >= 0 && jitter <= 1 { return jitter }
        throw InvalidCircuitSetting(
            key: key,
            value: "\(jitter)",
            allowed: "0 to 1",
            remedy: "use 0 to draw nothing by chance, and 1 to draw all of the time"
        )
    }
}

extension CircuitSettings.Exponential {
    fileprivate func backoff() throws(InvalidCircuitSetting) -> Backoff {
        let key = "openDuration.exponential"
        let from = try CircuitSettings.OpenDuration.require(from, "\(key).from")
        let upTo = try CircuitSettings.OpenDuration.require(upTo, "\(key).upTo", atLeast: from)
        let factor = factor ?? 2
        guard factor >= 1, factor.isFinite else {
            throw InvalidCircuitSetting(
                key: "\(key).factor",
                value: "\(factor)",
                allowed: "1 or more",
                remedy: "use 2 to double the time at each attempt, and 1 to keep it"
            )
        }
        let jitter = try CircuitSettings.OpenDuration.requireJitter(jitter ?? 1, "\(key).jitter")
        return .exponential(from: from, upTo: upTo, factor: factor, jitter: jitter)
    }
}

extension CircuitSettings.Linear {
    fileprivate func backoff() throws(InvalidCircuitSetting) -> Backoff {
        let key = "openDuration.linear"
        let from = try CircuitSettings.OpenDuration.require(from, "\(key).from")
        let step = try CircuitSettings.OpenDuration.require(step, "\(key).step")
        let upTo = try CircuitSettings.OpenDuration.require(upTo, "\(key).upTo", atLeast: from)
        let jitter = try CircuitSettings.OpenDuration.requireJitter(jitter ?? 1, "\(key).jitter")
        return .linear(from: from, step: step, upTo: upTo, jitter: jitter)
    }
}

extension CircuitSettings.Table {
    fileprivate func backoff() throws(InvalidCircuitSetting) -> Backoff {
        let key = "openDuration.table"
        guard let delays, let longest = delays.max() else {
            throw .missing("\(key).delays", "one time or more", because: "list the time of each attempt")
        }
        for delay in delays { _ = try CircuitSettings.OpenDuration.require(delay, "\(key).delays") }
        let upTo: Duration? =
            if let upTo { try CircuitSettings.OpenDuration.require(upTo, "\(key).upTo", atLeast: longest) } else { nil }
        let jitter = try CircuitSettings.OpenDuration.requireJitter(jitter ?? 0, "\(key).jitter")
        return .table(delays, upTo: upTo ?? longest, jitter: jitter)
    }
}

// MARK: - How it closes

extension CircuitSettings.HalfOpen {
    fileprivate func apply(to base: inout CircuitPolicy.HalfOpen) {
        base.maxProbes = maxProbes ?? base.maxProbes
        base.probeTimeout = probeTimeout ?? base.probeTimeout
        base.expiredProbe = expiredProbe ?? base.expiredProbe
        if let waitLimit { base.overflow = waitLimit == 0 ? .reject : .wait(limit: waitLimit) }
    }

    fileprivate func decision(
        over base: CircuitPolicy.HalfOpen.Decision
    ) throws(InvalidCircuitSetting) -> CircuitPolicy.HalfOpen.Decision {
        if let successThreshold { return .successes(successThreshold) }
        if failureRate == .init() { return base }
        var (rate, probes) = (failureRate.rate, failureRate.over)
        if case .failureRate(let baseRate, over: let baseProbes) = base {
            rate = rate ?? baseRate
            probes = probes ?? baseProbes
        }
        guard let rate else {
            throw .missing("halfOpen.failureRate.rate", "over 0, up to 1", because: "say which share opens it again")
        }
        guard let probes else {
            throw .missing("halfOpen.failureRate.over", "1 or more", because: "say how many probes decide")
        }
        return .failureRate(rate, over: probes)
    }
}

extension CircuitSettings.Flapping {
    fileprivate func apply(to base: inout FlappingAlarm.Rule) {
        base.openings = openings ?? base.openings
        base.period = within ?? base.period
        base.quietChecks = quietChecks ?? base.quietChecks
        base.checkInterval = checkInterval ?? base.checkInterval
    }
}

extension CircuitSettings.Ramp {
    fileprivate func applied(to base: CircuitPolicy.Ramp?) throws(InvalidCircuitSetting) -> CircuitPolicy.Ramp? {
        if self == .init() { return base }
        if enabled == false { return nil }
        guard let duration = duration ?? base?.duration else {
            throw .missing("ramp.duration", "over 0 s", because: "say how long traffic takes to come back")
        }
        return .init(over: duration, from: initialShare ?? base?.initialShare ?? 0.1)
    }
}
