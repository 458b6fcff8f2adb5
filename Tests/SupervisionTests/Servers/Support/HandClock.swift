import Supervision
import Synchronization

/// A clock that a test sets, and that wakes nobody: the test lets deadlines pass itself, as late as it likes.
final class HandClock: RuntimeClock {
    private let time = Mutex(RuntimeInstant.origin)
    /// The times that alarms were set for, in order.
    private let settings = Mutex<[RuntimeInstant]>([])
    private let invalidations = Mutex(0)

    var now: RuntimeInstant { time.withLock { $0 } }

    var alarmSettings: [RuntimeInstant] { settings.withLock { $0 } }

    /// How many alarms are not wanted any more.
    var invalidationCount: Int { invalidations.withLock { $0 } }

    func set(to instant: RuntimeInstant) {
        time.withLock { $0 = instant }
    }

    func makeAlarm(for queue: DeadlineQueue) -> any DeadlineAlarm {
        Alarm(clock: self)
    }

    private struct Alarm: DeadlineAlarm {
        let clock: HandClock

        func set(for deadline: RuntimeInstant) {
            clock.settings.withLock { $0.append(deadline) }
        }

        func invalidate() {
            clock.invalidations.withLock { $0 += 1 }
        }
    }
}

extension RuntimeInstant {
    static func seconds(_ seconds: Int64) -> RuntimeInstant {
        RuntimeInstant(nanoseconds: seconds * 1_000_000_000)
    }
}
