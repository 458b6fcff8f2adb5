internal import Synchronization

/// One task that waits for an incarnation to end, perhaps not longer than until a deadline.
final class ExitWaiter: DeadlineTarget, ExitObserver {
    private enum State {
        case new
        case waiting(UnsafeContinuation<ExitReason?, Never>)
        case over(ExitReason?)
    }

    // The continuation is resumed exactly once: by whoever moves the state to `over`.
    private let state = Mutex(State.new)

    /// The reason of the exit; nil when the deadline came first.
    func reason() async -> ExitReason? {
        await withUnsafeContinuation { continuation in
            let reason: ExitReason?? = state.withLock { state in
                if case .over(let reason) = state { return .some(reason) }
                state = .waiting(continuation)
                return nil
            }
            if let reason { continuation.resume(returning: reason) }
        }
    }

    func end(_ reason: ExitReason?) {
        let continuation: UnsafeContinuation<ExitReason?, Never>? = state.withLock { state in
            switch state {
            case .new:
                state = .over(reason)
                return nil
            case .waiting(let continuation):
                state = .over(reason)
                return continuation
            case .over:
                return nil
            }
        }
        continuation?.resume(returning: reason)
    }

    func ended(_ reason: ExitReason) {
        end(reason)
    }

    func deadlinePassed(tag: UInt64) {
        end(nil)
    }
}
