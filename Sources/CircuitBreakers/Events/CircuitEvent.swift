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
        case .removed: .info
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
        case .removed(let state, let counts): "was removed while \(state); \(counts)"
        }
    }
}

/// A circuit's step from one state to another.
public struct CircuitTransition: Sendable, Hashable {
    /// What caused it.
    public enum Reason: Sendable, Hashable {
        /// That many failures in a row.
        case consecutiveFailures(Int)
        /// A ``PermanentError``, and a policy by which it opens the circuit.
        case permanentError
        /// A probe failed, or too many of them did.
        case probesFailed
        /// A probe said nothing within its time, and that counts as a failure.
        case probeExpired
        /// Enough probes succeeded.
        case probesSucceeded
        /// The open time was over.
        case openTimeOver
        /// An operator reset the circuit.
        case reset
        /// An operator forced the circuit into a state.
        case overridden
        /// An operator lifted that.
        case enabled
    }

    /// The state before.
    public let from: CircuitState
    /// The state after. The same as before when a closed circuit is reset.
    public let to: CircuitState
    /// What caused it.
    public let reason: Reason
    /// How long the circuit stays open; nil when it is not open now, or is open until it is reset.
    public let openFor: Duration?
    /// What had been counted until then. A circuit that closes counts from zero again.
    public let counts: CircuitCounts
}

extension CircuitTransition: CustomStringConvertible {
    /// From, to, for how long, why, and the counts.
    public var description: String {
        let duration = to == .open ? openFor.map { " for \($0.shortDescription)" } ?? " until it is reset" : ""
        return "\(from) -> \(to)\(duration): \(reason); \(counts)"
    }
}

extension CircuitTransition.Reason: CustomStringConvertible {
    /// The cause in words.
    public var description: String {
        switch self {
        case .consecutiveFailures(1): "a failure"
        case .consecutiveFailures(let count): "\(count) failures in a row"
        case .permanentError: "a permanent error"
        case .probesFailed: "its probes failed"
        case .probeExpired: "a probe said nothing within its time"
        case .probesSucceeded: "its probes succeeded"
        case .openTimeOver: "its open time was over"
        case .reset: "reset by an operator"
        case .overridden: "set by an operator"
        case .enabled: "enabled by an operator"
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
