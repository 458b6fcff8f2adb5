/// Which items of a batch are taken, and what becomes of those that are not (B32).
///
/// Items are taken in order, so that those that are not taken are the last ones.
struct BatchMachine<Value: Sendable> {
    private var results: [Result<Value, any Error>?]
    private let stops: (any Error) -> CircuitBreakerError?
    private(set) var takenCount = 0
    private(set) var rejection: CircuitBreakerError?

    /// - Parameter stops: the rejection in an error that ends the batch; nil when the error is an item's own matter.
    init(count: Int, stops: @escaping (any Error) -> CircuitBreakerError?) {
        results = Array(repeating: nil, count: count)
        self.stops = stops
    }

    /// The next item to take; nil when there is none, or no more is to be taken.
    mutating func take() -> Int? {
        guard rejection == nil, takenCount < results.count else { return nil }
        defer { takenCount += 1 }
        return takenCount
    }

    mutating func ended(_ index: Int, _ result: Result<Value, any Error>) {
        results[index] = result
        if rejection == nil, case .failure(let error) = result { rejection = stops(error) }
    }

    /// What came of it, when everything that was taken has ended. Without a rejection it was the caller's cancellation
    /// that left items over.
    func outcome() -> BatchOutcome<Value> {
        let leftOver: any Error = rejection ?? CancellationError()
        return BatchOutcome(
            results: results.map { $0 ?? .failure(leftOver) },
            takenCount: takenCount,
            rejection: rejection
        )
    }
}
