internal import Supervision

/// The half-open state: leases, and what the probes' reports add up to (B12, B13).
extension CircuitMachine {
    var hasFreeProbe: Bool {
        // One that is about to open again needs no more probes.
        if case .open = rare.details.decision?.target { return false }
        return rare.details.leases.count < policy.policy.halfOpen.maxProbes
    }

    /// How many calls that wait for a probe can be let go and see.
    var freeProbes: Int {
        if state != .halfOpen { return .max }
        return hasFreeProbe ? policy.policy.halfOpen.maxProbes - rare.details.leases.count : 0
    }

    mutating func addLease(now: RuntimeInstant) -> CircuitLease {
        rare.details.lastProbe += 1
        let end = now.advanced(by: policy.policy.halfOpen.probeTimeout)
        let lease = CircuitLease(probe: rare.details.lastProbe, end: end)
        // At the end, unless the policy has changed to a shorter time meanwhile.
        let index = rare.details.leases.lastIndex { $0.end <= end }.map { $0 + 1 } ?? 0
        rare.details.leases.insert(lease, at: index)
        return lease
    }

    /// A call that was let through while half-open reports.
    mutating func recordProbe(
        _ report: CircuitReport,
        of ticket: CircuitTicket,
        now: RuntimeInstant,
        actions: inout [CircuitAction]
    ) {
        guard let index = rare.details.leases.firstIndex(where: { $0.probe == ticket.probe }) else {
            addLate(now: now, actions: &actions)
            return
        }
        rare.details.leases.remove(at: index)
        actions.append(.cancelLeaseTimer(probe: ticket.probe))
        let isSlow = isSlow(ticket, now: { now })
        count(report, isSlow: isSlow)
        switch report {
        case .success: rare.details.probes.successes += 1
        case .failure(let failure):
            rare.details.probes.failures += 1
            if failure.opensUntilReset {
                decide(.open(untilReset: true), because: .permanentError, since: now)
                return
            }
        case .ignored: return
        }
        if isSlow { rare.details.probes.slow += 1 }
        let retryAfter: Duration? = if case .failure(let failure) = report { failure.retryAfter } else { nil }
        decideOnProbes(failed: .probesFailed, since: now, retryAfter: retryAfter)
    }

    /// Takes back the next lease that has ended by `now`. False when there is none.
    mutating func expireLease(by now: RuntimeInstant, actions: inout [CircuitAction]) -> Bool {
        guard let lease = rare.details.leases.first, lease.end <= now else { return false }
        let halfOpen = policy.policy.halfOpen
        rare.details.leases.removeFirst()
        let isFailure = halfOpen.expiredProbe == .failure
        count(isFailure ? .failure(.init(kind: .expiredProbe)) : .ignored, isSlow: false)
        actions.append(.cancelLeaseTimer(probe: lease.probe))
        let event = CircuitEvent.Kind.leaseExpired(countedAs: halfOpen.expiredProbe, after: halfOpen.probeTimeout)
        actions.append(.publish(event, at: now))
        if isFailure {
            rare.details.probes.failures += 1
            // It failed when its lease ended, so a timer that comes late makes nobody wait longer.
            decideOnProbes(failed: .probeExpired, since: lease.end, retryAfter: nil)
        }
        return true
    }

    private mutating func decideOnProbes(
        failed reason: CircuitTransition.Reason,
        since time: RuntimeInstant,
        retryAfter: Duration?
    ) {
        let probes = rare.details.probes
        switch policy.policy.halfOpen.decision {
        case .successes(let threshold):
            if probes.failures > 0 {
                decide(.open(untilReset: false), because: reason, since: time, retryAfter: retryAfter)
            } else if probes.slow > 0 {
                decide(.open(untilReset: false), because: .probesSlow, since: time)
            } else if probes.successes >= threshold {
                decide(.closed, because: .probesSucceeded, since: time)
            }
        case .failureRate(let rate, over: let number):
            guard probes.judged >= number else { return }
            if Double(probes.failures) / Double(probes.judged) >= rate {
                decide(.open(untilReset: false), because: reason, since: time, retryAfter: retryAfter)
            } else if let slow = policy.policy.slowCalls, Double(probes.slow) / Double(probes.judged) >= slow.rate {
                decide(.open(untilReset: false), because: .probesSlow, since: time)
            } else {
                decide(.closed, because: .probesSucceeded, since: time)
            }
        }
    }
}
