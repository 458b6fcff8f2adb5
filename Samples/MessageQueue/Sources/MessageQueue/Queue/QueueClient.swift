/// What a program does with a message queue, wherever that is.
protocol QueueClient: Sendable {
    /// Puts a message into the queue.
    func send(_ body: String) async throws

    /// Takes up to `limit` messages. One that is not acknowledged in time is given out again.
    func receive(upTo limit: Int) async throws -> [QueueMessage]

    /// Says that a message has been dealt with.
    func acknowledge(_ receipt: QueueMessage.Receipt) async throws
}

/// A message, as it was given out once.
struct QueueMessage: Sendable, Hashable {
    /// What a message is acknowledged by; another one each time that it is given out.
    struct Receipt: Sendable, Hashable {
        let number: Int
    }

    let body: String
    let receipt: Receipt
}

/// The methods of a ``QueueClient``.
enum QueueMethod: String, Sendable, CaseIterable {
    case send, receive, acknowledge
}

/// What a queue has to say against a call.
enum QueueError: Error, Hashable, CustomStringConvertible {
    /// The queue does not answer as it should: a failure of the queue.
    case unavailable
    /// The message is not out, or is out again under another receipt: a mistake of the caller, not a failure.
    case unknownReceipt

    var description: String {
        switch self {
        case .unavailable: "the queue is not available"
        case .unknownReceipt: "no message is out under that receipt"
        }
    }
}
