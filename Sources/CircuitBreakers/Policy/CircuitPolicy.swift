public import Supervision

/// When a circuit opens, for how long, and how it closes again.
///
/// ```swift
/// var policy = CircuitPolicy()
/// policy.trip = .consecutiveFailures(3)
/// policy.openDuration = .exponential(from: .seconds(1), upTo: .seconds(60))
/// policy.judgeError = ErrorClassifier().ignoring(NotFound.self).judge
/// policy.judgeResults(of: Response.self) { $0.status >= 500 ? .failure : .success }
/// ```
///
/// A server checks its policies when it starts, and an instance without a supervisor when a circuit is made; see
/// ``validate()``.
public struct CircuitPolicy: Sendable {
    /// What makes a closed circuit open (B10).
    public enum Trip: Sendable, Hashable {
        /// That many failures with no success between them. At least 1.
        case consecutiveFailures(Int)
    }

    /// What a ``PermanentError`` does to the circuit.
    public enum PermanentErrorRule: Sendable, Hashable {
        /// It is a failure like any other.
        case countAsFailures
        /// It opens the circuit at once, and the circuit stays open until it is reset.
        case openUntilReset
    }

    /// What makes the circuit open. Five failures in a row unless set otherwise.
    public var trip: Trip = .consecutiveFailures(5)

    /// How long it stays open: attempt 0 when it opens from closed, and one more for each time that a probe opens it
    /// again (B16). A minute unless set otherwise.
    ///
    /// Attempts begin again from 0 when the circuit closes, so a `healthyAfter` of the back-off changes nothing here.
    /// A custom function runs outside of every lock; when it throws or gives a negative time, the base of the back-off
    /// holds and a ``CircuitEvent`` says so.
    public var openDuration: Backoff = .constant(.seconds(60))

    /// How a circuit that was open finds out whether it may close.
    public var halfOpen = HalfOpen()

    /// The longest open time that the `retryAfter` of a ``RetryableError`` can ask for. Five minutes unless set
    /// otherwise. It does not shorten ``openDuration``.
    public var maxRetryAfter: Duration = .seconds(300)

    /// What a ``PermanentError`` does. It is a failure like any other unless set otherwise.
    public var permanentErrors: PermanentErrorRule = .countAsFailures

    /// How a call counts whose own task was cancelled while its operation threw, whatever it threw (B5). Ignored
    /// unless set otherwise.
    public var cancellation: CallOutcome = .ignored

    /// How an error counts (B6). See ``ErrorClassifier`` for one made of rules.
    ///
    /// Unless set otherwise `CancellationError` and ``CircuitBreakerError`` (the rejection of another circuit, B8) are
    /// ignored and everything else is a failure. Runs outside of every lock.
    public var judgeError: @Sendable (any Error) -> CallOutcome = { ErrorClassifier.standardJudgement(of: $0) }

    /// How a returned value counts; nil when every value is a success. The caller gets the value however it counts.
    ///
    /// ``judgeResults(of:_:)`` sets it for one type. Runs outside of every lock.
    public var judgeResult: (@Sendable (Any) -> CallOutcome)?

    /// The standard policy.
    public init() {}

    /// Judges the values of one type. Values of other types count as they did before.
    ///
    /// ```swift
    /// policy.judgeResults(of: Response.self) { $0.status >= 500 ? .failure : .success }
    /// ```
    public mutating func judgeResults<Value>(
        of type: Value.Type,
        _ judge: @escaping @Sendable (Value) -> CallOutcome
    ) {
        let previous = judgeResult
        judgeResult = { value in
            guard let value = value as? Value else { return previous?(value) ?? .success }
            return judge(value)
        }
    }
}
