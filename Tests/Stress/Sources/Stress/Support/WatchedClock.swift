internal import Supervision
internal import Synchronization

/// The real clock, which tells how many deadlines wait on it.
struct WatchedClock: RuntimeClock {
    private let clock = SystemClock()
    private let queues = Queues()

    /// The deadline queues that have asked for an alarm. There is one for each runtime.
    private final class Queues: Sendable {
        private struct Known: Sendable {
            weak let queue: DeadlineQueue?
        }

        private let known = Mutex<[Known]>([])

        func add(_ queue: DeadlineQueue) {
            known.withLock { $0.append(Known(queue: queue)) }
        }

        var pendingCount: Int {
            known.withLock { $0.compactMap(\.queue) }.reduce(0) { $0 + $1.pendingCount }
        }
    }

    var now: RuntimeInstant { clock.now }

    /// How many deadlines wait.
    var pendingCount: Int { queues.pendingCount }

    func makeAlarm(for queue: DeadlineQueue) -> any DeadlineAlarm {
        queues.add(queue)
        return clock.makeAlarm(for: queue)
    }
}
