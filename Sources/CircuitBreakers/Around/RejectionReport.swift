public import Supervision

/// A ``CircuitBreakerError`` as plain values, for structured logs and for the answer to a client (B7).
///
/// It has what kind of error it is, how much it matters, the circuit and its state, and whatever context the caller
/// adds; never the last failure, whose text may contain user data.
public struct RejectionReport: Sendable, Hashable, Codable {
    /// What kind of error.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// The circuit did not let the call through at this time.
        case rejected
        /// Breakers are missing or set up wrongly, or cannot hold another circuit.
        case notSetUp
    }

    /// What kind of error.
    public let kind: Kind
    /// The circuit's service.
    public let service: ServiceName?
    /// The state in which the circuit rejected the call.
    public let state: CircuitState?
    /// How long until the circuit lets a probe through, when that is known, in milliseconds, rounded up.
    public let retryAfterMilliseconds: Int64?
    /// What the caller has added, for instance the id of a request.
    public let context: [String: String]

    /// How much it matters: a rejection is a warning, for the circuit does its work; a missing set-up is an error.
    public var severity: EventLevel {
        switch kind {
        case .rejected: .warning
        case .notSetUp: .error
        }
    }
}

extension CircuitBreakerError {
    /// The error as plain values.
    ///
    /// - Parameter context: whatever helps to find the call again. It is kept as it is.
    public func report(context: [String: String] = [:]) -> RejectionReport {
        RejectionReport(
            kind: isRejection ? .rejected : .notSetUp,
            service: service,
            state: state,
            retryAfterMilliseconds: retryAfter.map(\.milliseconds),
            context: context
        )
    }
}
