internal import Synchronization

/// One task that waits for something to be known, perhaps not longer than until a deadline.
final class Waiter<Outcome: Sendable>: DeadlineTarget {
    private enum State {
        case new
        case waiting(UnsafeContinuation<Outcome?, Never>)
        case over(Outcome?)
    }

    // The continuation is resumed exactly once: by whoever moves the state to `over`.
    private let state = Mutex(State.new)

    /// What there is to know; nil when the deadline came first.
    func outcome() async -> Outcome? {
        await withUnsafeContinuation { continuation in
            let outcome: Outcome?? = state.withLock { state in
                if case .over(let outcome) = state { return .some(outcome) }
                state = .waiting(continuation)
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    func end(_ outcome: Outcome?) {
        let continuation: UnsafeContinuation<Outcome?, Never>? = state.withLock { state in
            switch state {
            case .new:
                state = .over(outcome)
                return nil
            case .waiting(let continuation):
                state = .over(outcome)
                return continuation
            case .over:
                return nil
            }
        }
        continuation?.resume(returning: outcome)
    }

    func deadlinePassed(tag: UInt64) {
        end(nil)
    }
}

extension Waiter: ExitObserver where Outcome == ExitReason {
    func ended(_ reason: ExitReason) {
        end(reason)
    }
}

/// One task that waits for an incarnation to end.
typealias ExitWaiter = Waiter<ExitReason>
