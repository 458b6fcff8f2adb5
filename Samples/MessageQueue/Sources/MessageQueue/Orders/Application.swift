import CircuitBreakers
import Supervision

extension ServerName where Server == Outbox {
    static var outbox: Self { .init("outbox") }
}

extension ServerName where Server == Consumer {
    static var consumer: Self { .init("consumer") }
}

/// The supervision tree of the sample.
enum Application {
    /// How often orders are sent and received.
    static let period: Duration = .milliseconds(50)
    /// How long one call of the queue may take.
    static let timeLimit: Duration = .milliseconds(150)
    /// How long a circuit stays open.
    static let openTime: Duration = .milliseconds(400)

    /// The tree around a queue. Its children see the protected client alone.
    static func tree(queue: InMemoryQueue) -> Supervisor {
        let client = ProtectedQueueClient(queue, queue: "orders", timeLimit: TimeLimit(timeLimit))
        return Supervisor {
            Child(.circuitBreakers) { CircuitBreakerServer(policy: policy) }
            Child(.outbox) { Outbox(queue: client, period: period) }
            Child(.consumer) { Consumer(queue: client, period: period) }
        }
    }

    /// Three failures in a row open a circuit. A wrong receipt is no failure of the queue.
    static var policy: CircuitPolicy {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(3)
        policy.openDuration = .constant(openTime)
        policy.judgeError = ErrorClassifier().ignoring { ($0 as? QueueError) == .unknownReceipt }.judge
        return policy
    }
}
