internal import Synchronization
public import Supervision

/// The clock of a simulation: it stands still while anything can run, and then jumps to the next deadline.
///
/// It is also a Swift `Clock`, so that code under test can sleep on it.
public final class SimulationClock: Clock, RuntimeClock {
    public typealias Instant = RuntimeInstant

    private struct WeakQueue: Sendable {
        weak let queue: DeadlineQueue?
    }

    private let time = Atomic<Int64>(0)
    private let queues = Mutex<[WeakQueue]>([])
    /// For those who sleep on the clock itself.
    private let sleepers = Mutex<Runtime?>(nil)

    init() {}

    /// The time to which it has come.
    public var now: RuntimeInstant { RuntimeInstant(nanoseconds: time.load(ordering: .relaxed)) }

    /// A nanosecond.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Suspends until the clock has come to `deadline`.
    ///
    /// - Throws: `CancellationError` at once when the task is cancelled.
    public func sleep(until deadline: RuntimeInstant, tolerance: Duration? = nil) async throws {
        try await sleepers.withLock { $0 }?.sleep(until: deadline)
    }

    public func makeAlarm(for queue: DeadlineQueue) -> any DeadlineAlarm {
        queues.withLock { $0.append(WeakQueue(queue: queue)) }
        return NoAlarm()
    }

    /// The runtime in whose queue those wait who sleep on the clock; nil at the end, as the runtime has the clock.
    func serve(_ runtime: Runtime?) {
        sleepers.withLock { $0 = runtime }
    }

    /// The earliest deadline that anything waits for.
    var next: RuntimeInstant? { nextQueue?.earliest }

    /// How many deadlines are waited for.
    var pendingCount: Int {
        queues.withLock { $0.compactMap(\.queue) }.reduce(0) { $0 + $1.pendingCount }
    }

    private var nextQueue: DeadlineQueue? {
        let waiting = queues.withLock { queues in
            if queues.contains(where: { $0.queue == nil }) { queues.removeAll { $0.queue == nil } }
            return queues.compactMap(\.queue)
        }
        if waiting.count <= 1 { return waiting.first }
        return waiting.filter { $0.earliest != nil }.min { ($0.earliest ?? .origin) < ($1.earliest ?? .origin) }
    }

    /// Tells one of those whose deadline is the earliest, and moves to it if it is not past.
    func expireOne(_ choose: (Int) -> Int) {
        guard let queue = nextQueue, let deadline = queue.earliest else { return }
        move(to: deadline)
        _ = queue.expireOne(upTo: deadline, choose)
    }

    /// Moves forward, if `target` is not past. What is due then is told of by the run loop.
    func move(to target: RuntimeInstant) {
        if target > now { time.store(target.nanoseconds, ordering: .relaxed) }
    }

    /// The run loop asks the queues itself.
    private struct NoAlarm: DeadlineAlarm {
        func set(for deadline: RuntimeInstant) {}
        func invalidate() {}
    }
}
