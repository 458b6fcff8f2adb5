internal import Supervision

/// What a circuit decides, and nothing of how it is carried out: no lock, clock, randomness, log or await in here.
///
/// **States**, and what each can go to:
///
/// | State | Lets through | Goes to |
/// |---|---|---|
/// | `closed` | all | `open` (too many failures, a permanent error) |
/// | `open(until:)` | none | `halfOpen` (the time is over; never when `until` is nil) |
/// | `halfOpen` | up to `maxProbes` at once | `closed` (enough successes), `open` (failures, expired leases) |
/// | `overridden(.forcedOpen)` | none | no other by itself |
/// | `overridden(.disabled)` | all, unjudged | no other by itself |
/// | `overridden(.metricsOnly)` | all, judged | no other by itself |
///
/// From each state an operator takes it to each override, and with `reset` to `closed`; with `enable` from an
/// override to `closed`.
///
/// **Events**: a call asks to be let through (`acquire`), reports (`record`), a timer fires, an operator acts. Each is
/// a function that takes what it needs to know of the world, the time above all, and appends the ``CircuitAction``s
/// that follow to a list.
///
/// **Open times** may come from a function of the user's, so the machine never computes one. A step that must open
/// the circuit is given the open time, or answers `needsOpenTime` and has not been done yet; it is then repeated with
/// one. What the step found due before that (a lease that expired, say) has been done and is not done again.
///
/// **Invariants**: the generation rises at each transition and never falls; at most `maxProbes` leases are held, and
/// none outside of `halfOpen`; a report that is not of this generation, or whose lease is gone, changes nothing but
/// `late`; no count is negative; no event but an operator's leaves an override; closed reads no clock to let a call
/// through or to record one that does not open it.
struct CircuitMachine: Sendable {
    enum State: Sendable {
        case closed
        /// Without an end it is open until it is reset.
        case open(until: RuntimeInstant?)
        case halfOpen(Probing)
        case overridden(CircuitOverride)
    }

    /// What has come of a half-open state so far.
    struct Probing: Sendable {
        /// The leases in the order in which they were given, which is the order in which they end.
        var leases: [Lease] = []
        var successes = 0
        var failures = 0
    }

    /// A probe's right to its slot.
    struct Lease: Sendable {
        let probe: UInt64
        let end: RuntimeInstant
    }

    /// What comes of a step, unless it needs an open time first.
    enum Step<Result> {
        case done(Result)
        case needsOpenTime(attempt: Int)
    }

    enum Admission: Sendable {
        case admitted(CircuitTicket)
        case open(retryAfter: Duration?, lastFailure: (any Error)?)
        case noFreeProbe
    }

    /// How long the circuit is to stay open if it opens for the `attempt`-th time since it was closed.
    struct OpenTime: Sendable {
        let attempt: Int
        let duration: Duration
        var trouble: CircuitEvent.BackoffTrouble?
    }

    private(set) var state = State.closed
    private(set) var generation: UInt64 = 0
    private(set) var counts = CircuitCounts()
    private let trip: CircuitPolicy.Trip
    let halfOpen: CircuitPolicy.HalfOpen
    /// How many times a probe has opened the circuit since it was closed.
    private(set) var reopenings = 0
    private var lastFailure: (any Error)?
    private var lastProbe: UInt64 = 0

    init(trip: CircuitPolicy.Trip, halfOpen: CircuitPolicy.HalfOpen) {
        self.trip = trip
        self.halfOpen = halfOpen
    }

    /// The state as it stands, whether or not its time is over.
    var visibleState: CircuitState {
        switch state {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        case .overridden(let override): override.state
        }
    }
}

// MARK: - Calls

extension CircuitMachine {
    /// Lets the call through if that can be said without looking at the clock. The short way of ``acquire``.
    mutating func acquireWithoutClock() -> CircuitTicket? {
        switch state {
        case .closed, .overridden(.disabled), .overridden(.metricsOnly):
            counts.calls += 1
            return CircuitTicket(generation: generation, probe: 0)
        case .open, .halfOpen, .overridden(.forcedOpen):
            return nil
        }
    }

    /// A call asks to be let through.
    mutating func acquire(
        now: @autoclosure () -> RuntimeInstant,
        openTime: OpenTime? = nil,
        actions: inout [CircuitAction]
    ) -> Step<Admission> {
        if let ticket = acquireWithoutClock() { return .done(.admitted(ticket)) }
        if case .overridden = state { return .done(reject(.open(retryAfter: nil, lastFailure: lastFailure))) }
        let now = now()
        if let attempt = catchUp(to: now, openTime: openTime, actions: &actions) {
            return .needsOpenTime(attempt: attempt)
        }
        if case .open(let end) = state {
            let retryAfter = end.map { now.duration(to: $0) }
            return .done(reject(.open(retryAfter: retryAfter, lastFailure: lastFailure)))
        }
        guard case .halfOpen(var probing) = state else {
            // The last of the probes that decide has just expired, and the others closed the circuit.
            return acquireWithoutClock().map { .done(.admitted($0)) } ?? .done(reject(.noFreeProbe))
        }
        guard probing.leases.count < halfOpen.maxProbes else { return .done(reject(.noFreeProbe)) }
        lastProbe += 1
        let lease = Lease(probe: lastProbe, end: now.advanced(by: halfOpen.probeTimeout))
        probing.leases.append(lease)
        state = .halfOpen(probing)
        counts.calls += 1
        actions.append(.armLeaseTimer(at: lease.end, generation: generation, probe: lease.probe))
        return .done(.admitted(CircuitTicket(generation: generation, probe: lease.probe)))
    }

    private mutating func reject(_ rejection: Admission) -> Admission {
        counts.rejected += 1
        return rejection
    }

    /// Records what leaves a closed circuit as it is. The short way of ``record``; false when it has to be gone.
    mutating func recordWithoutClock(_ report: CircuitReport, of ticket: CircuitTicket) -> Bool {
        guard ticket.generation == generation, case .closed = state else { return false }
        if case .failure(let failure) = report {
            if failure.opensUntilReset { return false }
            if trips(afterConsecutiveFailures: counts.consecutiveFailures + 1) { return false }
        }
        count(report)
        return true
    }

    /// A call that was let through reports.
    mutating func record(
        _ report: CircuitReport,
        of ticket: CircuitTicket,
        now: @autoclosure () -> RuntimeInstant,
        openTime: OpenTime? = nil,
        actions: inout [CircuitAction]
    ) -> Step<Void> {
        if recordWithoutClock(report, of: ticket) { return .done(()) }
        guard ticket.generation == generation else {
            counts.late += 1
            return .done(())
        }
        switch state {
        case .closed:
            guard case .failure(let failure) = report else { return .done(()) }
            return recordFailure(failure, now: now(), openTime: openTime, actions: &actions)
        case .halfOpen:
            return recordProbe(report, of: ticket, now: now(), openTime: openTime, actions: &actions)
        case .overridden(.metricsOnly):
            count(report)
        case .overridden(.disabled):
            break
        case .open, .overridden(.forcedOpen):
            counts.late += 1
        }
        return .done(())
    }

    /// A report about a call of another incarnation of the server, or of a circuit that was removed (B4).
    mutating func addLate() {
        counts.late += 1
    }

    /// A failure that opens the closed circuit.
    private mutating func recordFailure(
        _ failure: CircuitFailure,
        now: RuntimeInstant,
        openTime: OpenTime?,
        actions: inout [CircuitAction]
    ) -> Step<Void> {
        if failure.opensUntilReset {
            count(.failure(failure))
            open(since: now, for: nil, because: .permanentError, now: now, actions: &actions)
            return .done(())
        }
        guard let openTime, openTime.attempt == 0 else { return .needsOpenTime(attempt: 0) }
        count(.failure(failure))
        open(
            since: now,
            for: openTime,
            lengthenedTo: failure.retryAfter,
            because: .consecutiveFailures(counts.consecutiveFailures),
            now: now,
            actions: &actions
        )
        return .done(())
    }

    private func trips(afterConsecutiveFailures failures: Int) -> Bool {
        switch trip {
        case .consecutiveFailures(let threshold): failures >= threshold
        case .failures, .failureRate, .custom: false
        }
    }

    mutating func count(_ report: CircuitReport) {
        switch report {
        case .success:
            counts.successes += 1
            counts.consecutiveFailures = 0
        case .failure(let failure):
            counts.failures += 1
            counts.consecutiveFailures += 1
            lastFailure = failure.error
        case .ignored:
            counts.ignored += 1
        }
    }
}

// MARK: - Timers, operators, queries

extension CircuitMachine {
    /// The timer of an open time fires. Early, or of another generation, it opens no way (B14).
    mutating func resetTimerFired(generation: UInt64, now: RuntimeInstant, actions: inout [CircuitAction]) {
        guard generation == self.generation, case .open(let end?) = state else { return }
        guard end <= now else {
            actions.append(.armResetTimer(at: end, generation: generation))
            return
        }
        becomeHalfOpen(now: now, actions: &actions)
    }

    /// The timer of a lease fires.
    mutating func leaseTimerFired(
        generation: UInt64,
        probe: UInt64,
        now: RuntimeInstant,
        openTime: OpenTime? = nil,
        actions: inout [CircuitAction]
    ) -> Step<Void> {
        guard generation == self.generation, case .halfOpen(let probing) = state,
            let lease = probing.leases.first(where: { $0.probe == probe })
        else { return .done(()) }
        guard lease.end <= now else {
            actions.append(.armLeaseTimer(at: lease.end, generation: generation, probe: probe))
            return .done(())
        }
        if let attempt = expireLeases(upTo: now, openTime: openTime, actions: &actions) {
            return .needsOpenTime(attempt: attempt)
        }
        return .done(())
    }

    /// An operator resets the circuit: closed, counts zero, whatever it was (B19).
    mutating func reset(now: RuntimeInstant, actions: inout [CircuitAction]) {
        move(to: .closed, because: .reset, now: now, actions: &actions)
    }

    /// An operator forces a state upon it, that holds until an operator lifts it (B18).
    mutating func override(_ override: CircuitOverride, now: RuntimeInstant, actions: inout [CircuitAction]) {
        if case .overridden(override) = state { return }
        move(to: .overridden(override), because: .overridden, now: now, actions: &actions)
    }

    /// An operator lifts an override. A circuit without one goes on as it was.
    mutating func enable(now: RuntimeInstant, actions: inout [CircuitAction]) {
        guard case .overridden = state else { return }
        move(to: .closed, because: .enabled, now: now, actions: &actions)
    }

    /// Does what is due by `now`: ends an open time, takes back leases. Returns the attempt whose open time it needs to
    /// go on, or nil when nothing is left to do.
    mutating func catchUp(to now: RuntimeInstant, openTime: OpenTime?, actions: inout [CircuitAction]) -> Int? {
        if case .halfOpen = state, let attempt = expireLeases(upTo: now, openTime: openTime, actions: &actions) {
            return attempt
        }
        if case .open(let end?) = state, end <= now {
            becomeHalfOpen(now: now, actions: &actions)
        }
        return nil
    }

    /// The circuit as it stands. Whoever wants the state in effect lets a copy catch up first (B9, B11).
    func snapshot(of service: ServiceName, now: RuntimeInstant) -> CircuitSnapshot {
        var retryAfter: Duration?
        if case .open(let end?) = state { retryAfter = now.duration(to: end) }
        return CircuitSnapshot(service: service, state: visibleState, retryAfter: retryAfter, counts: counts)
    }
}

// MARK: - Transitions

extension CircuitMachine {
    mutating func update(_ probing: Probing) {
        state = .halfOpen(probing)
    }

    private mutating func becomeHalfOpen(now: RuntimeInstant, actions: inout [CircuitAction]) {
        move(to: .halfOpen(Probing()), because: .openTimeOver, now: now, actions: &actions)
    }

    mutating func close(now: RuntimeInstant, actions: inout [CircuitAction]) {
        move(to: .closed, because: .probesSucceeded, now: now, actions: &actions)
    }

    /// Opens until `openTime` has passed `since` then, or until it is reset when there is no open time.
    mutating func open(
        since beginning: RuntimeInstant,
        for openTime: OpenTime?,
        lengthenedTo retryAfter: Duration? = nil,
        because reason: CircuitTransition.Reason,
        now: RuntimeInstant,
        actions: inout [CircuitAction]
    ) {
        if case .halfOpen = state { reopenings += 1 }
        guard let openTime else {
            move(to: .open(until: nil), because: reason, now: now, actions: &actions)
            return
        }
        if let trouble = openTime.trouble { actions.append(.publish(.backoffTrouble(trouble), at: now)) }
        let duration = max(openTime.duration, retryAfter ?? .zero)
        let end = beginning.advanced(by: duration)
        move(to: .open(until: end), openFor: duration, because: reason, now: now, actions: &actions)
        actions.append(.armResetTimer(at: end, generation: generation))
    }

    private mutating func move(
        to next: State,
        openFor: Duration? = nil,
        because reason: CircuitTransition.Reason,
        now: RuntimeInstant,
        actions: inout [CircuitAction]
    ) {
        let previous = visibleState
        actions.append(.cancelTimers)
        state = next
        generation += 1
        let transition = CircuitTransition(
            from: previous,
            to: visibleState,
            reason: reason,
            openFor: openFor,
            counts: counts
        )
        actions.append(.publish(.transition(transition), at: now))
        if case .closed = next {
            counts = CircuitCounts()
            reopenings = 0
            lastFailure = nil
        }
    }
}
