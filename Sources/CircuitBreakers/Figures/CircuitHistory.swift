internal import Supervision

/// What a circuit keeps of its past, beside the counts that begin anew when it closes (B27).
///
/// A pure value and a rare one: a circuit that has never failed nor changed has none. Its memory is bounded.
struct CircuitHistory: Sendable {
    /// What was counted before the counts last began anew.
    private var settled = CircuitCounts()
    private var failures = FailureKinds()
    private var transitions = 0
    private var timesOpened = 0
    private var timeOpen = Duration.zero
    private var openSince: RuntimeInstant?
    /// When the circuit opened that has not closed since.
    private var brokenSince: RuntimeInstant?
    private var recoveries = 0
    private var timeToRecover = Duration.zero
    private var lastTimeToRecover: Duration?
    var alarm: FlappingAlarm

    init(alarm: FlappingAlarm.Rule = .init()) {
        self.alarm = FlappingAlarm(rule: alarm)
    }

    /// The circuit begins in a state that it has not gone to.
    mutating func began(in state: CircuitState, at now: RuntimeInstant) {
        if state.rejectsAll { openSince = now }
    }

    /// A call failed.
    mutating func failed(_ kind: FailureKind) {
        failures.add(kind)
    }

    /// The counts begin anew; those are what they were.
    mutating func settle(_ counts: CircuitCounts) {
        settled += counts
    }

    /// The circuit has gone from one state to another. Returns what that does to the alarm.
    mutating func transitioned(
        from previous: CircuitState,
        to next: CircuitState,
        at now: RuntimeInstant
    ) -> FlappingAlarm.Change? {
        transitions += 1
        if !next.rejectsAll, let since = openSince {
            timeOpen += since.duration(to: now)
            openSince = nil
        }
        if next == .closed, let since = brokenSince {
            let time = since.duration(to: now)
            recoveries += 1
            timeToRecover += time
            lastTimeToRecover = time
            brokenSince = nil
        }
        guard next.rejectsAll, !previous.rejectsAll else { return nil }
        timesOpened += 1
        openSince = now
        if brokenSince == nil { brokenSince = now }
        return alarm.opened(at: now)
    }

    /// A look at the circuit, from time to time. Returns what that does to the alarm.
    mutating func checked(_ state: CircuitState) -> FlappingAlarm.Change? {
        alarm.checked(state)
    }

    /// The figures of the circuit as it stands.
    func figures(
        of snapshot: CircuitSnapshot,
        failureRate: Double?,
        levels: [TripLevel],
        now: RuntimeInstant
    ) -> CircuitFigures {
        var figures = CircuitFigures(service: snapshot.service, state: snapshot.state, retryAfter: snapshot.retryAfter)
        var total = settled
        total += snapshot.counts
        figures.calls = total.calls
        figures.successes = total.successes
        figures.failures = total.failures
        figures.ignored = total.ignored
        figures.slow = total.slow
        figures.rejected = total.rejected
        figures.late = total.late
        figures.failuresByType = failures.byName
        figures.lastFailureType = failures.last?.name
        figures.failureRate = failureRate
        figures.levels = levels
        figures.transitions = transitions
        figures.timesOpened = timesOpened
        figures.timeOpen = timeOpen + (openSince?.duration(to: now) ?? .zero)
        figures.recoveries = recoveries
        figures.lastTimeToRecover = lastTimeToRecover
        figures.meanTimeToRecover = recoveries == 0 ? nil : timeToRecover / recoveries
        figures.isFlapping = alarm.isRaised
        return figures
    }
}

extension CircuitCounts {
    fileprivate static func += (total: inout CircuitCounts, counts: CircuitCounts) {
        total.calls += counts.calls
        total.successes += counts.successes
        total.failures += counts.failures
        total.ignored += counts.ignored
        total.slow += counts.slow
        total.rejected += counts.rejected
        total.late += counts.late
    }
}
