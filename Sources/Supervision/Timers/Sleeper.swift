internal import Synchronization

/// One task that sleeps in a deadline queue.
final class Sleeper: DeadlineTarget {
    private enum State {
        case new
        case asleep(UnsafeContinuation<Void, any Error>, DeadlineQueue.Token?)
        case done(cancelled: Bool)
    }

    // The continuation is resumed exactly once: by whoever moves the state from `asleep` to `done`.
    private let state = Mutex(State.new)

    static func sleep(until deadline: RuntimeInstant, in queue: DeadlineQueue) async throws {
        let sleeper = Sleeper()
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                sleeper.begin(continuation, until: deadline, in: queue)
            }
        } onCancel: {
            sleeper.end(cancelled: true, in: queue)
        }
    }

    private func begin(
        _ continuation: UnsafeContinuation<Void, any Error>,
        until deadline: RuntimeInstant,
        in queue: DeadlineQueue
    ) {
        let cancelled = state.withLock { state in
            if case .done = state { return true }
            state = .asleep(continuation, nil)
            return false
        }
        if cancelled { return continuation.resume(throwing: CancellationError()) }
        let token = queue.schedule(at: deadline, self)
        let isOver = state.withLock { state in
            guard case .asleep(let continuation, _) = state else { return true }
            state = .asleep(continuation, token)
            return false
        }
        if isOver { queue.cancel(token) }
    }

    func deadlinePassed(tag: UInt64) {
        end(cancelled: false, in: nil)
    }

    private func end(cancelled: Bool, in queue: DeadlineQueue?) {
        let previous = state.withLock { state in
            let previous = state
            if case .done = previous { return previous }
            state = .done(cancelled: cancelled)
            return previous
        }
        guard case .asleep(let continuation, let token) = previous else { return }
        if let token { queue?.cancel(token) }
        if cancelled {
            continuation.resume(throwing: CancellationError())
        } else {
            continuation.resume()
        }
    }
}
