internal import Supervision

/// The closed state: what calls come to, and whether that opens the circuit (B10).
extension CircuitMachine {
    /// A call of the closed circuit reports.
    mutating func judge(_ report: CircuitReport, isSlow: Bool, now: () -> RuntimeInstant) {
        count(report, isSlow: isSlow)
        let failure: CircuitFailure?
        switch report {
        case .ignored: return
        case .success: failure = nil
        case .failure(let reported): failure = reported
        }
        // A decision that is held stands: nothing is judged any more.
        if rare.hasDecision { return }
        let reason = reasonToOpen(failure, isSlow: isSlow, now: now)
        if rare.warmsUp, let end = rare.details.warmUntil, now() < end { return }
        if let failure, failure.opensUntilReset {
            decide(.open(untilReset: true), because: .permanentError, since: now())
        } else if let reason {
            decide(.open(untilReset: false), because: reason, since: now(), retryAfter: failure?.retryAfter)
        } else if case .custom = policy.policy.trip {
            rare.details.asksForTrip = true
            rare.details.retryAfterIfTripped = failure?.retryAfter
        }
    }

    private mutating func reasonToOpen(
        _ failure: CircuitFailure?,
        isSlow: Bool,
        now: () -> RuntimeInstant
    ) -> CircuitTransition.Reason? {
        let byTrip = reasonOfTrip(isFailure: failure != nil, now: now)
        guard let slow = policy.policy.slowCalls else { return byTrip }
        rare.details.slowWindow?.append(isFailure: false, isSlow: isSlow, at: now())
        guard let window = rare.details.slowWindow, byTrip == nil else { return byTrip }
        return window.calls >= slow.minimumCalls && window.slowRate >= slow.rate ? .slowCalls(window.slowRate) : nil
    }

    private mutating func reasonOfTrip(isFailure: Bool, now: () -> RuntimeInstant) -> CircuitTransition.Reason? {
        let counts = isFailure && !isLumped(now: now)
        switch policy.policy.trip {
        case .consecutiveFailures(let threshold):
            let run = consecutiveFailures(isFailure: isFailure, counts: counts)
            return isFailure && run >= threshold ? .consecutiveFailures(run) : nil
        case .failures(let threshold, let duration):
            guard counts else { return nil }
            rare.details.failureTimes?.append(now())
            guard rare.details.failureTimes?.reachesLimit(within: duration, at: now()) == true else { return nil }
            return .failures(threshold, within: duration)
        case .failureRate:
            if isFailure && !counts { return nil }
            return reasonOfRate(isFailure: isFailure, now: now)
        case .custom: return nil
        }
    }

    private mutating func reasonOfRate(isFailure: Bool, now: () -> RuntimeInstant) -> CircuitTransition.Reason? {
        guard let (threshold, minimumCalls) = policy.failureRate else { return nil }
        rare.details.tripWindow?.append(isFailure: isFailure, isSlow: false, at: now())
        let calls = rare.details.tripWindow?.calls ?? 0
        if calls < minimumCalls { return nil }
        let rate = rare.details.tripWindow?.failureRate ?? 0
        return rate >= threshold ? .failureRate(rate, calls: calls) : nil
    }

    /// A success of a circuit with a window, whose rate can reach the threshold by it if it makes up the least number of
    /// calls, or if older successes have left the window.
    mutating func judgeSuccess(now: () -> RuntimeInstant) {
        if policy.isCustom {
            rare.details.retryAfterIfTripped = nil
            if !rare.warmsUp { rare.details.asksForTrip = true } else { judgeWarming(now: now) }
            return
        }
        guard let reason = reasonOfRate(isFailure: false, now: now) else { return }
        if rare.warmsUp, let end = rare.details.warmUntil, now() < end { return }
        decide(.open(untilReset: false), because: reason, since: now())
    }

    private mutating func judgeWarming(now: () -> RuntimeInstant) {
        if let end = rare.details.warmUntil, now() < end { return }
        rare.details.asksForTrip = true
    }

    /// How many failures have counted in a row.
    private mutating func consecutiveFailures(isFailure: Bool, counts: Bool) -> Int {
        if policy.policy.lumpingInterval == .zero { return self.counts.consecutiveFailures }
        if !isFailure {
            rare.details.lumpedFailures = 0
        } else if counts {
            rare.details.lumpedFailures += 1
        }
        return rare.details.lumpedFailures
    }

    /// Whether a failure comes so soon after one that counted that it is the same one.
    private mutating func isLumped(now: () -> RuntimeInstant) -> Bool {
        let interval = policy.policy.lumpingInterval
        if interval == .zero { return false }
        let now = now()
        if let last = rare.details.lastCountedFailure, last.duration(to: now) < interval { return true }
        rare.details.lastCountedFailure = now
        return false
    }

    /// The share of failures that the trip looks at, or of all judged calls when it looks at something else; nil when
    /// there are none.
    func failureRate(now: RuntimeInstant) -> Double? {
        if var window = rare.details.tripWindow {
            window.expire(at: now)
            return window.calls == 0 ? nil : window.failureRate
        }
        let judged = counts.successes + counts.failures
        return judged == 0 ? nil : Double(counts.failures) / Double(judged)
    }

    /// How near the circuit is to what would open it (B27).
    func levels(now: RuntimeInstant) -> [TripLevel] {
        var levels: [TripLevel] = []
        switch policy.policy.trip {
        case .consecutiveFailures(let threshold):
            let run = policy.policy.lumpingInterval == .zero ? counts.consecutiveFailures : rare.details.lumpedFailures
            levels.append(TripLevel(.consecutiveFailures, current: Double(run), threshold: Double(threshold)))
        case .failures(let threshold, let duration):
            let count = rare.details.failureTimes?.count(within: duration, at: now) ?? 0
            levels.append(TripLevel(.failures, current: Double(count), threshold: Double(threshold)))
        case .failureRate(let threshold, _, minimumCalls: _):
            levels.append(TripLevel(.failureRate, current: failureRate(now: now) ?? 0, threshold: threshold))
        case .custom: break
        }
        if let slow = policy.policy.slowCalls, var window = rare.details.slowWindow {
            window.expire(at: now)
            levels.append(TripLevel(.slowCallRate, current: window.slowRate, threshold: slow.rate))
        }
        return levels
    }

    mutating func prepareWindows() {
        switch policy.policy.trip {
        case .failures(let limit, within: _): rare.details.failureTimes = FailureTimes(limit: limit)
        case .failureRate(_, let window, minimumCalls: _): rare.details.tripWindow = CircuitWindow(window)
        case .consecutiveFailures, .custom: break
        }
        if let slow = policy.policy.slowCalls { rare.details.slowWindow = CircuitWindow(slow.window) }
    }

    /// Fits the windows to a policy that is new, and keeps the calls in them where it can.
    mutating func changeWindows(now: RuntimeInstant) {
        if rare.isEmpty {
            prepareWindows()
            return
        }
        let former = (rare.details.failureTimes, rare.details.tripWindow, rare.details.slowWindow)
        rare.details.failureTimes = nil
        rare.details.tripWindow = nil
        rare.details.slowWindow = nil
        prepareWindows()
        if let limit = rare.details.failureTimes?.limit, let times = former.0 {
            rare.details.failureTimes = times.resized(to: limit)
        }
        if case .failureRate(_, let window, minimumCalls: _) = policy.policy.trip, let calls = former.1 {
            rare.details.tripWindow = calls.changed(to: window, at: now)
        }
        if let slow = policy.policy.slowCalls, let calls = former.2 {
            rare.details.slowWindow = calls.changed(to: slow.window, at: now)
        }
    }
}

// MARK: - The ramp

extension CircuitMachine {
    /// Whether a call of the closed circuit is among the share that is let through by now. The share is kept to
    /// evenly: of a tenth, every tenth call gets through.
    mutating func passesRamp(now: () -> RuntimeInstant) -> Bool {
        guard rare.isRamping else { return true }
        guard let ramp = policy.policy.ramp, let start = rare.details.rampStart else {
            rare.details.rampStart = nil
            return true
        }
        let progress = Self.ratio(start.duration(to: now()), ramp.duration)
        if progress >= 1 {
            rare.details.rampStart = nil
            return true
        }
        let share = ramp.initialShare + (1 - ramp.initialShare) * max(0, progress)
        rare.details.rampCredit += share
        // What a sum of shares lacks to a whole by rounding is not to cost a call.
        if rare.details.rampCredit < 1 - 1e-9 { return false }
        rare.details.rampCredit -= 1
        return true
    }

    static func ratio(_ part: Duration, _ whole: Duration) -> Double {
        Double(part.saturatedNanoseconds) / Double(max(1, whole.saturatedNanoseconds))
    }
}
