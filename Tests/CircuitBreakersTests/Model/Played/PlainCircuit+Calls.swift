import CircuitBreakers

/// Calls: let through or not, and what they come to.
extension PlainCircuit {
    mutating func acquire(_ call: Int, obstacle: (ServiceName, retryAfter: Int?)?, _ now: Int) -> Answer {
        settle(now)
        let answer = answer(obstacle, now)
        guard answer == .admitted else {
            counts.rejected += 1
            return answer
        }
        counts.calls += 1
        inFlight[call] = Begun(time: now, policy: policy)
        awaited.insert(call)
        if state == .halfOpen { leases.append((call, now + policy.lease)) }
        return .admitted
    }

    private mutating func answer(_ obstacle: (ServiceName, retryAfter: Int?)?, _ now: Int) -> Answer {
        switch state {
        case .disabled, .metricsOnly: return .admitted
        case .open, .forcedOpen:
            let retryAfter = state == .open ? openUntil.map { $0 - now } : nil
            return .open(retryAfter: retryAfter, lastFailure: lastFailure)
        case .closed, .halfOpen: break
        }
        if let obstacle { return .dependencyOpen(obstacle.0, retryAfter: obstacle.retryAfter) }
        if state == .closed { return passesRamp(now) ? .admitted : .recovering }
        // One that is about to open again needs no more probes.
        return decided?.opens != true && leases.count < policy.maxProbes ? .admitted : .noFreeProbe
    }

    private mutating func passesRamp(_ now: Int) -> Bool {
        guard var passing = ramp, let rule = policy.ramp, now - passing.start < rule.seconds else {
            ramp = nil
            return true
        }
        defer { ramp = passing }
        let first = Double(rule.quarters) / 4
        passing.shares += first + (1 - first) * Double(now - passing.start) / Double(rule.seconds)
        guard passing.shares + 1e-6 >= Double(passing.passed + 1) else { return false }
        passing.passed += 1
        return true
    }

    mutating func report(_ report: Report, of call: Int, _ now: Int) {
        settle(now)
        defer { settle(now) }
        let begun = inFlight.removeValue(forKey: call) ?? Begun(time: now, policy: policy)
        guard awaited.remove(call) != nil else {
            counts.late += 1
            return
        }
        let isSlow = policy.slow.map { now - begun.time >= $0.seconds } ?? false
        switch state {
        case .closed:
            count(report, isSlow: isSlow)
            judge(report, isSlow: isSlow, begun.policy, now)
        case .halfOpen:
            leases.removeAll { $0.call == call }
            count(report, isSlow: isSlow)
            judgeProbe(report, isSlow: isSlow, begun.policy, now)
        case .metricsOnly: count(report, isSlow: isSlow)
        case .disabled, .open, .forcedOpen: break
        }
    }

    private mutating func count(_ report: Report, isSlow: Bool) {
        switch report {
        case .success:
            counts.successes += 1
            counts.consecutiveFailures = 0
        case .failure(let number), .retryable(let number, after: _), .permanent(let number):
            counts.failures += 1
            counts.consecutiveFailures += 1
            lastFailure = number
        case .ignored: counts.ignored += 1
        }
        if isSlow, report != .ignored { counts.slow += 1 }
    }
}

extension PlainCircuit.Report {
    var isFailure: Bool { self != .success && self != .ignored }
}

// MARK: - Judging

extension PlainPolicy {
    /// What the error of a call says of the open time, by the policy under which the call began.
    fileprivate func retryAfter(of report: PlainCircuit.Report) -> Int {
        if case .retryable(_, let seconds) = report { min(seconds, maxRetryAfter) } else { 0 }
    }

    fileprivate func opensUntilReset(_ report: PlainCircuit.Report) -> Bool {
        if case .permanent = report { permanentOpens } else { false }
    }
}

extension PlainCircuit {
    private mutating func judge(_ report: Report, isSlow: Bool, _ former: PlainPolicy, _ now: Int) {
        if report == .ignored || decided != nil { return }
        let byTrip = reasonOfTrip(report.isFailure, now)
        let bySlowness = reasonOfSlowness(isSlow, now)
        if now < warmUntil { return }
        if former.opensUntilReset(report) {
            decide(opens: true, untilReset: true, .permanentError, since: now)
        } else if let reason = byTrip ?? bySlowness ?? reasonOfItsOwn() {
            decide(opens: true, reason, since: now, retryAfter: former.retryAfter(of: report))
        }
    }

    private mutating func reasonOfTrip(_ isFailure: Bool, _ now: Int) -> CircuitTransition.Reason? {
        var isAnother = false
        if isFailure {
            isAnother = lastCounted.map { now - $0 >= policy.lumping } ?? true
            if isAnother { lastCounted = now }
        }
        if !isFailure { countedRun = 0 } else if isAnother { countedRun += 1 }
        if isFailure == isAnother { judgedByTrip.append(Judged(time: now, isFailure: isFailure)) }
        switch policy.trip {
        case .run(let limit):
            return isFailure && countedRun >= limit ? .consecutiveFailures(countedRun) : nil
        case .failures(let limit, let seconds):
            let failures = judgedByTrip.count { $0.isFailure && now - $0.time < seconds }
            return isAnother && failures >= limit ? .failures(limit, within: .seconds(seconds)) : nil
        case .rate(let quarters, let window, let minimum):
            let calls = window.view(of: judgedByTrip, now)
            let failures = calls.count(where: \.isFailure)
            guard isFailure == isAnother, calls.count >= minimum, 4 * failures >= quarters * calls.count else {
                return nil
            }
            return .failureRate(Double(failures) / Double(calls.count), calls: calls.count)
        case .custom: return nil
        }
    }

    /// The policy's function is asked when nothing else has opened it.
    private func reasonOfItsOwn() -> CircuitTransition.Reason? {
        if case .custom(let limit) = policy.trip, counts.failures >= limit { .customTrip } else { nil }
    }

    private mutating func reasonOfSlowness(_ isSlow: Bool, _ now: Int) -> CircuitTransition.Reason? {
        guard let slow = policy.slow else { return nil }
        judgedForSlowness.append(Judged(time: now, isFailure: false, isSlow: isSlow))
        let calls = slow.window.view(of: judgedForSlowness, now)
        let slowCalls = calls.count(where: \.isSlow)
        guard calls.count >= slow.minimum, 4 * slowCalls >= slow.quarters * calls.count else { return nil }
        return .slowCalls(Double(slowCalls) / Double(calls.count))
    }

    private mutating func judgeProbe(_ report: Report, isSlow: Bool, _ former: PlainPolicy, _ now: Int) {
        if report == .ignored { return }
        probes.append(Judged(time: now, isFailure: report.isFailure, isSlow: isSlow))
        if former.opensUntilReset(report) {
            decide(opens: true, untilReset: true, .permanentError, since: now)
        } else {
            decideOnProbes(.probesFailed, since: now, retryAfter: former.retryAfter(of: report))
        }
    }

    mutating func decideOnProbes(_ failed: CircuitTransition.Reason, since: Int, retryAfter: Int = 0) {
        let failures = probes.count(where: \.isFailure)
        let slow = probes.count(where: \.isSlow)
        switch policy.decision {
        case .successes(let limit):
            if failures > 0 {
                decide(opens: true, failed, since: since, retryAfter: retryAfter)
            } else if slow > 0 {
                decide(opens: true, .probesSlow, since: since)
            } else if probes.count >= limit {
                decide(opens: false, .probesSucceeded, since: since)
            }
        case .failures(let quarters, let number):
            guard probes.count >= number else { return }
            if 4 * failures >= quarters * probes.count {
                decide(opens: true, failed, since: since, retryAfter: retryAfter)
            } else if let rule = policy.slow, 4 * slow >= rule.quarters * probes.count {
                decide(opens: true, .probesSlow, since: since)
            } else {
                decide(opens: false, .probesSucceeded, since: since)
            }
        }
    }
}

extension PlainPolicy.Window {
    /// Those of the calls that are in the window.
    func view(of calls: [PlainCircuit.Judged], _ now: Int) -> [PlainCircuit.Judged] {
        switch self {
        case .calls(let size): calls.suffix(size)
        case .seconds(let seconds): calls.filter { now - $0.time < seconds }
        }
    }
}

// MARK: - Operators

extension PlainCircuit {
    mutating func reset(_ now: Int) {
        settle(now)
        go(to: .closed, .reset, now)
        attempt = nil
        settle(now)
    }

    mutating func override(_ next: CircuitState, _ now: Int) {
        settle(now)
        if state != next { go(to: next, .overridden, now) }
        if next == .forcedOpen { forcedByOperator = true }
        settle(now)
    }

    mutating func enable(_ now: Int) {
        settle(now)
        if [.forcedOpen, .disabled, .metricsOnly].contains(state) {
            go(to: .closed, .enabled, now)
            attempt = nil
        }
        settle(now)
    }

    mutating func isolate(_ isolation: Int, _ now: Int) {
        settle(now)
        if state != .forcedOpen {
            let found = state
            go(to: .forcedOpen, .isolated, now)
            isolatedState = found
        }
        isolations.insert(isolation)
        settle(now)
    }

    mutating func endIsolation(_ isolation: Int, _ now: Int) {
        settle(now)
        guard isolations.remove(isolation) != nil, isolations.isEmpty, !forcedByOperator else { return }
        if let state = isolatedState, state == .disabled || state == .metricsOnly {
            go(to: state, .overridden, now)
        } else {
            enable(now)
        }
    }

    /// Goes on by another policy: windows of another kind begin anew, others keep what they had in view.
    mutating func follow(_ next: PlainPolicy, _ now: Int) {
        switch (policy.trip, next.trip) {
        case (.failures(let limit, within: _), .failures):
            judgedByTrip = judgedByTrip.filter(\.isFailure).suffix(limit)
        case (.rate(_, let window, _), .rate(_, let other, _)) where window.isKind(of: other):
            judgedByTrip = window.view(of: judgedByTrip, now)
        default: judgedByTrip = []
        }
        if let former = policy.slow?.window, let other = next.slow?.window {
            judgedForSlowness = former.isKind(of: other) ? former.view(of: judgedForSlowness, now) : []
        }
        policy = next
        settle(now)
    }
}

extension PlainPolicy.Window {
    fileprivate func isKind(of other: Self) -> Bool {
        switch (self, other) {
        case (.calls, .calls), (.seconds, .seconds): true
        default: false
        }
    }
}
