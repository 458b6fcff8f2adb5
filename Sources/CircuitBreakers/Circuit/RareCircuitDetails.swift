internal import Supervision

/// What a circuit that has always been healthy, and is judged by nothing but failures in a row, does without. It takes
/// no memory until it is needed.
struct RareCircuitDetails: Sendable {
    // Changed only while it is referenced once, like the buffer of an array.
    private final class Storage: @unchecked Sendable {
        var details: CircuitDetails

        init(_ details: CircuitDetails) {
            self.details = details
        }
    }

    private static let none = CircuitDetails()
    private var storage: Storage?

    var isEmpty: Bool { storage == nil }

    var details: CircuitDetails {
        _read {
            if let storage { yield storage.details } else { yield Self.none }
        }
        _modify {
            let own: Storage
            if let storage, isKnownUniquelyReferenced(&self.storage) {
                own = storage
            } else {
                own = Storage(storage?.details ?? Self.none)
                storage = own
            }
            yield &own.details
        }
    }
}

extension RareCircuitDetails {
    var hasDecision: Bool { storage?.details.decision != nil }

    var hasFaults: Bool { storage?.details.faults != nil }

    var isRamping: Bool { storage?.details.rampStart != nil }

    var warmsUp: Bool { storage?.details.warmUntil != nil }

    /// Calls need a closer look than a closed circuit gives them as a rule.
    var isOutOfTheOrdinary: Bool {
        guard let details = storage?.details else { return false }
        return details.decision != nil || details.faults != nil || details.rampStart != nil
    }

    /// Something may be due beside what the state itself waits for.
    var awaitsSomething: Bool {
        guard let details = storage?.details else { return false }
        return details.decision != nil || details.asksForTrip || details.clearsAt != nil
    }
}

struct CircuitDetails: Sendable {
    /// The end of the open time; nil when the circuit is open until it is reset.
    var openUntil: RuntimeInstant?
    /// The number of the latest open time since the circuit was last reset; nil when there was none.
    var attempt: Int?
    var lastFailure: (any Error)?
    var lastTransition: RuntimeInstant?
    /// What has been decided and not been carried out yet.
    var decision: CircuitDecision?
    /// Whether the policy's own function has to be asked if the circuit opens.
    var asksForTrip = false

    // Half-open
    /// The leases in the order in which they were given, which is the order in which they end.
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

    var faults: CircuitFaults?

    /// Lets go of what belongs to the state that is left.
    mutating func leave(for next: CircuitState, until end: RuntimeInstant?, now: RuntimeInstant) {
        openUntil = end
        lastTransition = now
        decision = nil
        asksForTrip = false
        leases = []
        probes = ProbeOutcomes()
        rampStart = nil
        isForcedByOperator = false
        isolations = 0
        closedByProbes = nil
    }

    mutating func forgetJudged() {
        failureTimes = nil
        tripWindow = nil
        slowWindow = nil
        lumpedFailures = 0
        lastCountedFailure = nil
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
