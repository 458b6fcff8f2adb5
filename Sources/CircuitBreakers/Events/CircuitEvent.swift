public import Supervision

/// Something that happened to a circuit (B26).
///
/// The events of one circuit come in the order in which they happened, outside of every lock, so a sink may call the
/// breaker. They carry names, states, counts and times, and of an error its type alone.
public struct CircuitEvent: RuntimeEvent, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// The circuit went from one state to another, or was reset.
        case transition(CircuitTransition)
        /// A probe said nothing for so long that it lost its slot (B13).
        case leaseExpired(countedAs: CircuitPolicy.HalfOpen.ExpiredProbe, after: Duration)
        /// The policy's function for the open time failed, so the base of its back-off held (B16).
        case backoffTrouble(BackoffTrouble)
        /// An operator removed the circuit.
        case removed(CircuitState, counts: CircuitCounts)
        /// The circuit had to make room for another one (B23).
        case evicted(CircuitCounts)
    }

    /// What the policy's function for the open time did wrong.
    public enum BackoffTrouble: Sendable, Hashable {
        /// It threw an error of that type.
        case threw(errorType: String)
        /// It gave a negative time.
        case negative(Duration)
    }

    /// The circuit's service.
    public let service: ServiceName
    /// When it happened, on the runtime's clock.
    public let time: RuntimeInstant
    /// What happened.
    public let kind: Kind

    /// A circuit that opens, and whatever did not go as the policy meant it, is a warning.
    public var level: EventLevel {
        switch kind {
        case .transition(let transition): transition.to == .open || transition.to == .forcedOpen ? .warning : .info
        case .leaseExpired, .backoffTrouble: .warning
        case .removed, .evicted: .info
        }
    }

    /// One readable line.
    public var description: String {
        "circuit '\(service)' \(kind)"
    }
}

extension CircuitEvent.Kind: CustomStringConvertible {
    /// What happened, without the circuit that it happened to.
    public var description: String {
        switch self {
        case .transition(let transition): "\(transition)"
        case .leaseExpired(let outcome, let timeout):
            "took a slot back from a probe that said nothing for \(timeout.shortDescription); counted as \(outcome)"
        case .backoffTrouble(.threw(let type)):
            "used the base of its open time: the function of openDuration threw \(type)"
        case .backoffTrouble(.negative(let duration)):
            "used the base of its open time: the function of openDuration gave \(duration.shortDescription)"
        case .evicted(let counts): "made room for another one; \(counts)"
        case .removed(let state, let counts): "was removed while \(state); \(counts)"
        }
    }
}

extension CircuitCounts: CustomStringConvertible {
    /// The counts in words.
    public var description: String {
        """
        \(calls) calls, \(successes) succeeded, \(failures) failed, \(ignored) ignored, \(rejected) rejected, \(late) late
        """
    }
}
