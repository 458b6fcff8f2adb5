internal import Synchronization

/// The one queue of all that a runtime waits for: call deadlines, timers, back-off, reset timers, leases.
///
/// One alarm of the runtime's clock wakes it for its earliest deadline. A cancelled deadline leaves at once.
public final class DeadlineQueue: Sendable {
    package struct Token: Sendable {
        fileprivate let deadline: TargetDeadline
    }

    private struct State: ~Copyable, Sendable {
        var wheel = DeadlineWheel()
        var alarm: AlarmBox?
        /// When the alarm will go off; nil when it is not set.
        var alarmSetFor: RuntimeInstant?
    }

    /// In a class, because to copy an alarm of any kind at each use takes longer than to use it.
    private final class AlarmBox: Sendable {
        let alarm: any DeadlineAlarm

        init(_ alarm: any DeadlineAlarm) {
            self.alarm = alarm
        }
    }

    private let clock: any RuntimeClock
    private let state = Mutex(State())

    package init(clock: any RuntimeClock) {
        self.clock = clock
    }

    deinit {
        state.withLock { $0.alarm?.alarm.invalidate() }
    }

    /// How many deadlines are waiting.
    public var pendingCount: Int {
        state.withLock { $0.wheel.count }
    }

    /// The earliest deadline that is waiting.
    public var earliest: RuntimeInstant? {
        state.withLock { $0.wheel.earliest() }
    }

    package func schedule(at instant: RuntimeInstant, _ target: any DeadlineTarget, tag: UInt64 = 0) -> Token {
        let deadline = TargetDeadline(tag: tag)
        add(deadline, for: target, at: instant)
        return Token(deadline: deadline)
    }

    /// True when the deadline had not passed and will not be told of any more.
    @discardableResult
    package func cancel(_ token: Token) -> Bool {
        remove(token.deadline)
    }

    /// Has a deadline that does not wait do so, if it may.
    @discardableResult
    func add(_ deadline: Deadline, for target: any DeadlineTarget, at instant: RuntimeInstant) -> Bool {
        state.withLock { state in
            guard deadline.enter(for: target) else { return false }
            state.wheel.insert(deadline, at: instant)
            let box = state.alarm ?? AlarmBox(clock.makeAlarm(for: self))
            if state.alarm == nil { state.alarm = box }
            if state.alarmSetFor.map({ instant < $0 }) ?? true {
                state.alarmSetFor = instant
                box.alarm.set(for: instant)
            }
            box.alarm.pendingCountChanged(to: state.wheel.count)
            return true
        }
    }

    /// False when it does not wait.
    @discardableResult
    func remove(_ deadline: Deadline) -> Bool {
        // Returned out of the lock, so that whatever the target owns is freed outside it.
        let target = state.withLock { state -> (any DeadlineTarget)? in
            guard state.wheel.remove(deadline) else { return nil }
            state.alarm?.alarm.pendingCountChanged(to: state.wheel.count)
            return deadline.leave()
        }
        return target != nil
    }

    /// Takes back all timers of `list`, a few at a time, so that what others do is not held up.
    func close(_ list: TimerList) {
        while true {
            let taken = state.withLock { state -> [(PlaceTimer, (any DeadlineTarget)?)] in
                let timers = list.close().filter { state.wheel.remove($0) }
                if !timers.isEmpty { state.alarm?.alarm.pendingCountChanged(to: state.wheel.count) }
                return timers.map { ($0, $0.leave()) }
            }
            if taken.isEmpty { return }
        }
    }

    /// Tells everything whose deadline is not after `now`, earliest first, and sets the alarm for the next.
    public func expire(upTo now: RuntimeInstant) {
        // Each by itself: what is told may take back others that are due.
        while let passed = popFirst(upTo: now) {
            passed.tell()
        }
    }

    /// Tells one of those whose deadline is the earliest, if it is not after `now`: the one that `choose` says out of so
    /// many, in the order in which they came. False when none is due.
    package func expireOne(upTo now: RuntimeInstant, _ choose: (Int) -> Int) -> Bool {
        let passed = state.withLock { state -> Passed? in
            guard let earliest = state.wheel.earliest(), earliest <= now else { return nil }
            return state.wheel.removeEarliest(choose).flatMap { leave($0, &state) }
        }
        passed?.tell()
        return passed != nil
    }

    private struct Passed {
        var deadline: Deadline
        var target: any DeadlineTarget

        func tell() {
            deadline.passed(target)
        }
    }

    private func popFirst(upTo now: RuntimeInstant) -> Passed? {
        state.withLock { state in
            if let deadline = state.wheel.popFirst(upTo: now) { return leave(deadline, &state) }
            state.alarmSetFor = state.wheel.nextLook
            if let next = state.alarmSetFor { state.alarm?.alarm.set(for: next) }
            return nil
        }
    }

    private func leave(_ deadline: Deadline, _ state: inout State) -> Passed? {
        state.alarm?.alarm.pendingCountChanged(to: state.wheel.count)
        return deadline.leave().map { Passed(deadline: deadline, target: $0) }
    }
}
