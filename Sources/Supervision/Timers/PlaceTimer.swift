internal import Synchronization

/// A timer, whatever kind of server it is for. All that it does but to send its message is done here, where no type need
/// be looked up.
@usableFromInline
class PlaceTimer: DeadlineTarget, @unchecked Sendable {
    // Unchecked because it is not final, and because of `position`, which the place's lock guards.

    private struct State {
        var token: DeadlineQueue.Token?
        /// When the next tick of a timer with a period is due.
        var next = RuntimeInstant.origin
        var isCancelled = false
        /// Whether a tick lies in the mailbox. There is never more than one.
        var isPosted = false
    }

    private let runtime: Runtime
    /// Nil when it comes once.
    private let period: Duration?
    private let state = Mutex(State())
    /// Where it stands in the list of its place.
    @exclusivity(unchecked) fileprivate final var position = -1

    init(in runtime: Runtime, period: Duration?) {
        self.runtime = runtime
        self.period = period
    }

    /// Takes it out of the list of its place.
    func forget() {}
    /// Sends its message.
    func post() {}

    @usableFromInline
    final var isCancelled: Bool { state.withLock { $0.isCancelled } }

    @usableFromInline
    final func arm(after delay: Duration) {
        arm(at: runtime.now.advanced(by: delay))
    }

    private final func arm(at next: RuntimeInstant) {
        let deadlines = runtime.deadlines
        // The queue tells of no deadline, and takes no lock of a timer's, while it schedules one.
        let isCancelled = state.withLock { state in
            if state.isCancelled { return true }
            state.next = next
            return false
        }
        if isCancelled { return }
        let token = deadlines.schedule(at: next, self)
        let isLate = state.withLock { state in
            state.token = token
            return state.isCancelled
        }
        if isLate { deadlines.cancel(token) }
    }

    final func cancel() {
        let token = state.withLock { state in
            state.isCancelled = true
            defer { state.token = nil }
            return state.token
        }
        if let token { runtime.deadlines.cancel(token) }
        forget()
    }

    package final func deadlinePassed(tag: UInt64) {
        let now = runtime.now
        let (isDue, next) = state.withLock { state -> (Bool, RuntimeInstant) in
            guard !state.isCancelled else { return (false, now) }
            if let period {
                // On the beat of the first tick, however late this one is; what was missed meanwhile is left out.
                let behind = max(0, state.next.duration(to: now).saturatedNanoseconds)
                let step = max(1, period.saturatedNanoseconds)
                state.next = state.next.advanced(by: .nanoseconds(step)).advanced(
                    by: .nanoseconds(behind / step * step)
                )
            }
            defer { state.isPosted = true }
            return (!state.isPosted, state.next)
        }
        if period != nil {
            arm(at: next)
        } else {
            forget()
        }
        if isDue { post() }
    }

    /// Its message has been handled or dropped.
    @usableFromInline
    final func tookMessage() {
        state.withLock { $0.isPosted = false }
    }
}

/// Something that an incarnation has begun, and that is taken back when it ends.
protocol Cancellable: AnyObject, Sendable {
    func cancel()
}

/// The timers of an incarnation. Each knows its place in the list, so that it leaves without being looked for.
struct TimerList: Sendable {
    private(set) var all: [PlaceTimer] = []

    var isEmpty: Bool { all.isEmpty }

    mutating func add(_ timer: PlaceTimer) {
        timer.position = all.count
        all.append(timer)
    }

    /// Nothing happens when it is not there.
    mutating func remove(_ timer: PlaceTimer) {
        let position = timer.position
        guard position >= 0, position < all.count, all[position] === timer else { return }
        timer.position = -1
        let last = all.removeLast()
        guard last !== timer else { return }
        all[position] = last
        last.position = position
    }

    mutating func removeAll() -> [PlaceTimer] {
        defer { all = [] }
        return all
    }
}
