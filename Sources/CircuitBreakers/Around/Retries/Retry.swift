public import Supervision

/// Further tries of an operation that failed (B30).
///
/// ```swift
/// let patient = Retry(
///     maxAttempts: 5,
///     backoff: .exponential(from: .milliseconds(100), upTo: .seconds(5)),
///     budget: RetryBudget()
/// )
/// let user = try await patient.call { try await api.user(1) }
/// ```
///
/// **What is retried.** Every error, but not a ``PermanentError``, however deep it is wrapped; not `CancellationError`;
/// not the rejection of a circuit or of another layer, unless ``retryingRejections()`` says so (B8). ``retrying(_:)``
/// and ``notRetrying(_:)`` choose among the rest. Returned values are retried when ``retryingResults(of:where:)`` says
/// so.
///
/// **How long it waits.** As long as ``backoff`` says, by the runtime's clock and randomness. A ``RetryableError`` with
/// a `retryAfter` sets the wait in its place, up to ``maxRetryAfter``. It waits for nothing that would come only after
/// the caller's ``CallDeadline``.
///
/// **What the caller gets.** What the last try came to, unchanged.
///
/// **Cancellation.** A wait ends at once with `CancellationError`. After a try that failed in a cancelled task there is
/// no other, and its error surfaces.
///
/// **Events.** A ``RetryEvent`` for each wait, and one when it gives up.
public struct Retry: CallLayer {
    /// How often the operation is tried, the first time included. At least 1.
    public var maxAttempts: Int
    /// The wait before each further try; attempt 0 is the first of them. A `healthyAfter` changes nothing here.
    public var backoff: Backoff
    /// What limits the retries of many calls together; nil when nothing does.
    public var budget: RetryBudget?
    /// The longest wait that a `retryAfter` can ask for. Zero or more.
    public var maxRetryAfter: Duration
    /// What its events call it; nil for nothing.
    public var name: String?

    var rules = RetryRules()

    /// At most so many tries.
    ///
    /// - Parameters:
    ///   - maxAttempts: how often the operation is tried, the first time included. At least 1.
    ///   - backoff: the wait before each further try, with full jitter unless it says otherwise.
    ///   - budget: what limits the retries of many calls together. Share one among all that call the same service.
    ///   - maxRetryAfter: the longest wait that a `retryAfter` can ask for.
    ///   - name: what the events call it, for instance the service.
    public init(
        maxAttempts: Int = 3,
        backoff: Backoff = .exponential(from: .milliseconds(100), upTo: .seconds(10)),
        budget: RetryBudget? = nil,
        maxRetryAfter: Duration = .seconds(60),
        name: String? = nil
    ) {
        self.maxAttempts = maxAttempts
        self.backoff = backoff
        self.budget = budget
        self.maxRetryAfter = maxRetryAfter
        self.name = name
    }

    /// Runs `operation` until it succeeds, fails with something that is not retried, or has been tried often enough.
    ///
    /// - Throws: the error of the last try; `CancellationError` when the caller is cancelled during a wait;
    ///   ``InvalidCallLimit`` when its values make no sense, and nothing is run.
    public func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try validate()
        budget?.deposit()
        let runtime = Runtime.current
        var machine = RetryMachine(maxAttempts: maxAttempts, maxRetryAfter: maxRetryAfter)
        while true {
            let result: Result<Value, any Error>
            do { result = .success(try await operation()) } catch { result = .failure(error) }
            guard let trouble = rules.trouble(with: result), !Task.isCancelled else { return try result.get() }
            let step = machine.tried(
                retryAfter: trouble.retryAfter,
                backoff: { delay(attempt: $0, trouble, in: runtime) },
                remaining: CallDeadline.current?.remaining,
                takeFromBudget: { budget?.withdraw() ?? true }
            )
            emit(step, trouble, attempt: machine.attempts, in: runtime)
            switch step {
            case .giveUp: return try result.get()
            // A clock that is moved by hand wakes nobody before it is moved, not even those who wait for no time.
            case .wait(let wait, _) where wait <= .zero: try Task.checkCancellation()
            case .wait(let wait, _): try await runtime.sleep(for: wait)
            }
        }
    }

    private func delay(attempt: Int, _ trouble: RetryTrouble, in runtime: Runtime) -> Duration {
        let (delay, backoffTrouble) = backoff.delay(attempt: attempt, random: runtime.random(in:))
        if backoffTrouble != nil {
            emit(.usedBaseBackoff(delay), trouble, attempt: attempt + 1, in: runtime)
        }
        return delay
    }

    private func emit(_ step: RetryMachine.Step, _ trouble: RetryTrouble, attempt: Int, in runtime: Runtime) {
        switch step {
        case .wait(let wait, let isAskedFor):
            emit(.waiting(wait, isAskedFor: isAskedFor), trouble, attempt: attempt, in: runtime)
        case .giveUp(let reason):
            emit(.gaveUp(reason), trouble, attempt: attempt, in: runtime)
        }
    }

    private func emit(_ kind: RetryEvent.Kind, _ trouble: RetryTrouble, attempt: Int, in runtime: Runtime) {
        runtime.emit(
            RetryEvent(
                name: name,
                attempt: attempt,
                maxAttempts: maxAttempts,
                cause: trouble.cause,
                kind: kind,
                time: runtime.now
            )
        )
    }
}
