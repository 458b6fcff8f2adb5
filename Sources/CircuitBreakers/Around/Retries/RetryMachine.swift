internal import Supervision

/// The tries of one call: how many there were, and whether there is another one and when (B30).
struct RetryMachine {
    enum Step: Hashable {
        /// No other try, for that reason.
        case giveUp(RetryEvent.GiveUpReason)
        /// Another try after so long, which the service asked for or the back-off says.
        case wait(Duration, isAskedFor: Bool)
    }

    private let maxAttempts: Int
    private let maxRetryAfter: Duration
    /// The tries that have ended.
    private(set) var attempts = 0

    init(maxAttempts: Int, maxRetryAfter: Duration) {
        self.maxAttempts = maxAttempts
        self.maxRetryAfter = maxRetryAfter
    }

    /// A try came to something that is to be retried.
    ///
    /// The budget is asked last, so that a retry that does not happen takes nothing from it.
    ///
    /// - Parameters:
    ///   - backoff: the wait before the retry of that number, the first of which is 0.
    ///   - remaining: the time until the caller's deadline; nil when there is none.
    mutating func tried(
        retryAfter: Duration?,
        backoff: (Int) -> Duration,
        remaining: Duration?,
        takeFromBudget: () -> Bool
    ) -> Step {
        attempts += 1
        guard attempts < maxAttempts else { return .giveUp(.attempts) }
        let asked = retryAfter.map { min(max($0, .zero), maxRetryAfter) }
        let wait = asked ?? backoff(attempts - 1)
        if let remaining, wait >= remaining { return .giveUp(.deadline) }
        guard takeFromBudget() else { return .giveUp(.budget) }
        return .wait(wait, isAskedFor: asked != nil)
    }
}
