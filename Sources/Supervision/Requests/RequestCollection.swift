/// Requests that are under way, each with a label, collected in the order in which they are answered (G16).
///
/// ```swift
/// var totals = RequestCollection<String, Int>(in: .current)
/// for (city, shard) in shards { totals.add(try shard.request { $0.total }, as: city) }
/// let deadline = Runtime.current.now.advanced(by: .seconds(2))
/// while let (city, total) = try await totals.next(until: deadline) { print(city, try total.get()) }
/// ```
public struct RequestCollection<Label: Sendable, Value: Sendable>: Sendable {
    private var entries: [(label: Label, request: ServerRequest<Value>)] = []
    private let runtime: Runtime

    /// An empty collection, whose deadlines are of that runtime.
    public init(in runtime: Runtime = .current) {
        self.runtime = runtime
    }

    /// How many requests have not been collected.
    public var count: Int { entries.count }

    /// Whether all have been collected.
    public var isEmpty: Bool { entries.isEmpty }

    /// Adds a request, with a label by which its answer is known.
    public mutating func add(_ request: ServerRequest<Value>, as label: Label) {
        entries.append((label, request))
    }

    /// The label and the outcome of the request that was answered first, which leaves the collection, if one has been
    /// answered. It does not wait.
    public mutating func check() -> (label: Label, outcome: Result<Value, any Error>)? {
        let answered = entries.indices.compactMap { index in entries[index].request.order.map { ($0, index) } }
        guard let (_, index) = answered.min(by: { $0.0 < $1.0 }) else { return nil }
        guard let outcome = entries[index].request.check() else { return nil }
        return (entries.remove(at: index).label, outcome)
    }

    /// The label and the outcome of the request that is answered next, which leaves the collection; nil when it is
    /// empty.
    ///
    /// - Throws: ``ServerError/timedOut(after:)`` when none has been answered within `timeout`, and `CancellationError`
    ///   when the task is cancelled. The requests stay: go on, or give them up with ``cancelAll()``.
    public mutating func next(
        within timeout: Duration = .seconds(5)
    ) async throws -> (label: Label, outcome: Result<Value, any Error>)? {
        try await next(until: runtime.now.advanced(by: timeout))
    }

    /// The same, until the runtime's clock reaches `deadline`.
    ///
    /// - Throws: ``ServerError/timedOut(after:)``; `CancellationError`.
    public mutating func next(
        until deadline: RuntimeInstant
    ) async throws -> (label: Label, outcome: Result<Value, any Error>)? {
        if entries.isEmpty { return nil }
        if let answer = check() { return answer }
        let time = runtime.now.duration(to: deadline)
        guard time > .zero else { throw ServerError.timedOut(after: time) }
        let wait = TimedWait(timeout: time)
        defer { for entry in entries { entry.request.forget(wait) } }
        try await wait.wait(in: runtime) {
            for entry in entries { entry.request.notify(wait) }
            return nil
        }
        return check()
    }

    /// Gives up all that have not been answered, and leaves the collection empty.
    public mutating func cancelAll() {
        for entry in entries { entry.request.cancel() }
        entries = []
    }
}
