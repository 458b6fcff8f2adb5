internal import Supervision

extension Retry {
    /// Checks the values of the retry and of its budget, but not the back-off, which keeps itself within its bounds.
    public func validate() throws(InvalidCallLimit) {
        try InvalidCallLimit.require(
            maxAttempts >= 1,
            "Retry(maxAttempts:)",
            "\(maxAttempts)",
            "1 or more",
            "the first try counts; use 1 for no retries"
        )
        try InvalidCallLimit.require(
            maxRetryAfter >= .zero,
            "Retry(maxRetryAfter:)",
            maxRetryAfter.shortDescription,
            "0 s or more",
            "use .zero to retry at once whatever the service asks for"
        )
        guard let budget else { return }
        // Written so that NaN, which compares false with everything, is refused.
        try InvalidCallLimit.require(
            budget.share >= 0 && budget.share <= 1,
            "RetryBudget(share:)",
            "\(budget.share)",
            "0 up to 1",
            "use 0.2 for one retry in five calls"
        )
        try InvalidCallLimit.require(
            (0...RetryBucket.maxReserve).contains(budget.reserve),
            "RetryBudget(reserve:)",
            "\(budget.reserve)",
            "0 up to \(RetryBucket.maxReserve)",
            "use 10, so that a few failures in a quiet hour are retried"
        )
    }
}
