internal import Supervision

/// A circuit's step from one state to another.
public struct CircuitTransition: Sendable, Hashable {
    /// What caused it.
    public enum Reason: Sendable, Hashable {
        /// That many failures in a row.
        case consecutiveFailures(Int)
        /// That many failures within that time.
        case failures(Int, within: Duration)
        /// That share of failures among so many calls.
        case failureRate(Double, calls: Int)
        /// That share of calls was slow.
        case slowCalls(Double)
        /// The policy's own function said so.
        case customTrip
        /// A ``PermanentError``, and a policy by which it opens the circuit.
        case permanentError
        /// A probe failed, or too many of them did.
        case probesFailed
        /// Probes succeeded or failed too slowly.
        case probesSlow
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
        /// Someone isolated the circuit for a while.
        case isolated
        /// The policy has the circuit begin so.
        case initialState
        /// The circuit was so before the server was restarted.
        case restored
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
        case .failures(let count, within: let duration): "\(count) failures within \(duration.shortDescription)"
        case .failureRate(let rate, let calls): "\(Self.percent(rate)) of the latest \(calls) calls failed"
        case .slowCalls(let rate): "\(Self.percent(rate)) of the latest calls were slow"
        case .customTrip: "the policy's own rule"
        case .permanentError: "a permanent error"
        case .probesFailed: "its probes failed"
        case .probesSlow: "its probes were slow"
        case .probeExpired: "a probe said nothing within its time"
        case .probesSucceeded: "its probes succeeded"
        case .openTimeOver: "its open time was over"
        case .reset: "reset by an operator"
        case .overridden: "set by an operator"
        case .enabled: "enabled by an operator"
        case .isolated: "isolated for a while"
        case .initialState: "its policy has it begin so"
        case .restored: "as it was before the restart"
        }
    }

    private static func percent(_ rate: Double) -> String {
        rate.isFinite ? "\(Int((rate * 100).rounded())) %" : "an unknown share"
    }
}
