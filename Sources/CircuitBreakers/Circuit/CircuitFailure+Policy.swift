internal import Supervision

extension CircuitFailure {
    /// What a circuit of that policy needs to know of an error.
    init(_ error: any Error, _ policy: CircuitPolicy) {
        self.error = error
        for layer in ErrorLayers(error) {
            switch layer {
            case let retryable as RetryableError:
                if retryAfter == nil { retryAfter = retryable.retryAfter.map { min($0, policy.maxRetryAfter) } }
            case is PermanentError:
                if policy.permanentErrors == .openUntilReset { opensUntilReset = true }
            case let rejection as CircuitBreakerError:
                // The rejection of another circuit carries that one's last failure. Kept as it is, circuits that call
                // each other would make a chain that grows (B7).
                self.error = rejection.withoutLastFailure
            default: break
            }
        }
    }
}

extension CircuitMachine.OpenTime {
    /// The open time that the policy has for an attempt. Runs a function of the user's, so never under a lock.
    static func computed(
        by policy: CircuitPolicy,
        attempt: Int,
        random: (ClosedRange<Double>) -> Double
    ) -> CircuitMachine.OpenTime {
        let (duration, trouble) = policy.openDuration.delay(attempt: attempt, random: random)
        let reported: CircuitEvent.BackoffTrouble? =
            switch trouble {
            case nil: nil
            case .threw(let error): .threw(errorType: "\(type(of: error))")
            case .negative(let duration): .negative(duration)
            }
        return CircuitMachine.OpenTime(attempt: attempt, duration: duration, trouble: reported)
    }
}
