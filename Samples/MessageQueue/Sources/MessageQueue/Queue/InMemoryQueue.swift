import Supervision

/// A queue in memory that can be told to fail. It stands for one that runs somewhere else.
actor InMemoryQueue: QueueClient {
    /// What is wrong with a method.
    enum Trouble: Sendable {
        /// It throws at once.
        case failing
        /// It does not answer, until the caller gives up.
        case hanging
    }

    private struct Given {
        var body: String
        var until: RuntimeInstant
    }

    private let visibilityTimeout: Duration
    private var waiting: [String] = []
    private var given: [QueueMessage.Receipt: Given] = [:]
    private var latestReceipt = 0
    private var troubles: [QueueMethod: Trouble] = [:]
    /// How often each method has been called, whatever came of it.
    private(set) var attempts: [QueueMethod: Int] = [:]

    /// An empty queue.
    ///
    /// - Parameter visibilityTimeout: how long a message that was given out may go unacknowledged.
    init(visibilityTimeout: Duration = .milliseconds(500)) {
        self.visibilityTimeout = visibilityTimeout
    }

    /// Makes methods fail or hang; nil makes them work again.
    func set(_ trouble: Trouble?, of methods: QueueMethod...) {
        for method in methods { troubles[method] = trouble }
    }

    func send(_ body: String) async throws {
        try await answer(.send)
        waiting.append(body)
    }

    func receive(upTo limit: Int) async throws -> [QueueMessage] {
        try await answer(.receive)
        takeBackUnacknowledged()
        let now = Runtime.current.now
        let messages = waiting.prefix(limit).map { body in
            latestReceipt += 1
            return QueueMessage(body: body, receipt: .init(number: latestReceipt))
        }
        waiting.removeFirst(messages.count)
        for message in messages {
            given[message.receipt] = Given(body: message.body, until: now.advanced(by: visibilityTimeout))
        }
        return messages
    }

    func acknowledge(_ receipt: QueueMessage.Receipt) async throws {
        try await answer(.acknowledge)
        guard given.removeValue(forKey: receipt) != nil else { throw QueueError.unknownReceipt }
    }

    private func answer(_ method: QueueMethod) async throws {
        attempts[method, default: 0] += 1
        switch troubles[method] {
        case nil: return
        case .failing: throw QueueError.unavailable
        case .hanging: try await Runtime.current.sleep(until: .distantFuture)
        }
    }

    private func takeBackUnacknowledged() {
        let now = Runtime.current.now
        let due = given.filter { $0.value.until <= now }.sorted { $0.key.number < $1.key.number }
        for (receipt, message) in due {
            given[receipt] = nil
            waiting.append(message.body)
        }
    }
}
