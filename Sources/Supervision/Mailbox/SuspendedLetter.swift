internal import Synchronization

/// What waits until the mailbox has room for it (S17).
@usableFromInline
enum SuspendedLetter<Server: GenServer>: Sendable {
    /// The caller waits for the answer anyhow.
    case call(PendingCall<Server>)
    /// The sender waits for the room.
    case message(Server.Message, RoomWaiter)
}

/// A sender that waits for room in a mailbox, for a time.
@usableFromInline
final class RoomWaiter: DeadlineTarget {
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

    /// Waits until the message has been let in.
    ///
    /// - Parameter post: puts the message into the mailbox or the queue before it; what it gives is the refusal.
    func wait(in runtime: Runtime, _ post: () -> (any Error)?) async throws {
        let token = runtime.deadlines.schedule(at: runtime.now.advanced(by: timeout), self)
        let failure = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let past: (any Error)?? = state.withLock { state in
                    if case .over(let outcome) = state { return .some(outcome) }
                    state = .waiting(continuation)
                    return nil
                }
                if let past { return continuation.resume(returning: past) }
                if let refusal = post() { end(refusal) }
            }
        } onCancel: {
            end(CancellationError())
        }
        runtime.deadlines.cancel(token)
        if let failure { throw failure }
    }

    /// Lets the sender go on. False when it has given up; its message is dropped then.
    ///
    /// Called under the lock of the mailbox, so that letting in is one step with the message's place in it. Resuming only
    /// queues the sender's task.
    func admit() -> Bool {
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
