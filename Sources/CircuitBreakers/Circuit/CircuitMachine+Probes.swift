internal import Supervision

/// The half-open state: leases, and what the probes' reports add up to (B12, B13).
extension CircuitMachine {
    private enum Verdict {
        case undecided, close, open
    }

    /// A call that was let through while half-open reports.
    mutating func recordProbe(
        _ report: CircuitReport,
        of ticket: CircuitTicket,
        now: RuntimeInstant,
        openTime: OpenTime?,
        actions: inout [CircuitAction]
    ) -> Step<Void> {
        if let attempt = expireLeases(upTo: now, openTime: openTime, actions: &actions) {
            return .needsOpenTime(attempt: attempt)
        }
        guard case .halfOpen(var probing) = state, ticket.generation == generation,
            let index = probing.leases.firstIndex(where: { $0.probe == ticket.probe })
        else {
            addLate()
            return .done(())
        }
        probing.leases.remove(at: index)
        switch report {
        case .success: probing.successes += 1
        case .failure: probing.failures += 1
        case .ignored: break
        }
        if case .failure(let failure) = report, failure.opensUntilReset {
            count(report)
            open(since: now, for: nil, because: .permanentError, now: now, actions: &actions)
            return .done(())
        }
        let verdict = verdict(on: probing)
        if verdict == .open, openTime?.attempt != reopenings + 1 {
            return .needsOpenTime(attempt: reopenings + 1)
        }
        count(report)
        update(probing)
        actions.append(.cancelLeaseTimer(probe: ticket.probe))
        let retryAfter: Duration? = if case .failure(let failure) = report { failure.retryAfter } else { nil }
        carryOut(
            verdict,
            since: now,
            openTime: openTime,
            lengthenedTo: retryAfter,
            because: .probesFailed,
            now: now,
            actions: &actions
        )
        return .done(())
    }

    /// Takes back the leases that have ended by `now`, as long as that leaves the circuit half-open. Returns the
    /// attempt whose open time it needs to go on.
    mutating func expireLeases(upTo now: RuntimeInstant, openTime: OpenTime?, actions: inout [CircuitAction]) -> Int? {
        while case .halfOpen(var probing) = state, let lease = probing.leases.first, lease.end <= now {
            probing.leases.removeFirst()
            if halfOpen.expiredProbe == .failure { probing.failures += 1 }
            let verdict = verdict(on: probing)
            if verdict == .open, openTime?.attempt != reopenings + 1 { return reopenings + 1 }

            count(halfOpen.expiredProbe == .failure ? .failure(.init()) : .ignored)
            update(probing)
            actions.append(.cancelLeaseTimer(probe: lease.probe))
            let timeout = halfOpen.probeTimeout
            actions.append(.publish(.leaseExpired(countedAs: halfOpen.expiredProbe, after: timeout), at: now))
            // It failed when its lease ended, so a timer that comes late makes nobody wait longer.
            carryOut(
                verdict,
                since: lease.end,
                openTime: openTime,
                lengthenedTo: nil,
                because: .probeExpired,
                now: now,
                actions: &actions
            )
        }
        return nil
    }

    private mutating func carryOut(
        _ verdict: Verdict,
        since beginning: RuntimeInstant,
        openTime: OpenTime?,
        lengthenedTo retryAfter: Duration?,
        because reason: CircuitTransition.Reason,
        now: RuntimeInstant,
        actions: inout [CircuitAction]
    ) {
        switch verdict {
        case .undecided: break
        case .close: close(now: now, actions: &actions)
        case .open:
            open(
                since: beginning,
                for: openTime,
                lengthenedTo: retryAfter,
                because: reason,
                now: now,
                actions: &actions
            )
        }
    }

    private func verdict(on probing: Probing) -> Verdict {
        switch halfOpen.decision {
        case .successes(let threshold):
            if probing.failures > 0 { return .open }
            return probing.successes >= threshold ? .close : .undecided
        case .failureRate(let rate, over: let probes):
            let judged = probing.successes + probing.failures
            guard judged >= probes else { return .undecided }
            return Double(probing.failures) / Double(judged) >= rate ? .open : .close
        }
    }
}
