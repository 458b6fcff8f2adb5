internal import Supervision

/// What is to be done after a step of a ``CircuitMachine``, in this order, when its lock has been let go.
enum CircuitAction: Sendable, Hashable {
    /// Tell the runtime's sink.
    case publish(CircuitEvent.Kind, at: RuntimeInstant)
    /// Have ``CircuitBreakerServer/Message/resetTimer(_:generation:)`` sent.
    case armResetTimer(at: RuntimeInstant, generation: UInt64)
    /// Have ``CircuitBreakerServer/Message/leaseTimer(_:generation:probe:)`` sent.
    case armLeaseTimer(at: RuntimeInstant, generation: UInt64, probe: UInt64)
    /// The lease of that probe is over.
    case cancelLeaseTimer(probe: UInt64)
    /// The state in which the timers were armed is over.
    case cancelTimers
    /// Have ``CircuitBreakerServer/Message/alarmTimer(_:)`` sent.
    case armAlarmTimer(at: RuntimeInstant)
}

/// The right of one call, as a circuit knows it.
@usableFromInline
struct CircuitTicket: Sendable, Hashable {
    let generation: UInt64
    /// 0 is none.
    let probe: UInt64
    /// When the call began, if anyone wants to know. Told by one value of many, since a ticket is copied often.
    private let startOrNone: RuntimeInstant
    // In one place, since what is written in two and read as one takes as long as an atomic step.
    private let traits: UInt8

    /// Whether the call is to be made to fail, or to wait, now and then (``CircuitFaults``).
    @usableFromInline var hasFaults: Bool { traits & 1 != 0 }
    /// Whether a value that the call returns may be a failure, by the policy.
    @usableFromInline var judgesResults: Bool { traits & 2 != 0 }

    @inline(__always)
    init(
        generation: UInt64,
        probe: UInt64 = 0,
        start: RuntimeInstant? = nil,
        hasFaults: Bool = false,
        judgesResults: Bool = false
    ) {
        self.generation = generation
        self.probe = probe
        startOrNone = start ?? .distantFuture
        traits = (hasFaults ? 1 : 0) | (judgesResults ? 2 : 0)
    }

    var start: RuntimeInstant? { startOrNone == .distantFuture ? nil : startOrNone }

    /// The same for a call that looks whether there are faults, or at what it returns.
    func with(faults: Bool, judgement: Bool) -> CircuitTicket {
        CircuitTicket(
            generation: generation,
            probe: probe,
            start: start,
            hasFaults: faults,
            judgesResults: judgement
        )
    }
}

/// What a call reports, judged.
enum CircuitReport: Sendable {
    case success
    case failure(CircuitFailure)
    case ignored
}

/// What a circuit needs to know of a failure.
struct CircuitFailure: Sendable {
    var kind = FailureKind.result
    /// Nil when a result was judged a failure, or a probe said nothing.
    var error: (any Error)?
    /// How long the service asked to be left alone, within the policy's bound.
    var retryAfter: Duration?
    var opensUntilReset = false
}

/// A service that another one depends on and that cannot be called (B21).
struct CircuitObstacle: Sendable, Hashable {
    let service: ServiceName
    let retryAfter: Duration?
}

/// What a machine has to be told before it can go on, since it comes from a function of the user's.
enum CircuitQuestion: Sendable {
    struct Opening: Sendable {
        let attempt: Int
        let counts: CircuitCounts
        let failureRate: Double
    }

    /// How long is the circuit to stay open?
    case openTime(Opening, generation: UInt64)
    /// Does it open?
    case trip(CircuitCounts, generation: UInt64)
}

/// The answer to a ``CircuitQuestion``.
enum CircuitAnswer: Sendable {
    case openTime(CircuitOpenTime, generation: UInt64)
    case trip(Bool, generation: UInt64)
}

/// How long a circuit is to stay open if it opens for the `attempt`-th time since it was closed.
struct CircuitOpenTime: Sendable {
    let attempt: Int
    let duration: Duration
    var trouble: CircuitEvent.BackoffTrouble?
}

/// A state that an operator forces upon a circuit (B18).
enum CircuitOverride: Sendable, Hashable {
    case forcedOpen, disabled, metricsOnly

    var state: CircuitState {
        switch self {
        case .forcedOpen: .forcedOpen
        case .disabled: .disabled
        case .metricsOnly: .metricsOnly
        }
    }
}

extension CircuitState {
    var isOverride: Bool { self == .forcedOpen || self == .disabled || self == .metricsOnly }
}
