internal import Synchronization
public import Supervision

/// A clock that stands still until a test moves it.
///
/// Give it to a runtime, and everything in a tree that waits (call deadlines, timers, back-off, reset timers) waits for
/// ``advance(by:)``. It is also a Swift `Clock`, so that code under test can sleep on it.
///
/// ```swift
/// let clock = ManualClock()
/// let runtime = Runtime(clock: clock)
/// let tree = try await Supervisor { Child(.poller) { Poller() } }.start(in: runtime)
/// await clock.waitForSleepers(1)       // the poller has set its timer
/// clock.advance(by: .seconds(10))      // which goes off
/// ```
///
/// Time is passed deadline by deadline: what a deadline sets off, and that sets another deadline within the time that
/// is being passed, is passed too if it has done so before ``advance(by:)`` comes to it. What runs in other tasks takes
/// its time; ``waitForSleepers(_:)`` waits for it without a sleep and without yielding in a loop.
public final class ManualClock: Clock, RuntimeClock {
    public typealias Instant = RuntimeInstant

    private struct State {
        var now = RuntimeInstant.origin
        var alarms: [ObjectIdentifier: ManualAlarm] = [:]
        var sleepers: [UInt64: Sleeper] = [:]
        var nextID: UInt64 = 0
        var waiters: [(count: Int, continuation: UnsafeContinuation<Void, Never>)] = []

        var waitingCount: Int {
            sleepers.count + alarms.values.reduce(0) { $0 + $1.pendingCount }
        }
    }

    private struct Sleeper {
        var deadline: RuntimeInstant
        // Resumed exactly once: by whoever takes the sleeper out of the table.
        var continuation: UnsafeContinuation<Void, any Error>
    }

    private let state = Mutex(State())

    /// A clock that stands at its origin.
    public init() {}

    /// The time to which it has been moved.
    public var now: RuntimeInstant { state.withLock(\.now) }

    /// A nanosecond.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// How many deadlines are waiting: tasks that sleep on the clock, and all that the runtimes on it wait for.
    public var sleeperCount: Int { state.withLock(\.waitingCount) }

    /// Suspends until the clock is moved to `deadline`.
    ///
    /// - Throws: `CancellationError` at once when the task is cancelled.
    public func sleep(until deadline: RuntimeInstant, tolerance: Duration? = nil) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
                begin(Sleeper(deadline: deadline, continuation: continuation), id)
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    private func begin(_ sleeper: Sleeper, _ id: UInt64) {
        let isOver = state.withLock { state in
            if sleeper.deadline <= state.now { return true }
            state.sleepers[id] = sleeper
            return false
        }
        if isOver { return sleeper.continuation.resume() }
        resumeWaiters()
        // The cancellation may have come before the sleeper was in the table, and then found nothing.
        if Task.isCancelled, let sleeper = state.withLock({ $0.sleepers.removeValue(forKey: id) }) {
            sleeper.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves the clock forward by `duration`, and sets off everything whose deadline comes within it, in order.
    ///
    /// When it returns, every such task has been resumed and every such message posted; they run when they run.
    public func advance(by duration: Duration) {
        advance(to: now.advanced(by: duration))
    }

    /// Moves the clock forward to `target`. A time that is past changes nothing.
    public func advance(to target: RuntimeInstant) {
        while let step = takeStep(upTo: target) {
            for sleeper in step.sleepers { sleeper.continuation.resume() }
            for alarm in step.alarms { alarm.expire(upTo: step.time) }
        }
    }

    private struct Step {
        var time: RuntimeInstant
        var sleepers: [Sleeper]
        var alarms: [ManualAlarm]
    }

    /// Moves to the next deadline up to `target` and takes what is due there; nil when the clock stands at `target`
    /// and nothing is due any more.
    private func takeStep(upTo target: RuntimeInstant) -> Step? {
        state.withLock { state in
            let deadlines = state.sleepers.values.map(\.deadline) + state.alarms.values.compactMap(\.deadline)
            guard let next = deadlines.min(), next <= target else {
                state.now = max(state.now, target)
                return nil
            }
            state.now = max(state.now, next)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }.sorted {
                ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key)
            }
            for (id, _) in due { state.sleepers[id] = nil }
            let alarms = state.alarms.values.filter { $0.takeIfDue(at: state.now) }
            return Step(time: state.now, sleepers: due.map(\.value), alarms: alarms)
        }
    }

    /// Suspends until at least `count` deadlines are waiting: see ``sleeperCount``. It waits on when the task is
    /// cancelled.
    public func waitForSleepers(_ count: Int) async {
        await withUnsafeContinuation { continuation in
            let isThere = state.withLock { state in
                if state.waitingCount >= count { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    fileprivate func resumeWaiters() {
        let ready = state.withLock { state in
            guard !state.waiters.isEmpty else { return [UnsafeContinuation<Void, Never>]() }
            let waitingCount = state.waitingCount
            let ready = state.waiters.filter { $0.count <= waitingCount }.map(\.continuation)
            state.waiters.removeAll { $0.count <= waitingCount }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }

    public func makeAlarm(for queue: DeadlineQueue) -> any DeadlineAlarm {
        let alarm = ManualAlarm(clock: self, queue: queue)
        state.withLock { $0.alarms[ObjectIdentifier(alarm)] = alarm }
        return alarm
    }

    fileprivate func drop(_ alarm: ManualAlarm) {
        state.withLock { $0.alarms[ObjectIdentifier(alarm)] = nil }
    }
}

/// The alarm of one runtime's deadline queue on a manual clock.
private final class ManualAlarm: DeadlineAlarm {
    private struct State {
        var deadline: RuntimeInstant?
        var pendingCount = 0
    }

    private let clock: ManualClock
    private let queue: WeakQueue
    private let state = Mutex(State())

    private struct WeakQueue: Sendable {
        weak let queue: DeadlineQueue?
    }

    init(clock: ManualClock, queue: DeadlineQueue) {
        self.clock = clock
        self.queue = WeakQueue(queue: queue)
    }

    var deadline: RuntimeInstant? { state.withLock(\.deadline) }
    var pendingCount: Int { state.withLock(\.pendingCount) }

    func takeIfDue(at now: RuntimeInstant) -> Bool {
        state.withLock { state in
            guard let deadline = state.deadline, deadline <= now else { return false }
            state.deadline = nil
            return true
        }
    }

    func expire(upTo now: RuntimeInstant) {
        queue.queue?.expire(upTo: now)
    }

    func set(for deadline: RuntimeInstant) {
        state.withLock { $0.deadline = deadline }
    }

    func pendingCountChanged(to count: Int) {
        state.withLock { $0.pendingCount = count }
        clock.resumeWaiters()
    }

    func invalidate() {
        clock.drop(self)
    }
}
