internal import Synchronization

/// What waits in a ``DeadlineQueue``.
///
/// Apart from the queue, to which the clock's alarm refers weakly: where there is a weak reference, each count of
/// another one takes ten times as long. Without its queue it has no alarm, and tells nobody by itself.
final class PendingDeadlines: Sendable {
    private struct State: ~Copyable, Sendable {
        var wheel = DeadlineWheel()
        weak var queue: DeadlineQueue?
        /// In a box of this module, because an alarm of any kind takes longer to copy than to use. Nil before the first
        /// deadline.
        var alarm: AlarmBox?
        /// When the alarm will go off; nil when it is not set.
        var alarmSetFor: RuntimeInstant?
        /// Whether the alarm is to be told the number of deadlines.
        var isCounted = false

        /// Has the alarm go off at that time. The first time it is made.
        @inline(never)
        mutating func setAlarm(for instant: RuntimeInstant, of clock: any RuntimeClock) {
            if alarm == nil, let queue {
                let made = clock.makeAlarm(for: queue)
                isCounted = made.isToldCounts
                alarm = AlarmBox(made)
            }
            alarmSetFor = instant
            alarm?.alarm.set(for: instant)
        }

        @inline(never)
        func tellCount() {
            alarm?.alarm.pendingCountChanged(to: wheel.count)
        }
    }

    private final class AlarmBox: Sendable {
        let alarm: any DeadlineAlarm

        init(_ alarm: any DeadlineAlarm) {
            self.alarm = alarm
        }
    }

    let clock: any RuntimeClock
    private let state = Mutex(State())

    init(clock: any RuntimeClock) {
        self.clock = clock
    }

    /// - Parameter queue: keeps it.
    func belong(to queue: DeadlineQueue) {
        state.withLock { $0.queue = queue }
    }

    /// The queue is gone.
    func invalidateAlarm() {
        state.withLock { $0.alarm?.alarm.invalidate() }
    }

    var count: Int { state.withLock { $0.wheel.count } }
    var earliest: RuntimeInstant? { state.withLock { $0.wheel.earliest() } }

    /// Has `target` told at that time.
    func schedule(at instant: RuntimeInstant, _ target: any DeadlineTarget, tag: UInt64 = 0) -> TargetDeadline {
        let deadline = TargetDeadline(tag: tag)
        add(deadline, for: target, at: instant)
        return deadline
    }

    /// Has a deadline that does not wait do so, if it may.
    @discardableResult
    func add(_ deadline: Deadline, for target: any DeadlineTarget, at instant: RuntimeInstant) -> Bool {
        state.withLock { state in
            guard deadline.enter(for: target) else { return false }
            state.wheel.insert(deadline, at: instant)
            if state.alarmSetFor.map({ instant < $0 }) ?? true { state.setAlarm(for: instant, of: clock) }
            if state.isCounted { state.tellCount() }
            return true
        }
    }

    /// True when the deadline had not passed and will not be told of any more.
    @discardableResult
    func cancel(_ deadline: Deadline) -> Bool {
        // What is freed with it is returned out of the lock first.
        let (isRemoved, _) = state.withLock { state -> (Bool, (any DeadlineTarget)?) in
            guard state.wheel.remove(deadline) else { return (false, nil) }
            if state.isCounted { state.tellCount() }
            return (true, deadline.withdraw())
        }
        return isRemoved
    }

    /// Takes back all timers of `list`, a few at a time, so that what others do is not held up.
    func close(_ list: TimerList) {
        while true {
            let taken = state.withLock { state -> [(PlaceTimer, (any DeadlineTarget)?)] in
                let timers = list.close().filter { state.wheel.remove($0) }
                if !timers.isEmpty, state.isCounted { state.tellCount() }
                return timers.map { ($0, $0.withdraw()) }
            }
            if taken.isEmpty { return }
        }
    }

    // MARK: What is due

    struct Passed {
        fileprivate var deadline: Deadline
        fileprivate var target: any DeadlineTarget

        func tell() {
            deadline.passed(target)
        }
    }

    /// Takes out the earliest deadline if it is not after `now`. When there is none, the alarm is set for the next.
    func popFirst(upTo now: RuntimeInstant) -> Passed? {
        state.withLock { state in
            if let deadline = state.wheel.popFirst(upTo: now) { return Self.leave(deadline, &state) }
            state.alarmSetFor = state.wheel.nextLook
            if let next = state.alarmSetFor { state.setAlarm(for: next, of: clock) }
            return nil
        }
    }

    /// Takes out one of those whose deadline is the earliest, if it is not after `now`: the one that `choose` says.
    func popOne(upTo now: RuntimeInstant, _ choose: (Int) -> Int) -> Passed? {
        state.withLock { state in
            guard let earliest = state.wheel.earliest(), earliest <= now else { return nil }
            return state.wheel.removeEarliest(choose).flatMap { Self.leave($0, &state) }
        }
    }

    private static func leave(_ deadline: Deadline, _ state: inout State) -> Passed? {
        if state.isCounted { state.tellCount() }
        return deadline.leave().map { Passed(deadline: deadline, target: $0) }
    }
}
