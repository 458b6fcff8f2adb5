internal import Synchronization

/// The outcome of a supervised task, which is given once, and taken once.
///
/// | State | Can become |
/// |---|---|
/// | `pending`, with those who wait | settled, dropped |
/// | `settled` | dropped (taken) |
/// | `dropped` | nothing: what comes later goes nowhere |
final class TaskPromise<Value: Sendable>: Sendable {
    typealias Outcome = Result<Value, Exit>

    private enum State {
        case pending([Waiter<Outcome>])
        case settled(Outcome)
        case dropped
    }

    private let state = Mutex(State.pending([]))

    /// Gives the outcome. The first one counts.
    func settle(_ outcome: Outcome) {
        let waiters = state.withLock { state -> [Waiter<Outcome>] in
            guard case .pending(let waiters) = state else { return [] }
            state = .settled(outcome)
            return waiters
        }
        for waiter in waiters { waiter.end(outcome) }
    }

    /// Takes the outcome if it is there. Nobody gets it, or a later one, again.
    @discardableResult
    func drop() -> Outcome? {
        // Returned out of the lock, so that what the value owns is freed outside it.
        let (former, waiters) = state.withLock { state -> (Outcome?, [Waiter<Outcome>]) in
            defer { state = .dropped }
            switch state {
            case .pending(let waiters): return (nil, waiters)
            case .settled(let outcome): return (outcome, [])
            case .dropped: return (nil, [])
            }
        }
        for waiter in waiters { waiter.end(nil) }
        return former
    }

    var isDropped: Bool {
        state.withLock { state in
            if case .dropped = state { return true }
            return false
        }
    }

    private var isSettled: Bool {
        state.withLock { state in
            if case .settled = state { return true }
            return false
        }
    }

    /// Waits for the outcome and takes it. Nil when the time is over first, the task is cancelled, or someone else takes
    /// it. With a time that is not positive it takes what is there.
    func take(within time: Duration, in runtime: Runtime) async -> Outcome? {
        guard time > .zero else { return isSettled ? drop() : nil }
        let waiter = enqueue()
        let token = runtime.pendingDeadlines.schedule(at: runtime.now.advanced(by: time), waiter)
        let outcome = await withTaskCancellationHandler {
            await waiter.outcome()
        } onCancel: {
            waiter.end(nil)
        }
        runtime.pendingDeadlines.cancel(token)
        guard outcome == nil else {
            // Only one of several who ask at the same time gets it.
            return drop()
        }
        state.withLock { state in
            if case .pending(let waiters) = state { state = .pending(waiters.filter { $0 !== waiter }) }
        }
        return nil
    }

    /// Waits for the outcome as long as it takes, and takes it. Nil when someone else does.
    func take() async -> Outcome? {
        await enqueue().outcome() == nil ? nil : drop()
    }

    private func enqueue() -> Waiter<Outcome> {
        let waiter = Waiter<Outcome>()
        state.withLock { state in
            switch state {
            case .pending(let waiters): state = .pending(waiters + [waiter])
            case .settled(let outcome): waiter.end(outcome)
            case .dropped: waiter.end(nil)
            }
        }
        return waiter
    }
}
