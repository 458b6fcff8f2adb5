internal import Supervision

/// What a circuit that has always been healthy, and is judged by nothing but failures in a row, does without. It takes
/// no memory until it is needed.
///
/// It owns memory of its own rather than an object, because every access to a field of an object is checked for
/// exclusivity at run time, and a circuit's lock, or the bench of a test, has seen to that already.
struct RareCircuitDetails: ~Copyable, @unchecked Sendable {
    // Owned by this value, which cannot be copied: reached from nowhere else, and freed when it ends. The compiler knows
    // nothing of that, hence `unchecked`.
    private var pointer: UnsafeMutablePointer<CircuitDetails>?

    init() {}

    private init(copyOf details: CircuitDetails) {
        pointer = Self.allocate(details)
    }

    deinit {
        pointer?.deinitialize(count: 1)
        pointer?.deallocate()
    }

    private static func allocate(_ details: CircuitDetails) -> UnsafeMutablePointer<CircuitDetails> {
        let pointer = UnsafeMutablePointer<CircuitDetails>.allocate(capacity: 1)
        pointer.initialize(to: details)
        return pointer
    }

    // Read in the place of what is not there, never written and never freed, so it may be shared.
    private nonisolated(unsafe) static let none = UnsafePointer(allocate(CircuitDetails()))

    var isEmpty: Bool { pointer == nil }

    var details: CircuitDetails {
        // By address. A `_read` that yields asks the allocator for a frame of its own, and the optimizer of Swift 6.3
        // reads what was yielded after that frame has been freed.
        @inline(__always) unsafeAddress {
            pointer.map { UnsafePointer($0) } ?? Self.none
        }
        @inline(__always) unsafeMutableAddress {
            let own = pointer ?? Self.allocate(CircuitDetails())
            pointer = own
            return own
        }
    }

    func copy() -> RareCircuitDetails {
        if let pointer { RareCircuitDetails(copyOf: pointer.pointee) } else { RareCircuitDetails() }
    }
}

extension RareCircuitDetails {
    var hasDecision: Bool { pointer?.pointee.decision != nil }

    var hasFaults: Bool { pointer?.pointee.faults != nil }

    var isRamping: Bool { pointer?.pointee.rampStart != nil }

    var warmsUp: Bool { pointer?.pointee.warmUntil != nil }

    /// Calls need a closer look than a closed circuit gives them as a rule.
    var isOutOfTheOrdinary: Bool { hasDecision || hasFaults || isRamping }

    /// Something may be due beside what the state itself waits for.
    var awaitsSomething: Bool {
        guard let pointer else { return false }
        return pointer.pointee.decision != nil || pointer.pointee.asksForTrip || pointer.pointee.clearsAt != nil
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
