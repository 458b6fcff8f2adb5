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
}

/// The right of one call, as a circuit knows it. Probe 0 is none.
@usableFromInline
struct CircuitTicket: Sendable, Hashable {
    let generation: UInt64
    let probe: UInt64
}

/// What a call reports, judged.
enum CircuitReport: Sendable {
    case success
    case failure(CircuitFailure)
    case ignored
}

/// What a circuit needs to know of a failure.
struct CircuitFailure: Sendable {
    /// Nil when a result was judged a failure, or a probe said nothing.
    var error: (any Error)?
    /// How long the service asked to be left alone, within the policy's bound.
    var retryAfter: Duration?
    var opensUntilReset = false
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
