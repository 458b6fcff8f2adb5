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
    /// What makes the circuit open. Five failures in a row unless set otherwise.
    public var trip: Trip = .consecutiveFailures(5)

    /// Slow calls that open the circuit beside ``trip``; nil when none does. Reads the clock twice for each call.
    public var slowCalls: SlowCalls?

    /// How long it stays open: attempt 0 when it opens from closed, and one more for each time that a probe opens it
    /// again (B16). A minute unless set otherwise.
    ///
    /// Attempts begin again from 0 when the circuit closes, unless ``attemptDecay`` is set; a `healthyAfter` of the
    /// back-off changes nothing here. A custom function runs outside of every lock; when it throws or gives a negative
    /// time, the base of the back-off holds and a ``CircuitEvent`` says so.
    public var openDuration: Backoff = .constant(.seconds(60))

    /// How long it stays open, from more than the number of the attempt; nil when ``openDuration`` decides alone.
    ///
    /// It runs outside of every lock. When it throws or gives a negative time, the base of ``openDuration`` holds and
    /// a ``CircuitEvent`` says so.
    public var openDurationOf: (@Sendable (Opening) throws -> Duration)?

    /// The healthy time after which the attempt number of ``openDuration`` falls by one, not below 0; nil when it
    /// falls to 0 as soon as the circuit closes. Longer than zero.
    public var attemptDecay: Duration?

    /// How a circuit that was open finds out whether it may close.
    public var halfOpen = HalfOpen()

    /// How traffic comes back after probes have closed the circuit; nil when all of it does at once.
    public var ramp: Ramp?

    /// The least time between two transitions of the circuit (B17). One that would come sooner is held until it may
    /// happen. An operator's are not held.
    public var minTransitionInterval: Duration = .zero

    /// A closed circuit forgets its counts and windows whenever so much time has passed; nil when it does not. Longer
    /// than zero.
    public var clearInterval: Duration?

    /// Failures that come within so much time of one that counted are one and the same to ``trip`` (they are counted
    /// in ``CircuitCounts/failures`` all the same). Zero when each counts.
    public var lumpingInterval: Duration = .zero

    /// For so long after the circuit was made nothing opens it but an operator. Zero when it is judged from the start.
    public var warmUp: Duration = .zero

    /// The state that the circuit begins in (B20).
    public var initialState: InitialState = .closed

    /// The services that this one needs (B21). While the circuit of one of them is open, or rejects because of one
    /// that it depends on itself, this one's rejects too and spends no probe.
    public var dependsOn: [ServiceName] = []

    /// The longest open time that the `retryAfter` of a ``RetryableError`` can ask for. Five minutes unless set
    /// otherwise. It does not shorten ``openDuration``.
    public var maxRetryAfter: Duration = .seconds(300)

    /// What a ``PermanentError`` does. It is a failure like any other unless set otherwise.
    public var permanentErrors: PermanentErrorRule = .countAsFailures

    /// How a call counts whose own task was cancelled while its operation threw, whatever it threw (B5). Ignored
    /// unless set otherwise.
    public var cancellation: CallOutcome = .ignored

    /// How a call counts that failed because its time was over, whatever ``judgeError`` says of that otherwise (B5):
    /// an error of ``DeadlineError``, or one that wraps it. A failure unless set otherwise.
    public var deadline: CallOutcome = .failure

    /// How an error counts (B6). See ``ErrorClassifier`` for one made of rules.
    ///
    /// Unless set otherwise `CancellationError` and ``CallRejection`` (of another circuit, a bulkhead and so on, B8)
    /// are ignored and everything else is a failure. Runs outside of every lock.
    public var judgeError: @Sendable (any Error) -> CallOutcome = { ErrorClassifier.standardJudgement(of: $0) }

    /// How a returned value counts; nil when every value is a success. The caller gets the value however it counts.
    ///
    /// ``judgeResults(of:_:)`` sets it for one type. Runs outside of every lock.
    public var judgeResult: (@Sendable (Any) -> CallOutcome)?

    /// How long the service asked to be left alone, read from an error or a returned value that counts as a failure;
    /// nil when only a ``RetryableError`` says so. Up to ``maxRetryAfter``. Runs outside of every lock.
    ///
    /// ``retryAfter(of:_:)`` sets it for one type.
    public var readRetryAfter: (@Sendable (Any) -> Duration?)?

    /// When the circuit counts as flapping, and when no longer (B27).
    public var flapping = FlappingAlarm.Rule()

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
    /// Reads from errors or values of one type how long the service asked to be left alone. Those of other types are
    /// read as before.
    ///
    /// ```swift
    /// policy.retryAfter(of: Response.self) { $0.retryAfter }
    /// ```
    public mutating func retryAfter<Value>(of type: Value.Type, _ read: @escaping @Sendable (Value) -> Duration?) {
        let previous = readRetryAfter
        readRetryAfter = { value in
            guard let value = value as? Value else { return previous?(value) }
            return read(value)
        }
    }
}
