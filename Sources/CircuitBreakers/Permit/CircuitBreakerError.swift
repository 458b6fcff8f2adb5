internal import Supervision

/// Why a circuit breaker did not let a call through, or could not answer.
///
/// It is never the failure of an operation: that is rethrown as it was (B7). A circuit does not count it (B8).
// The cases that hold most are held elsewhere: what is thrown is copied on its way, and most of what is thrown is
// `open`.
public enum CircuitBreakerError: Error, Sendable {
    /// The circuit is open. Without `retryAfter` it stays so until an operator resets or enables it.
    ///
    /// `lastFailure` is the error of the last failure that the circuit counted, if that was an error.
    case open(ServiceName, retryAfter: Duration?, lastFailure: (any Error)?)
    /// The circuit is half-open, and as many probes as it allows are in flight.
    case noFreeProbe(ServiceName)
    /// The circuit has closed not long ago, and lets only a share of the calls through (``CircuitPolicy/ramp``).
    case recovering(ServiceName)
    /// The circuit of a service that this one needs is open (``CircuitPolicy/dependsOn``, B21).
    indirect case dependencyOpen(ServiceName, dependency: ServiceName, retryAfter: Duration?)
    /// As many circuits as the server may hold are in use, so none could be made for another service (B23).
    case tooManyCircuits(limit: Int)
    /// No circuit and no policy has that name.
    case unknownService(ServiceName, known: [ServiceName])
    /// No breaker server is running.
    case noServer
    /// The circuit cannot be made, because its policy says something impossible.
    indirect case invalidPolicy(InvalidCircuitPolicy)
}

extension CircuitBreakerError {
    /// The service that was to be called.
    public var service: ServiceName? {
        switch self {
        case .open(let service, _, _), .noFreeProbe(let service), .recovering(let service),
            .dependencyOpen(let service, _, _), .unknownService(let service, _):
            service
        case .noServer, .tooManyCircuits: nil
        case .invalidPolicy(let invalid): invalid.service
        }
    }

    /// The state in which the circuit rejected the call; nil when this is not a rejection. A circuit that was forced
    /// open is `open` here, without a ``retryAfter``; one whose dependency is open is, too.
    public var state: CircuitState? {
        switch self {
        case .open, .dependencyOpen: .open
        case .noFreeProbe: .halfOpen
        case .recovering: .closed
        case .unknownService, .noServer, .invalidPolicy, .tooManyCircuits: nil
        }
    }

    /// How long until the circuit lets a probe through, when that is known.
    public var retryAfter: Duration? {
        switch self {
        case .open(_, let retryAfter, _), .dependencyOpen(_, _, let retryAfter): retryAfter
        default: nil
        }
    }

    /// The error of the last failure that the circuit counted.
    public var lastFailure: (any Error)? {
        if case .open(_, _, let lastFailure) = self { lastFailure } else { nil }
    }

    /// Whether a circuit rejected the call, rather than that something about the breakers is not set up.
    @usableFromInline
    package var isRejection: Bool { state != nil }

    /// The same without its last failure, so that a rejection kept as a failure starts no chain (B7).
    var withoutLastFailure: CircuitBreakerError {
        if case .open(let service, let retryAfter, .some) = self {
            return .open(service, retryAfter: retryAfter, lastFailure: nil)
        }
        return self
    }
}

extension CircuitBreakerError: CustomStringConvertible {
    /// What happened, and what to do about it.
    public var description: String {
        switch self {
        case .open(let service, let retryAfter, let lastFailure):
            let end = retryAfter.map { "next attempt in \($0.shortDescription)" } ?? "until it is reset or enabled"
            let cause = lastFailure.map { "; last failure: \($0)" } ?? ""
            return "circuit '\(service)' is open; \(end)\(cause)"
        case .noFreeProbe(let service):
            return """
                circuit '\(service)' is half-open and its probes are in flight; try again when they have shown whether \
                the service works
                """
        case .recovering(let service):
            return """
                circuit '\(service)' has closed not long ago and lets only a share of the calls through; try again \
                shortly
                """
        case .dependencyOpen(let service, let dependency, let retryAfter):
            let end =
                retryAfter.map { "next attempt in \($0.shortDescription)" } ?? "until that one is reset or enabled"
            return "circuit '\(service)' rejects calls because '\(dependency)', which it depends on, is open; \(end)"
        case .tooManyCircuits(let limit):
            return """
                no room for another circuit: all \(limit) are in use; raise maxCircuits, or take fewer service names \
                (a name made from user data grows without bound)
                """
        case .unknownService(let service, let known):
            let names = known.map { "'\($0)'" }.joined(separator: ", ")
            let list = known.isEmpty ? "none is known yet" : "known are \(names)"
            return """
                no circuit '\(service)': \(list); check the spelling, or give the service a policy, since a circuit is \
                made at its first call
                """
        case .noServer:
            return """
                no circuit breaker server is running: add Child(.circuitBreakers) { CircuitBreakerServer() } to your \
                Supervisor, before the children that use it; if it was there, it has been stopped or is restarting
                """
        case .invalidPolicy(let invalid):
            return invalid.description
        }
    }
}
