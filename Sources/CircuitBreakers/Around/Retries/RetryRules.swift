/// What a ``Retry`` retries.
struct RetryRules: Sendable {
    // Recorded is retried, ignored is not. Its judgement of what no rule names is the one that retries need.
    var errors = ErrorClassifier()
    var retriesRejections = false
    var retriesResult: (@Sendable (Any) -> Bool)?
    var readRetryAfter: (@Sendable (Any) -> Duration?)?

    /// What is to be retried about a result; nil when it is to be taken as it is.
    func trouble<Value>(with result: Result<Value, any Error>) -> RetryTrouble? {
        switch result {
        case .success(let value):
            guard let retriesResult, retriesResult(value) else { return nil }
            return RetryTrouble(cause: .result(type: "\(Value.self)"), retryAfter: readRetryAfter?(value))
        case .failure(let error):
            guard retries(error) else { return nil }
            return RetryTrouble(cause: .error(type: ErrorLayers(error).innermostType), retryAfter: retryAfter(error))
        }
    }

    private func retries(_ error: any Error) -> Bool {
        if ErrorLayers(error).contains(where: { $0 is PermanentError }) { return false }
        if retriesRejections, CallObstacle(error) == .rejected { return true }
        return errors.judge(error) == .failure
    }

    private func retryAfter(_ error: any Error) -> Duration? {
        for layer in ErrorLayers(error) {
            if let retryAfter = (layer as? RetryableError)?.retryAfter { return retryAfter }
            if let retryAfter = (layer as? CircuitBreakerError)?.retryAfter { return retryAfter }
            if let retryAfter = (layer as? RateLimitExceeded)?.retryAfter { return retryAfter }
            if let retryAfter = readRetryAfter?(layer) { return retryAfter }
        }
        return nil
    }
}

/// Why a call is retried.
struct RetryTrouble {
    var cause: RetryEvent.Cause
    var retryAfter: Duration?
}

extension ErrorLayers {
    /// The type of the error that all others wrap, which alone says what happened.
    var innermostType: String {
        reduce("") { _, layer in "\(type(of: layer))" }
    }
}

extension Retry {
    /// Retries errors of a type, and its subclasses, and none but those that are named in this way. An error matches
    /// also when it is wrapped (see ``ErrorWrapper``), however deep.
    public func retrying<Failure: Error>(_ type: Failure.Type) -> Retry {
        with { $0.errors = $0.errors.recording(type) }
    }

    /// Retries the errors that `matches` is true for, and none but those that are named in this way. It is asked about
    /// an error and all that it wraps.
    public func retrying(where matches: @escaping @Sendable (any Error) -> Bool) -> Retry {
        with { $0.errors = $0.errors.recording(where: matches) }
    }

    /// Does not retry errors of a type, and its subclasses, also when they are wrapped. Wins over ``retrying(_:)``.
    public func notRetrying<Failure: Error>(_ type: Failure.Type) -> Retry {
        with { $0.errors = $0.errors.ignoring(type) }
    }

    /// Does not retry the errors that `matches` is true for. Wins over ``retrying(_:)``.
    public func notRetrying(where matches: @escaping @Sendable (any Error) -> Bool) -> Retry {
        with { $0.errors = $0.errors.ignoring(where: matches) }
    }

    /// Retries the rejections of circuits too (B8). The `retryAfter` of a rejection sets the wait, up to
    /// ``maxRetryAfter``.
    public func retryingRejections() -> Retry {
        with { $0.retriesRejections = true }
    }

    /// Retries returned values of one type that `isTrouble` is true for. The value of the last try is returned,
    /// whatever it is.
    public func retryingResults<Value>(
        of type: Value.Type,
        where isTrouble: @escaping @Sendable (Value) -> Bool
    ) -> Retry {
        with { rules in
            let previous = rules.retriesResult
            rules.retriesResult = { value in
                guard let value = value as? Value else { return previous?(value) ?? false }
                return isTrouble(value)
            }
        }
    }

    /// Reads from errors or values of one type how long the service asked to be left alone.
    public func retryAfter<Value>(of type: Value.Type, _ read: @escaping @Sendable (Value) -> Duration?) -> Retry {
        with { rules in
            let previous = rules.readRetryAfter
            rules.readRetryAfter = { value in
                guard let value = value as? Value else { return previous?(value) }
                return read(value)
            }
        }
    }

    private func with(_ change: (inout RetryRules) -> Void) -> Retry {
        var copy = self
        change(&copy.rules)
        return copy
    }
}
