internal import Supervision
internal import Synchronization

/// One call with a time limit. Whoever ends it first decides what the caller gets: the operation, the limit or the
/// caller's cancellation. What comes after that is dropped.
final class TimedCall<Value: Sendable>: DeadlineTarget {
    private typealias Outcome = Result<Value, any Error>

    /// What is ended together with the call.
    private struct Parts {
        var operation: Task<Void, Never>
        var deadline: DeadlineQueue.Token
    }

    private enum State {
        case new
        case waiting(UnsafeContinuation<Outcome, Never>, Parts?)
        case over
    }

    // The continuation is resumed exactly once: by whoever moves the state from `waiting` to `over`.
    private let state = Mutex(State.new)
    private let limit: Duration
    private let runtime: Runtime

    init(limit: Duration, runtime: Runtime) {
        self.limit = limit
        self.runtime = runtime
    }

    func run(until deadline: RuntimeInstant, _ operation: @escaping @Sendable () async throws -> Value) async throws
        -> Value
    {
        let outcome = await withTaskCancellationHandler {
            await withUnsafeContinuation { begin($0, until: deadline, operation) }
        } onCancel: {
            end(.failure(CancellationError()))
        }
        return try outcome.get()
    }

    private func begin(
        _ continuation: UnsafeContinuation<Outcome, Never>,
        until deadline: RuntimeInstant,
        _ operation: @escaping @Sendable () async throws -> Value
    ) {
        let isCancelled = state.withLock { state in
            if case .over = state { return true }
            state = .waiting(continuation, nil)
            return false
        }
        // Cancelled before it began: nothing is run.
        if isCancelled { return continuation.resume(returning: .failure(CancellationError())) }
        let token = runtime.deadlines.schedule(at: deadline, self)
        // Unstructured, because a structured task would have to be waited for, and the caller goes on at the limit
        // whatever the operation does. Every end of the call cancels it.
        let task = runtime.spawnForCaller {
            do { self.end(.success(try await operation())) } catch { self.end(.failure(error)) }
        }
        let parts = Parts(operation: task, deadline: token)
        let isOver = state.withLock { state in
            guard case .waiting(let continuation, _) = state else { return true }
            state = .waiting(continuation, parts)
            return false
        }
        // Whoever ended it meanwhile did not know of these yet.
        if isOver { endParts(parts) }
    }

    func deadlinePassed(tag: UInt64) {
        end(.failure(TimeLimitExceeded(after: limit)))
    }

    private func end(_ outcome: Outcome) {
        let previous = state.withLock { state in
            defer { state = .over }
            return state
        }
        guard case .waiting(let continuation, let parts) = previous else { return }
        if let parts { endParts(parts) }
        continuation.resume(returning: outcome)
    }

    private func endParts(_ parts: Parts) {
        runtime.deadlines.cancel(parts.deadline)
        parts.operation.cancel()
    }
}
