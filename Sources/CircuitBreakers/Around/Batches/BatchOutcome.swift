/// What came of a batch of calls (B32).
public struct BatchOutcome<Value: Sendable>: Sendable {
    /// One for each item, in the order of the items. An item that was not taken any more has the error that stopped the
    /// batch.
    public let results: [Result<Value, any Error>]
    /// How many items were given to the layer, whether it ran their operations or not.
    public let takenCount: Int
    /// The rejection that stopped the batch; nil when none did.
    public let rejection: CircuitBreakerError?

    /// The values of the items that succeeded, in order.
    public var values: [Value] { results.compactMap { try? $0.get() } }

    /// The errors of the items that were taken, in order, each once. The last of them is the ``rejection`` when that
    /// stopped a batch whose items were taken one after another.
    public var errors: [any Error] {
        results.prefix(takenCount).compactMap { result in
            if case .failure(let error) = result { error } else { nil }
        }
    }

    /// Whether every item was taken.
    public var isComplete: Bool { takenCount == results.count }
}
