import CircuitBreakers

/// What a circuit does, told a second time and as plainly as can be: what was reported is kept as it came, time is
/// seconds, and a call belongs to the state in which it was let through for as long as its number is in a set.
struct PlainCircuit {
    enum Answer: Hashable {
        case admitted
        case open(retryAfter: Int?, lastFailure: Int?)
        case noFreeProbe
        case recovering
        case dependencyOpen(ServiceName, retryAfter: Int?)
    }

    enum Report: Hashable {
        case success
        /// A plain failure with a number.
        case failure(Int)
        /// The same, of a service that asks to be left alone for so long.
        case retryable(Int, after: Int)
        case permanent(Int)
        case ignored
    }

    struct Judged {
        var time: Int
        var isFailure: Bool
        var isSlow = false
    }

    struct Decided {
        var opens: Bool
        var untilReset = false
        var reason: CircuitTransition.Reason
        var notBefore: Int
        var retryAfter = 0
    }

    struct Ramp {
        var start: Int
        /// The shares of all calls so far, and how many of them got through.
        var shares: Double
        var passed = 0
    }

    let number: Int
    let service: ServiceName
    let made: Int
    let warmUntil: Int
    var policy: PlainPolicy
    var lastUse = 0

    var state: CircuitState
    var openUntil: Int?
    var attempt: Int?
    var lastTransition: Int?
    var decided: Decided?
    var lastFailure: Int?
    var forcedByOperator = false
    var isolations: Set<Int> = []
    /// The operator's state that an isolation found, and gives back.
    var isolatedState: CircuitState?

    struct Begun {
        var time: Int
        var policy: PlainPolicy
    }

    /// All calls that have not reported, how they began, and those of them whose report still counts.
    var inFlight: [Int: Begun] = [:]
    var awaited: Set<Int> = []

    var leases: [(call: Int, end: Int)] = []
    var probes: [Judged] = []
    var closedByProbes: Int?
    var ramp: Ramp?

    var counts = CircuitCounts()
    var judgedByTrip: [Judged] = []
    var judgedForSlowness: [Judged] = []
    var countedRun = 0
    var lastCounted: Int?
    var clearsAt: Int?

    var past = Past()
    /// What is told of it.
    var told: [String] = []

    init(_ number: Int, _ service: ServiceName, _ policy: PlainPolicy, now: Int) {
        self.number = number
        self.service = service
        self.policy = policy
        made = now
        warmUntil = now + policy.warmUp
        clearsAt = policy.clear.map { now + $0 }
        state = .closed
        switch policy.initial {
        case .closed: break
        case .open: decide(opens: true, .initialState, since: now)
        case .forcedOpen:
            state = .forcedOpen
            forcedByOperator = true
            past.openSince = now
        case .disabled: state = .disabled
        case .metricsOnly: state = .metricsOnly
        }
        settle(now)
    }
}

/// What of a circuit goes on when its counts begin anew.
struct Past {
    var total = CircuitCounts()
    var transitions = 0
    var timesOpened = 0
    var openSince: Int?
    var secondsOpen = 0
    var brokenSince: Int?
    var recoveries: [Int] = []
}

// MARK: - What is due

extension PlainCircuit {
    /// The next moment at which something is due by itself.
    var nextDue: Int? {
        var due = leases.map(\.end)
        if let decided { due.append(decided.notBefore) }
        if state == .open, decided == nil, let openUntil { due.append(openUntil) }
        return due.min()
    }

    mutating func settle(_ now: Int) {
        while true {
            if let lease = leases.min(by: { $0.end < $1.end }), lease.end <= now {
                expire(lease, now)
            } else if let decided {
                guard decided.notBefore <= now else { return }
                carryOut(decided, now)
            } else if state == .open, let end = openUntil, end <= now {
                go(to: .halfOpen, .openTimeOver, now)
            } else {
                return clearIfDue(now)
            }
        }
    }

    private mutating func clearIfDue(_ now: Int) {
        guard let due = clearsAt, let interval = policy.clear, due <= now else { return }
        clearsAt = due + interval * ((now - due) / interval + 1)
        guard state == .closed else { return }
        awaited = []
        startCounting()
    }

    private mutating func expire(_ lease: (call: Int, end: Int), _ now: Int) {
        leases.removeAll { $0.call == lease.call }
        awaited.remove(lease.call)
        told.append("\(now) \(service) lease")
        if policy.expiredIsFailure {
            counts.failures += 1
            counts.consecutiveFailures += 1
            lastFailure = nil
            probes.append(Judged(time: now, isFailure: true))
            decideOnProbes(.probeExpired, since: lease.end)
        } else {
            counts.ignored += 1
        }
    }

    mutating func decide(
        opens: Bool,
        untilReset: Bool = false,
        _ reason: CircuitTransition.Reason,
        since: Int,
        retryAfter: Int = 0
    ) {
        if decided != nil { return }
        let notBefore = max(since, lastTransition.map { $0 + policy.interval } ?? since)
        decided = Decided(
            opens: opens,
            untilReset: untilReset,
            reason: reason,
            notBefore: notBefore,
            retryAfter: retryAfter
        )
    }

    private mutating func carryOut(_ decided: Decided, _ now: Int) {
        if !decided.opens {
            go(to: .closed, decided.reason, now)
            closedByProbes = now
            ramp = policy.ramp.map { Ramp(start: now, shares: 1 - Double($0.quarters) / 4) }
        } else if decided.untilReset {
            go(to: .open, decided.reason, now)
        } else {
            let next = nextAttempt(decided.notBefore)
            let seconds = max(policy.openTime.seconds(next), decided.retryAfter, policy.interval)
            attempt = next
            go(to: .open, until: decided.notBefore + seconds, for: seconds, decided.reason, now)
        }
    }

    private func nextAttempt(_ time: Int) -> Int {
        guard let attempt else { return 0 }
        if state == .halfOpen { return attempt + 1 }
        guard let decay = policy.decay, let closedByProbes else { return 0 }
        return max(0, attempt - (time - closedByProbes) / decay)
    }
}

// MARK: - Transitions

extension PlainCircuit {
    mutating func go(
        to next: CircuitState,
        until end: Int? = nil,
        for seconds: Int? = nil,
        _ reason: CircuitTransition.Reason,
        _ now: Int
    ) {
        told.append(Self.line(now, service, state, next, reason, seconds, counts))
        past.take(from: state, to: next, now)
        state = next
        openUntil = end
        lastTransition = now
        decided = nil
        awaited = []
        leases = []
        probes = []
        ramp = nil
        closedByProbes = nil
        forcedByOperator = false
        isolations = []
        isolatedState = nil
        if next == .closed {
            startCounting()
            lastFailure = nil
        }
    }

    private mutating func startCounting() {
        past.total = past.total.adding(counts)
        counts = CircuitCounts()
        judgedByTrip = []
        judgedForSlowness = []
        countedRun = 0
        lastCounted = nil
    }

    static func line(
        _ now: Int,
        _ service: ServiceName,
        _ from: CircuitState,
        _ next: CircuitState,
        _ reason: CircuitTransition.Reason,
        _ seconds: Int?,
        _ counts: CircuitCounts
    ) -> String {
        let duration = seconds.map { " for \($0)" } ?? ""
        return "\(now) \(service) \(from) to \(next)\(duration): \(reason); \(counts)"
    }
}

extension Past {
    fileprivate mutating func take(from: CircuitState, to next: CircuitState, _ now: Int) {
        transitions += 1
        if next.isShut {
            if !from.isShut {
                timesOpened += 1
                openSince = now
                brokenSince = brokenSince ?? now
            }
        } else if let since = openSince {
            secondsOpen += now - since
            openSince = nil
        }
        if next == .closed, let since = brokenSince {
            recoveries.append(now - since)
            brokenSince = nil
        }
    }
}

extension CircuitState {
    fileprivate var isShut: Bool { self == .open || self == .forcedOpen }
}

extension CircuitCounts {
    func adding(_ other: CircuitCounts) -> CircuitCounts {
        var sum = self
        sum.calls += other.calls
        sum.successes += other.successes
        sum.failures += other.failures
        sum.ignored += other.ignored
        sum.slow += other.slow
        sum.rejected += other.rejected
        sum.late += other.late
        return sum
    }
}
