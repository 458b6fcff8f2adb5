internal import Synchronization

/// A task that waits for one thing, for a time: for room in a mailbox (S17), for the answer to a request (G16).
///
/// Whoever ends the wait first decides how it ends: the thing itself, the deadline, or the cancellation of the task.
@usableFromInline
final class TimedWait: DeadlineTarget {
    private enum State {
        case new
        case waiting(UnsafeContinuation<(any Error)?, Never>)
        case over((any Error)?)

        var isOver: Bool {
            if case .over = self { return true }
            return false
        }
    }

    // The continuation is resumed exactly once: by whoever moves the state to `over`.
    private let state = Mutex(State.new)
    private let timeout: Duration

    init(timeout: Duration) {
        self.timeout = timeout
    }

    /// Whether it may still come to what it waits for.
    var isWaiting: Bool { state.withLock { !$0.isOver } }

    /// Waits until ``succeed()`` is called.
    ///
    /// - Parameter begin: has whoever will call that know of the wait; what it gives ends the wait at once.
    func wait(in runtime: Runtime, _ begin: () -> (any Error)?) async throws {
        let token = runtime.pendingDeadlines.schedule(at: runtime.now.advanced(by: timeout), self)
        let failure = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let past: (any Error)?? = state.withLock { state in
                    if case .over(let outcome) = state { return .some(outcome) }
                    state = .waiting(continuation)
                    return nil
                }
                if let past { return continuation.resume(returning: past) }
                if let refusal = begin() { end(refusal) }
            }
        } onCancel: {
            end(CancellationError())
        }
        runtime.pendingDeadlines.cancel(token)
        if let failure { throw failure }
    }

    /// What it waits for is there. False when the wait was over before.
    ///
    /// May be called under a lock, where that makes it one step with something else: resuming only queues the task.
    @discardableResult
    func succeed() -> Bool {
        end(nil)
    }

    @discardableResult
    func end(_ outcome: (any Error)?) -> Bool {
        let (continuation, isFirst) = state.withLock { state in
            defer { if !state.isOver { state = .over(outcome) } }
            switch state {
            case .new: return (UnsafeContinuation<(any Error)?, Never>?.none, true)
            case .waiting(let continuation): return (continuation, true)
            case .over: return (nil, false)
            }
        }
        continuation?.resume(returning: outcome)
        return isFirst
    }

    @usableFromInline
    package func deadlinePassed(tag: UInt64) {
        end(ServerError.timedOut(after: timeout))
    }
}
