internal import Supervision

extension SharedPolicy {
    /// What a circuit needs to know of a call that threw, in a task that was cancelled or was not (B5, B6).
    func report(on error: any Error, isCancelled: Bool) -> CircuitReport {
        let outcome: CallOutcome =
            if isCancelled {
                policy.cancellation
            } else if error is InjectedFault {
                // The policy knows only of errors that operations throw.
                .failure
            } else {
                judge(error)
            }
        switch outcome {
        case .success: return .success
        case .failure: return .failure(failure(error))
        case .ignored: return .ignored
        }
    }

    /// What a circuit needs to know of a call that returned that value.
    func report(on value: Any, outcome: CallOutcome) -> CircuitReport {
        switch outcome {
        case .success: .success
        case .failure: .failure(CircuitFailure(retryAfter: bounded(policy.readRetryAfter?(value))))
        case .ignored: .ignored
        }
    }

    private func judge(_ error: any Error) -> CallOutcome {
        let outcome = policy.judgeError(error)
        // The policy of deadlines is for errors that would count as failures.
        guard outcome == .failure, policy.deadline != .failure else { return outcome }
        return ErrorLayers(error).contains(where: Self.isDeadline) ? policy.deadline : outcome
    }

    private static func isDeadline(_ error: any Error) -> Bool {
        if case ServerError.timedOut = error { return true }
        return error is any DeadlineError
    }

    func failure(_ error: any Error) -> CircuitFailure {
        var failure = CircuitFailure(kind: FailureKind(error), error: error)
        for layer in ErrorLayers(error) {
            if failure.retryAfter == nil { failure.retryAfter = bounded(policy.readRetryAfter?(layer)) }
            switch layer {
            case let retryable as RetryableError:
                if failure.retryAfter == nil { failure.retryAfter = bounded(retryable.retryAfter) }
            case is PermanentError:
                if policy.permanentErrors == .openUntilReset { failure.opensUntilReset = true }
            case let rejection as CircuitBreakerError:
                // The rejection of another circuit carries that one's last failure. Kept as it is, circuits that call
                // each other would make a chain that grows (B7).
                failure.error = rejection.withoutLastFailure
            default: break
            }
        }
        return failure
    }

    private func bounded(_ retryAfter: Duration?) -> Duration? {
        retryAfter.map { min(max(.zero, $0), policy.maxRetryAfter) }
    }
}

// MARK: - Questions

extension SharedPolicy {
    /// Answers a circuit's question. Runs functions of the user's, so never under a lock.
    func answer(
        _ question: CircuitQuestion,
        of service: ServiceName,
        random: (ClosedRange<Double>) -> Double
    ) -> CircuitAnswer {
        switch question {
        case .openTime(let opening, let generation):
            return .openTime(openTime(opening, of: service, random: random), generation: generation)
        case .trip(let counts, let generation):
            guard case .custom(let trips) = policy.trip else { return .trip(false, generation: generation) }
            return .trip(trips(counts), generation: generation)
        }
    }

    private func openTime(
        _ opening: CircuitQuestion.Opening,
        of service: ServiceName,
        random: (ClosedRange<Double>) -> Double
    ) -> CircuitOpenTime {
        guard let openDurationOf = policy.openDurationOf else {
            let (duration, trouble) = policy.openDuration.delay(attempt: opening.attempt, random: random)
            let reported: CircuitEvent.BackoffTrouble? =
                switch trouble {
                case nil: nil
                case .threw(let error): .threw(errorType: "\(type(of: error))")
                case .negative(let duration): .negative(duration)
                }
            return CircuitOpenTime(attempt: opening.attempt, duration: duration, trouble: reported)
        }
        let base = policy.openDuration.base
        do {
            let duration = try openDurationOf(
                CircuitPolicy.Opening(
                    service: service,
                    attempt: opening.attempt,
                    counts: opening.counts,
                    failureRate: opening.failureRate
                )
            )
            if duration >= .zero { return CircuitOpenTime(attempt: opening.attempt, duration: duration) }
            return CircuitOpenTime(attempt: opening.attempt, duration: base, trouble: .negative(duration))
        } catch {
            let trouble = CircuitEvent.BackoffTrouble.threw(errorType: "\(type(of: error))")
            return CircuitOpenTime(attempt: opening.attempt, duration: base, trouble: trouble)
        }
    }
}
