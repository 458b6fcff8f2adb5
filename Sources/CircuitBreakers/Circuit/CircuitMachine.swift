internal import Supervision

/// What a circuit decides, and nothing of how it is carried out: no lock, clock, randomness, log or await in here.
///
/// **States**, and what each can go to:
///
/// | State | Lets through | Goes to |
/// |---|---|---|
/// | `closed` | all, or a growing share of them on a ramp | `open` (failures, slow calls, a permanent error) |
/// | `open` | none | `halfOpen` (the time is over; never when it has no end) |
/// | `halfOpen` | up to `maxProbes` at once | `closed` (enough successes), `open` (failures, expired leases) |
/// | `forcedOpen` | none | no other by itself |
/// | `disabled` | all, unjudged | no other by itself |
/// | `metricsOnly` | all, judged | no other by itself |
///
/// From each state an operator takes it to each override, and with `reset` to `closed`; with `enable` from an
/// override to `closed`.
///
/// **Events**: a call asks to be let through (``acquire(now:blockedBy:actions:)``), reports (``record(_:of:now:actions:)``), a
/// timer fires, an operator acts. Each is a function that takes what it needs to know of the world, the time above
/// all, and appends the ``CircuitAction``s that follow to a list. Before and after each of them whoever holds the
/// machine lets it ``catchUp(to:actions:)``, so that what is due happens whether or not a timer came.
///
/// **Decisions.** Judging a call may lead to a ``CircuitDecision`` to open or to close. It is carried out at once, or,
/// if the last transition is not long enough ago (B17), when that may happen; until then the circuit stays what it is,
/// and nothing is judged any more. Open times and custom trips may come from functions of the user's, so the machine
/// never runs them: `catchUp` returns a ``CircuitQuestion`` and goes on when it has been answered.
///
/// **Invariants**: the generation rises at each transition and never falls; at most `maxProbes` leases are held, and
/// none outside of `halfOpen`; a report that is not of this generation, or whose lease is gone, changes nothing but
/// `late`; no count is negative; no event but an operator's leaves an override; with consecutive failures alone to
/// judge by, a closed circuit reads no clock to let a call through or to record one that does not open it.
struct CircuitMachine: ~Copyable, Sendable {
    /// What comes of a call that asks to be let through.
    enum Admission: Sendable {
        case admitted(CircuitTicket)
        case open(OpenRejection)
        case noFreeProbe
        case recovering
        case dependencyOpen(CircuitObstacle)
    }

    /// What a caller is told whom an open circuit has rejected.
    struct OpenRejection: Sendable {
        let retryAfter: Duration?
        let lastFailure: (any Error)?

        func error(for service: ServiceName) -> CircuitBreakerError {
            .open(service, retryAfter: retryAfter, lastFailure: lastFailure)
        }
    }

    private(set) var policy: SharedPolicy
    private(set) var generation: UInt64 = 0
    private(set) var counts = CircuitCounts()
    /// Calls that were let through and have not reported yet, of all generations.
    private(set) var inFlight = 0
    var rare: Rare<CircuitDetails>
    // Last, so that what follows a machine in memory fits beside it.
    private(set) var state = CircuitState.closed

    /// A new circuit. `now` is read only by a policy that says something about a circuit's beginning.
    init(_ policy: SharedPolicy, now: @autoclosure () -> RuntimeInstant) {
        self.policy = policy
        rare = Rare()
        begin(policy.policy, now: now())
    }

    /// One that has the same past, and goes its own way from here.
    init(copyOf other: borrowing CircuitMachine) {
        policy = other.policy
        state = other.state
        generation = other.generation
        counts = other.counts
        inFlight = other.inFlight
        rare = other.rare.copy()
    }

    private mutating func begin(_ policy: CircuitPolicy, now: @autoclosure () -> RuntimeInstant) {
        prepareWindows()
        if policy.initialState == .forcedOpen { changeHistory { $0.began(in: .forcedOpen, at: now()) } }
        switch policy.initialState {
        case .closed: break
        case .open: decide(.open(untilReset: false), because: .initialState, since: now())
        case .forcedOpen:
            state = .forcedOpen
            rare.details.isForcedByOperator = true
        case .disabled: state = .disabled
        case .metricsOnly: state = .metricsOnly
        }
        if let interval = policy.clearInterval { rare.details.clearsAt = now().advanced(by: interval) }
        if policy.warmUp > .zero { rare.details.warmUntil = now().advanced(by: policy.warmUp) }
    }
}

// MARK: - Calls

extension CircuitMachine {
    /// Calls can be let through without a look at anything but a count.
    var letsAllThrough: Bool {
        state == .closed && !policy.readsClockToAcquire && !rare.isOutOfTheOrdinary
    }

    /// Successes of calls change nothing but a count.
    var takesSuccessesUnseen: Bool {
        letsAllThrough && policy.consecutiveFailures != nil && counts.consecutiveFailures == 0
            && !policy.readsClockToRecord
    }

    /// Calls can be rejected without a look at anything but these details, for as long as
    /// ``CircuitDetails/rejection(at:)`` has it. Nil when they cannot.
    var detailsOfRejections: UnsafePointer<CircuitDetails>? {
        guard state == .open || state == .forcedOpen, !rare.isOutOfTheOrdinary else { return nil }
        return rare.address
    }

    /// Adds the calls that were let through, succeeded or were rejected without asking.
    mutating func add(_ unseen: FastLane.Counts) {
        counts.calls += unseen.calls
        counts.successes += unseen.successes
        inFlight += unseen.calls - unseen.successes
        guard unseen.rejections > 0 else { return }
        counts.rejected += unseen.rejections
        rare.details.rejections.addUntold(unseen.rejections)
    }

    /// A call asks to be let through.
    ///
    /// - Parameters:
    ///   - dependency: what this service depends on and cannot be called.
    ///   - canWait: a call that finds no free probe waits if the policy says so, and is not rejected yet.
    mutating func acquire(
        now: () -> RuntimeInstant,
        blockedBy dependency: CircuitObstacle? = nil,
        canWait: Bool = false,
        actions: inout [CircuitAction]
    ) -> Admission {
        switch state {
        case .disabled, .metricsOnly: return .admitted(admit(now: now))
        case .forcedOpen, .open:
            let now = now()
            let retryAfter = rare.details.openUntil.map { now.duration(to: $0) }
            reject(.open, now: now, actions: &actions)
            return .open(OpenRejection(retryAfter: retryAfter, lastFailure: rare.details.lastFailure))
        case .closed, .halfOpen:
            if let dependency {
                reject(.dependencyOpen(dependency.service), now: now(), actions: &actions)
                return .dependencyOpen(dependency)
            }
        }
        if state == .closed {
            guard passesRamp(now: now) else {
                reject(.recovering, now: now(), actions: &actions)
                return .recovering
            }
            return .admitted(admit(now: now))
        } else {
            guard hasFreeProbe else {
                if !canWait || !policy.waitsForProbes { reject(.noFreeProbe, now: now(), actions: &actions) }
                return .noFreeProbe
            }
            return .admitted(admitProbe(now: now(), actions: &actions))
        }
    }

    private mutating func admit(now: () -> RuntimeInstant) -> CircuitTicket {
        counts.calls += 1
        inFlight += 1
        let start = policy.policy.slowCalls == nil ? nil : now()
        return CircuitTicket(generation: generation, probe: 0, start: start, hasFaults: rare.hasFaults)
    }

    private mutating func admitProbe(now: RuntimeInstant, actions: inout [CircuitAction]) -> CircuitTicket {
        counts.calls += 1
        inFlight += 1
        let lease = addLease(now: now)
        actions.append(.armLeaseTimer(at: lease.end, generation: generation, probe: lease.probe))
        return CircuitTicket(generation: generation, probe: lease.probe, start: now, hasFaults: rare.hasFaults)
    }

    /// A call that would have waited finds no room to.
    mutating func rejectWaiter(now: RuntimeInstant, actions: inout [CircuitAction]) {
        reject(.noFreeProbe, now: now, actions: &actions)
    }

    private mutating func reject(
        _ reason: CircuitEvent.RejectionReason,
        now: RuntimeInstant,
        actions: inout [CircuitAction]
    ) {
        counts.rejected += 1
        guard let count = rare.details.rejections.add(at: now) else { return }
        actions.append(.publish(.rejected(reason, count: count), at: now))
    }

    /// Records a success on a closed circuit that is judged by a window, which leaves it as it is as a rule, and
    /// touches nothing that a call on the way in looks at. False when it takes a closer look.
    mutating func succeedInPassing(_ ticket: CircuitTicket, now: () -> RuntimeInstant) -> Bool {
        guard state == .closed, ticket.generation == generation, !rare.isOutOfTheOrdinary else { return false }
        inFlight -= 1
        counts.successes += 1
        counts.consecutiveFailures = 0
        judgeSuccess(now: now)
        return true
    }

    /// A call that was let through reports.
    mutating func record(
        _ report: CircuitReport,
        of ticket: CircuitTicket,
        now: () -> RuntimeInstant,
        actions: inout [CircuitAction]
    ) {
        inFlight -= 1
        guard ticket.generation == generation else {
            addLate(now: now(), actions: &actions)
            return
        }
        switch state {
        case .closed: judge(report, isSlow: isSlow(ticket, now: now), now: now)
        case .halfOpen: recordProbe(report, of: ticket, now: now(), actions: &actions)
        case .metricsOnly: count(report, isSlow: isSlow(ticket, now: now))
        case .disabled: break
        case .open, .forcedOpen: addLate(now: now(), actions: &actions)
        }
    }

    /// A call that was in flight has reported elsewhere: the circuit is over.
    mutating func forgetCall() {
        inFlight -= 1
    }

    /// A report about a call of another incarnation of the server, or of a circuit that was removed (B4).
    mutating func addLate(now: RuntimeInstant, actions: inout [CircuitAction]) {
        counts.late += 1
        guard let count = rare.details.lateReports.add(at: now) else { return }
        actions.append(.publish(.late(count: count), at: now))
    }

    func isSlow(_ ticket: CircuitTicket, now: () -> RuntimeInstant) -> Bool {
        guard let slow = policy.policy.slowCalls, let start = ticket.start else { return false }
        return start.duration(to: now()) >= slow.duration
    }

    mutating func count(_ report: CircuitReport, isSlow: Bool) {
        switch report {
        case .success:
            counts.successes += 1
            counts.consecutiveFailures = 0
        case .failure(let failure):
            counts.failures += 1
            counts.consecutiveFailures += 1
            rare.details.lastFailure = failure.error
            changeHistory { $0.failed(failure.kind) }
        case .ignored:
            counts.ignored += 1
            return
        }
        if isSlow { counts.slow += 1 }
    }
}

// MARK: - What is due

extension CircuitMachine {
    /// Whether something may be due, so that a look at the clock is worth it.
    var awaitsSomething: Bool {
        state == .open || state == .halfOpen || rare.awaitsSomething
    }

    /// Does what is due by `now`: carries out decisions, ends an open time, takes back leases, clears counts. Returns
    /// what it needs to be told to go on, or nil when nothing is left to do.
    mutating func catchUp(to now: RuntimeInstant, actions: inout [CircuitAction]) -> CircuitQuestion? {
        while awaitsSomething {
            if rare.details.asksForTrip {
                rare.details.asksForTrip = false
                return .trip(counts, generation: generation)
            }
            if state == .halfOpen, expireLease(by: now, actions: &actions) { continue }
            if let decision = rare.details.decision {
                if let question = carryOut(decision, now: now, actions: &actions) { return question }
                if rare.details.decision == nil { continue }
                return nil
            }
            if state == .open, let end = rare.details.openUntil, end <= now {
                move(to: .halfOpen, because: .openTimeOver, now: now, actions: &actions)
                continue
            }
            clearIfDue(by: now)
            return nil
        }
        return nil
    }

    /// Takes the answer to a question. It is dropped when the circuit has gone on since.
    mutating func take(_ answer: CircuitAnswer, now: RuntimeInstant) {
        switch answer {
        case .openTime(let openTime, let generation):
            guard generation == self.generation, rare.details.decision != nil else { return }
            rare.details.decision?.openTime = openTime
        case .trip(let trips, let generation):
            guard trips, generation == self.generation, state == .closed else { return }
            let retryAfter = rare.details.retryAfterIfTripped
            decide(.open(untilReset: false), because: .customTrip, since: now, retryAfter: retryAfter)
        }
    }

    /// A timer says that something is due. Early, or of another generation, it opens no way (B14).
    mutating func timerFired(generation: UInt64, now: RuntimeInstant, actions: inout [CircuitAction]) {
        guard generation == self.generation else { return }
        if let decision = rare.details.decision, decision.notBefore > now {
            actions.append(.armResetTimer(at: decision.notBefore, generation: generation))
        } else if state == .open, let end = rare.details.openUntil, end > now {
            actions.append(.armResetTimer(at: end, generation: generation))
        }
    }

    /// The timer of a lease fires. One that is over has been dealt with when this is asked.
    mutating func leaseTimerFired(
        generation: UInt64,
        probe: UInt64,
        now: RuntimeInstant,
        actions: inout [CircuitAction]
    ) {
        guard generation == self.generation, state == .halfOpen,
            let lease = rare.details.leases.first(where: { $0.probe == probe }), lease.end > now
        else { return }
        actions.append(.armLeaseTimer(at: lease.end, generation: generation, probe: probe))
    }

    private mutating func clearIfDue(by now: RuntimeInstant) {
        guard let interval = policy.policy.clearInterval, let due = rare.details.clearsAt, due <= now else { return }
        let missed = due.duration(to: now).saturatedNanoseconds / max(1, interval.saturatedNanoseconds)
        rare.details.clearsAt = due.advanced(by: .nanoseconds(interval.saturatedNanoseconds * (missed + 1)))
        guard state == .closed else { return }
        // What was let through before belongs to the counts that are no more.
        generation += 1
        startCounting()
    }
}

// MARK: - Transitions

extension CircuitMachine {
    mutating func move(
        to next: CircuitState,
        until end: RuntimeInstant? = nil,
        openFor: Duration? = nil,
        because reason: CircuitTransition.Reason,
        now: RuntimeInstant,
        actions: inout [CircuitAction]
    ) {
        let previous = state
        actions.append(.cancelTimers)
        state = next
        generation += 1
        rare.details.leave(for: next, until: end, now: now)
        let transition = CircuitTransition(from: previous, to: next, reason: reason, openFor: openFor, counts: counts)
        actions.append(.publish(.transition(transition), at: now))
        if let change = changeHistory({ $0.transitioned(from: previous, to: next, at: now) }) {
            actions.append(.publish(.flapping(change), at: now))
            if case .raised = change {
                actions.append(.armAlarmTimer(at: now.advanced(by: policy.policy.flapping.checkInterval)))
            }
        }
        if next == .open, let end { actions.append(.armResetTimer(at: end, generation: generation)) }
        if next == .closed {
            startCounting()
            rare.details.lastFailure = nil
        }
    }

    /// Forgets what has been counted and begins again.
    private mutating func startCounting() {
        let settled = counts
        changeHistory { $0.settle(settled) }
        counts = CircuitCounts()
        rare.details.forgetJudged()
        prepareWindows()
    }

    @discardableResult
    private mutating func changeHistory<Result>(_ change: (inout CircuitHistory) -> Result) -> Result {
        var history = rare.details.history.take() ?? CircuitHistory(alarm: policy.policy.flapping)
        defer { rare.details.history = history }
        return change(&history)
    }

    /// Looks whether a flapping circuit has become quiet. It is looked at again until it has.
    mutating func checkAlarm(now: RuntimeInstant, actions: inout [CircuitAction]) {
        guard rare.details.history?.alarm.isRaised == true else { return }
        let state = state
        if let change = changeHistory({ $0.checked(state) }) {
            actions.append(.publish(.flapping(change), at: now))
        } else {
            actions.append(.armAlarmTimer(at: now.advanced(by: policy.policy.flapping.checkInterval)))
        }
    }

    /// What has come of the circuit (B27).
    func figures(of service: ServiceName, now: RuntimeInstant) -> CircuitFigures {
        let history = rare.details.history ?? CircuitHistory(alarm: policy.policy.flapping)
        return history.figures(
            of: snapshot(of: service, now: now),
            failureRate: failureRate(now: now),
            levels: state == .closed ? levels(now: now) : [],
            now: now
        )
    }

    /// The circuit goes on with another policy: as it is, with its counts, and the calls in its windows where the new
    /// ones are of the same kind (B24).
    mutating func follow(_ policy: SharedPolicy, now: RuntimeInstant) {
        let intervalIsNew = policy.policy.clearInterval != self.policy.policy.clearInterval
        self.policy = policy
        changeWindows(now: now)
        rare.details.history?.alarm.rule = policy.policy.flapping
        if intervalIsNew { rare.details.clearsAt = policy.policy.clearInterval.map { now.advanced(by: $0) } }
    }

    /// Nobody misses the circuit if it goes (B23). One on a ramp is missed, until that is over: made anew it would let
    /// all calls through.
    func isDispensable(now: () -> RuntimeInstant) -> Bool {
        guard state == .closed, inFlight == 0, !rare.hasDecision, !rare.hasFaults else { return false }
        guard rare.isRamping, let start = rare.details.rampStart, let ramp = policy.policy.ramp else { return true }
        return start.duration(to: now()) >= ramp.duration
    }

    /// The circuit as it stands. Whoever wants the state in effect lets a copy catch up first (B9, B11).
    func snapshot(of service: ServiceName, now: RuntimeInstant) -> CircuitSnapshot {
        var retryAfter: Duration?
        if state == .open, let end = rare.details.openUntil { retryAfter = now.duration(to: end) }
        return CircuitSnapshot(
            service: service,
            state: state,
            retryAfter: retryAfter,
            counts: counts,
            faults: rare.details.faults
        )
    }
}
