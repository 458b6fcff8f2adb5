internal import Supervision

/// Another attempt beside one that is slow (B31): for the few calls that take far longer than the others do.
///
/// ```swift
/// let user = try await Hedge(after: .milliseconds(200)).call { try await api.user(1) }
/// ```
///
/// **Only for operations that may run twice**: several attempts are in flight at once, and more than one may have its
/// effect.
///
/// The first success is the call's, and the other attempts are cancelled. An attempt that fails begins no other, for
/// that is a retry's matter; the call fails when every attempt that has begun has failed, with the error of the first.
///
/// Each attempt is a child task of the caller's, so nothing of them is left when the call returns: **it waits for the
/// cancelled ones to end.** Put a ``TimeLimit`` into the hedge for operations that pay no heed to cancellation.
///
/// **Cancellation.** When the caller is cancelled all attempts are, no other is begun, and the caller gets what they
/// come to.
public struct Hedge: CallLayer, Hashable {
    private let delay: Duration
    private let maxHedges: Int

    /// Another attempt whenever `delay` has passed since the latest one began, and none has succeeded.
    ///
    /// - Parameters:
    ///   - delay: longer than zero. A good one is longer than nine of ten calls take.
    ///   - maxHedges: the most attempts beside the first. At least 1.
    public init(after delay: Duration, maxHedges: Int = 1) {
        self.delay = delay
        self.maxHedges = maxHedges
    }

    private enum Event<Value: Sendable> {
        case ended(attempt: Int, Result<Value, any Error>)
        case slow
    }

    /// Runs `operation`, and again beside it as long as it is slow.
    ///
    /// - Throws: the error of the first attempt when all have failed; ``InvalidCallLimit``.
    public func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try validate()
        let runtime = Runtime.current
        return try await withThrowingTaskGroup(of: Event<Value>.self) { group in
            func begin(_ attempt: Int) {
                group.addTask {
                    do { return .ended(attempt: attempt, .success(try await operation())) } catch {
                        return .ended(attempt: attempt, .failure(error))
                    }
                }
            }
            func awaitSlowness() {
                group.addTask {
                    // It ends early when the call is over, or the caller cancelled: then nobody asks.
                    try? await runtime.sleep(for: delay)
                    return .slow
                }
            }
            defer { group.cancelAll() }
            var machine = HedgeMachine(maxHedges: maxHedges)
            var firstError: (any Error)?
            begin(1)
            if machine.mayHedge { awaitSlowness() }
            while let event = try await group.next() {
                switch event {
                case .ended(_, .success(let value)): return value
                case .ended(let attempt, .failure(let error)):
                    if attempt == 1 || firstError == nil { firstError = error }
                    if machine.fail() { throw firstError ?? error }
                case .slow:
                    if Task.isCancelled { break }
                    begin(machine.hedge())
                    if machine.mayHedge { awaitSlowness() }
                }
            }
            // Not reached: an attempt that ends has either succeeded, or the last one to fail has thrown above.
            throw firstError ?? CancellationError()
        }
    }

    /// Checks the values of the hedge.
    public func validate() throws(InvalidCallLimit) {
        try InvalidCallLimit.require(
            delay > .zero,
            "Hedge(after:)",
            delay.shortDescription,
            "over 0 s",
            "a second attempt at once doubles the load; give the time that nine of ten calls take"
        )
        try InvalidCallLimit.require(
            maxHedges >= 1,
            "Hedge(maxHedges:)",
            "\(maxHedges)",
            "1 or more",
            "leave the hedge out if there is to be one attempt"
        )
    }
}
