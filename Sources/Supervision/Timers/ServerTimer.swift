internal import Synchronization

/// A message that comes later: once, or again and again.
@usableFromInline
final class ServerTimer<Server: GenServer>: DeadlineTarget {
    private struct State {
        var token: DeadlineQueue.Token?
        var next: RuntimeInstant
        var isCancelled = false
        /// Whether a tick lies in the mailbox. There is never more than one.
        var isPosted = false
    }

    private let place: ServerPlace<Server>
    private let incarnation: Int
    private let message: Server.Message
    private let period: Duration?
    private let state: Mutex<State>

    init(
        place: ServerPlace<Server>,
        incarnation: Int,
        message: Server.Message,
        first: RuntimeInstant,
        period: Duration?
    ) {
        self.place = place
        self.incarnation = incarnation
        self.message = message
        self.period = period
        state = Mutex(State(next: first))
    }

    @usableFromInline
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func arm() {
        let next = state.withLock { $0.next }
        let token = place.runtime.deadlines.schedule(at: next, self)
        let isCancelled = state.withLock { state in
            state.token = token
            return state.isCancelled
        }
        if isCancelled { place.runtime.deadlines.cancel(token) }
    }

    func cancel() {
        let token = state.withLock { state in
            state.isCancelled = true
            defer { state.token = nil }
            return state.token
        }
        if let token { place.runtime.deadlines.cancel(token) }
        place.forget(self, of: incarnation)
    }

    package func deadlinePassed(tag: UInt64) {
        let now = place.runtime.now
        let isDue = state.withLock { state in
            guard !state.isCancelled else { return false }
            if let period {
                // On the beat of the first tick, however late this one is; what was missed meanwhile is left out.
                let behind = max(0, state.next.duration(to: now).saturatedNanoseconds)
                let step = max(1, period.saturatedNanoseconds)
                state.next = state.next.advanced(by: .nanoseconds(step)).advanced(
                    by: .nanoseconds(behind / step * step)
                )
            }
            defer { state.isPosted = true }
            return !state.isPosted
        }
        if period != nil {
            arm()
        } else {
            place.forget(self, of: incarnation)
        }
        if isDue { place.postOwn(message, from: incarnation, timer: self) }
    }

    /// Its message has been handled or dropped.
    @usableFromInline
    func tookMessage() {
        state.withLock { $0.isPosted = false }
    }
}

/// A timer that ``ServerContext/send(_:after:)`` or ``ServerContext/send(_:every:)`` has set.
public struct TimerToken: Sendable {
    let onCancel: @Sendable () -> Void

    /// Takes the timer back. A message of its that waits in the mailbox is not handled any more.
    public func cancel() {
        onCancel()
    }
}
