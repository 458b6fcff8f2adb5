internal import Synchronization

/// Something that waits for a deadline. It is told once, with the tag that it gave, unless it cancels before.
package protocol DeadlineTarget: AnyObject, Sendable {
    func deadlinePassed(tag: UInt64)
}

/// The one queue of all that a runtime waits for: call deadlines, timers, back-off, reset timers, leases.
///
/// One alarm of the runtime's clock wakes it for its earliest deadline. A cancelled deadline leaves at once.
public final class DeadlineQueue: Sendable {
    package struct Token: Hashable, Sendable {
        fileprivate let token: DeadlineHeap<Waiting>.Token
    }

    fileprivate struct Waiting: Sendable {
        let target: any DeadlineTarget
        let tag: UInt64
    }

    private struct State: Sendable {
        var heap = DeadlineHeap<Waiting>()
        var alarm: (any DeadlineAlarm)?
        /// When the alarm will go off; nil when it is not set.
        var alarmSetFor: RuntimeInstant?
    }

    private let clock: any RuntimeClock
    private let state = Mutex(State())

    package init(clock: any RuntimeClock) {
        self.clock = clock
    }

    deinit {
        state.withLock { $0.alarm?.invalidate() }
    }

    /// How many deadlines are waiting.
    public var pendingCount: Int {
        state.withLock { $0.heap.count }
    }

    /// The earliest deadline that is waiting.
    public var earliest: RuntimeInstant? {
        state.withLock { $0.heap.earliest }
    }

    package func schedule(at deadline: RuntimeInstant, _ target: any DeadlineTarget, tag: UInt64 = 0) -> Token {
        state.withLock { state in
            let token = state.heap.insert(Waiting(target: target, tag: tag), at: deadline)
            let alarm = state.alarm ?? clock.makeAlarm(for: self)
            state.alarm = alarm
            if state.alarmSetFor.map({ deadline < $0 }) ?? true {
                state.alarmSetFor = deadline
                alarm.set(for: deadline)
            }
            alarm.pendingCountChanged(to: state.heap.count)
            return Token(token: token)
        }
    }

    /// True when the deadline had not passed and will not be told of any more.
    @discardableResult
    package func cancel(_ token: Token) -> Bool {
        // Returned out of the lock, so that whatever the target owns is freed outside it.
        let waiting = state.withLock { state -> Waiting? in
            guard let waiting = state.heap.remove(token.token) else { return nil }
            state.alarm?.pendingCountChanged(to: state.heap.count)
            return waiting
        }
        return waiting != nil
    }

    /// Tells everything whose deadline is not after `now`, earliest first, and sets the alarm for the next.
    public func expire(upTo now: RuntimeInstant) {
        while let waiting = popFirst(upTo: now) {
            waiting.target.deadlinePassed(tag: waiting.tag)
        }
    }

    /// Tells one of those whose deadline is the earliest, if it is not after `now`: the one that `choose` says out of so
    /// many, in the order in which they came. False when none is due.
    package func expireOne(upTo now: RuntimeInstant, _ choose: (Int) -> Int) -> Bool {
        let waiting = state.withLock { state -> Waiting? in
            guard let earliest = state.heap.earliest, earliest <= now else { return nil }
            defer { state.alarm?.pendingCountChanged(to: state.heap.count) }
            return state.heap.removeEarliest(choose)
        }
        waiting?.target.deadlinePassed(tag: waiting?.tag ?? 0)
        return waiting != nil
    }

    private func popFirst(upTo now: RuntimeInstant) -> Waiting? {
        state.withLock { state in
            if let waiting = state.heap.popFirst(upTo: now) {
                state.alarm?.pendingCountChanged(to: state.heap.count)
                return waiting
            }
            state.alarmSetFor = state.heap.earliest
            if let next = state.heap.earliest { state.alarm?.set(for: next) }
            return nil
        }
    }
}
