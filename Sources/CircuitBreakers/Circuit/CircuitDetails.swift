internal import Supervision

/// What a circuit that has always been healthy, and is judged by nothing but failures in a row, does without.
struct CircuitDetails: RareDetails {
    // Never written, so it may be shared.
    nonisolated(unsafe) static let none = UnsafePointer(allocated())

    /// The end of the open time; nil when the circuit is open until it is reset, or forced open.
    var openUntil: RuntimeInstant?
    /// The number of the latest open time since the circuit was last reset; nil when there was none.
    var attempt: Int?
    var lastFailure: (any Error)?
    var lastTransition: RuntimeInstant?
    /// What has been decided and not been carried out yet.
    var decision: CircuitDecision?
    /// Whether the policy's own function has to be asked if the circuit opens.
    var asksForTrip = false
    /// How long the service asked to be left alone by the failure for which it is asked.
    var retryAfterIfTripped: Duration?

    // Half-open
    /// The leases in the order in which they end, and among those that end together in which they were given.
    var leases: [CircuitLease] = []
    var lastProbe: UInt64 = 0
    var probes = ProbeOutcomes()

    // Closed
    var failureTimes: FailureTimes?
    var tripWindow: CircuitWindow?
    var slowWindow: CircuitWindow?
    var lumpedFailures = 0
    var lastCountedFailure: RuntimeInstant?
    var clearsAt: RuntimeInstant?
    var warmUntil: RuntimeInstant?
    /// When probes closed it last.
    var closedByProbes: RuntimeInstant?
    var rampStart: RuntimeInstant?
    var rampCredit = 0.0

    // Overridden
    var isForcedByOperator = false
    var isolations = 0
    /// The override that those who isolate the circuit found.
    var isolatedOverride: CircuitState?

    var faults: CircuitFaults?

    // Telling
    var history: CircuitHistory?
    var rejections = EventSampler()
    var lateReports = EventSampler()

    /// Lets go of what belongs to the state that is left.
    mutating func leave(for next: CircuitState, until end: RuntimeInstant?, now: RuntimeInstant) {
        openUntil = end
        lastTransition = now
        decision = nil
        asksForTrip = false
        retryAfterIfTripped = nil
        leases = []
        probes = ProbeOutcomes()
        rampStart = nil
        isForcedByOperator = false
        isolations = 0
        isolatedOverride = nil
        closedByProbes = nil
    }

    /// How an open circuit rejects a call, if there is nothing else to do: its time is not over, and nobody is to be
    /// told.
    // Not a method, which would get a copy of them all.
    @inline(__always)
    static func rejection(
        by details: UnsafePointer<CircuitDetails>,
        at now: RuntimeInstant
    ) -> CircuitMachine.OpenRejection? {
        guard details.pointee.rejections.isSilent(at: now) else { return nil }
        var retryAfter: Duration?
        if let end = details.pointee.openUntil {
            if end <= now { return nil }
            retryAfter = now.duration(to: end)
        }
        return CircuitMachine.OpenRejection(retryAfter: retryAfter, lastFailure: details.pointee.lastFailure)
    }

    mutating func forgetJudged() {
        failureTimes = nil
        tripWindow = nil
        slowWindow = nil
        lumpedFailures = 0
        lastCountedFailure = nil
    }
}

extension Rare<CircuitDetails> {
    var hasDecision: Bool { !isEmpty && details.decision != nil }

    var hasFaults: Bool { !isEmpty && details.faults != nil }

    var isRamping: Bool { !isEmpty && details.rampStart != nil }

    var warmsUp: Bool { !isEmpty && details.warmUntil != nil }

    /// Calls need a closer look than a closed circuit gives them as a rule.
    var isOutOfTheOrdinary: Bool { hasDecision || hasFaults || isRamping }

    /// Something may be due beside what the state itself waits for.
    var awaitsSomething: Bool {
        if isEmpty { return false }
        return details.decision != nil || details.asksForTrip || details.clearsAt != nil
    }
}

/// A probe's right to its slot.
struct CircuitLease: Sendable {
    let probe: UInt64
    let end: RuntimeInstant
}

/// What the probes of a half-open state have come to so far.
struct ProbeOutcomes: Sendable {
    var successes = 0
    var failures = 0
    var slow = 0

    var judged: Int { successes + failures }
}

/// A transition that is going to happen.
struct CircuitDecision: Sendable {
    enum Target: Sendable, Hashable {
        case open(untilReset: Bool)
        case closed
    }

    let target: Target
    let reason: CircuitTransition.Reason
    /// When it may be carried out, which is when the open time begins.
    let notBefore: RuntimeInstant
    /// How long the service asked to be left alone.
    let retryAfter: Duration?
    var openTime: CircuitOpenTime?
    /// Somebody is finding the open time out.
    var isAsked = false
    /// A timer has been armed for it.
    var isAnnounced = false
}
