internal import Supervision

/// Decisions to open or to close: made once, carried out as soon as that may be (B16, B17).
extension CircuitMachine {
    /// Decides what becomes of the circuit, unless that has been decided.
    mutating func decide(
        _ target: CircuitDecision.Target,
        because reason: CircuitTransition.Reason,
        since beginning: RuntimeInstant,
        retryAfter: Duration? = nil
    ) {
        if rare.hasDecision { return }
        let earliest = rare.details.lastTransition?.advanced(by: policy.policy.minTransitionInterval)
        rare.details.decision = CircuitDecision(
            target: target,
            reason: reason,
            notBefore: earliest.map { max($0, beginning) } ?? beginning,
            retryAfter: retryAfter
        )
    }

    /// Carries a decision out if it is time, and asks for the open time that it needs.
    mutating func carryOut(
        _ decision: CircuitDecision,
        now: RuntimeInstant,
        actions: inout [CircuitAction]
    ) -> CircuitQuestion? {
        guard decision.notBefore <= now else {
            if !decision.isAnnounced {
                rare.details.decision?.isAnnounced = true
                actions.append(.armResetTimer(at: decision.notBefore, generation: generation))
            }
            return nil
        }
        switch decision.target {
        case .closed:
            move(to: .closed, because: decision.reason, now: now, actions: &actions)
            rare.details.closedByProbes = now
            if let ramp = policy.policy.ramp {
                rare.details.rampStart = now
                // So that the first call gets through.
                rare.details.rampCredit = 1 - ramp.initialShare
            }
        case .open(untilReset: true):
            move(to: .open, because: decision.reason, now: now, actions: &actions)
        case .open(untilReset: false):
            guard let openTime = decision.openTime else {
                // Whoever is asked first answers. Until then nobody else is held up: it may be slow, and it may call.
                if decision.isAsked { return nil }
                rare.details.decision?.isAsked = true
                let attempt = nextAttempt(at: decision.notBefore)
                let opening = CircuitQuestion.Opening(
                    attempt: attempt,
                    counts: counts,
                    failureRate: failureRate(now: now) ?? 0
                )
                return .openTime(opening, generation: generation)
            }
            if let trouble = openTime.trouble { actions.append(.publish(.backoffTrouble(trouble), at: now)) }
            // Open is not left sooner than another transition may happen.
            let least = max(decision.retryAfter ?? .zero, policy.policy.minTransitionInterval)
            let duration = max(openTime.duration, least)
            rare.details.attempt = openTime.attempt
            let end = decision.notBefore.advanced(by: duration)
            move(to: .open, until: end, openFor: duration, because: decision.reason, now: now, actions: &actions)
        }
        return nil
    }

    /// The number of the attempt if the circuit opens now.
    private func nextAttempt(at time: RuntimeInstant) -> Int {
        let last = rare.details.attempt
        if state == .halfOpen { return last.map { $0 + 1 } ?? 0 }
        guard let last, let decay = policy.policy.attemptDecay, let start = rare.details.closedByProbes else {
            return 0
        }
        let periods = start.duration(to: time).saturatedNanoseconds / max(1, decay.saturatedNanoseconds)
        return Int(max(0, Int64(last) - max(0, periods)))
    }
}

// MARK: - Operators

extension CircuitMachine {
    /// An operator resets the circuit: closed, counts zero, whatever it was (B19).
    mutating func reset(now: RuntimeInstant, actions: inout [CircuitAction]) {
        move(to: .closed, because: .reset, now: now, actions: &actions)
        rare.details.attempt = nil
    }

    /// An operator forces a state upon it, that holds until an operator lifts it (B18).
    mutating func override(_ override: CircuitOverride, now: RuntimeInstant, actions: inout [CircuitAction]) {
        if state != override.state {
            move(to: override.state, because: .overridden, now: now, actions: &actions)
        }
        if override == .forcedOpen { rare.details.isForcedByOperator = true }
    }

    /// An operator lifts an override. A circuit without one goes on as it was.
    mutating func enable(now: RuntimeInstant, actions: inout [CircuitAction]) {
        guard state.isOverride else { return }
        move(to: .closed, because: .enabled, now: now, actions: &actions)
        rare.details.attempt = nil
    }

    /// Someone wants the circuit open for as long as they hold on to it. Returns what they give back.
    mutating func isolate(now: RuntimeInstant, actions: inout [CircuitAction]) -> UInt64 {
        if state != .forcedOpen {
            let override = state.isOverride ? state : nil
            move(to: .forcedOpen, because: .isolated, now: now, actions: &actions)
            rare.details.isolatedOverride = override
        }
        rare.details.isolations += 1
        return generation
    }

    /// One of those lets go. The last one lifts the override, unless an operator has set it too, or lifted it; what an
    /// operator had set before holds again.
    mutating func endIsolation(_ isolation: UInt64, now: RuntimeInstant, actions: inout [CircuitAction]) {
        guard isolation == generation, state == .forcedOpen else { return }
        rare.details.isolations -= 1
        if rare.details.isolations > 0 || rare.details.isForcedByOperator { return }
        if let override = rare.details.isolatedOverride {
            move(to: override, because: .overridden, now: now, actions: &actions)
        } else {
            enable(now: now, actions: &actions)
        }
    }

    mutating func inject(_ faults: CircuitFaults?) {
        if faults == nil, rare.isEmpty { return }
        rare.details.faults = faults
    }
}

// MARK: - Keeping and restoring

extension CircuitMachine {
    /// What of the circuit outlives its server; nil when there is nothing to keep: it is closed.
    func kept(of service: ServiceName, now: RuntimeInstant) -> StoredCircuit? {
        var state = state
        if state == .forcedOpen, !rare.details.isForcedByOperator {
            // Nobody could end an isolation in the next life.
            state = rare.details.isolatedOverride ?? .closed
        }
        if state == .closed { return nil }
        let remaining = state == .open ? rare.details.openUntil.map { max(.zero, now.duration(to: $0)) } : nil
        return StoredCircuit(
            service: service,
            state: state,
            remaining: state == .halfOpen ? .zero : remaining,
            attempt: rare.details.attempt ?? 0
        )
    }

    /// Takes up what was kept: an override holds on, an open circuit stays open for the time that remained, and one
    /// that was half-open begins that anew.
    mutating func restore(_ stored: StoredCircuit, now: RuntimeInstant, actions: inout [CircuitAction]) {
        switch stored.state {
        case .closed: return
        case .forcedOpen, .disabled, .metricsOnly:
            if state != stored.state { move(to: stored.state, because: .restored, now: now, actions: &actions) }
            rare.details.isForcedByOperator = stored.state == .forcedOpen
        case .open, .halfOpen:
            // An operator's override is lifted by operators alone (B18).
            if state.isOverride { return }
            rare.details.attempt = max(0, stored.attempt)
            let remaining = stored.state == .halfOpen ? .zero : stored.remaining.map { max(.zero, $0) }
            let end = remaining.map { now.advanced(by: $0) }
            move(to: .open, until: end, openFor: remaining, because: .restored, now: now, actions: &actions)
        }
    }
}
