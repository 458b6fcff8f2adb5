import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

@Suite("Deadline queue")
struct DeadlineQueueTests {
    /// Writes down when it was told of what, and does what it is to do then.
    private final class Target: DeadlineTarget {
        let calls = Mutex<[UInt64]>([])
        let onDeadline: @Sendable (UInt64) -> Void

        init(onDeadline: @escaping @Sendable (UInt64) -> Void = { _ in }) {
            self.onDeadline = onDeadline
        }

        func deadlinePassed(tag: UInt64) {
            calls.withLock { $0.append(tag) }
            onDeadline(tag)
        }

        var tags: [UInt64] { calls.withLock { $0 } }
    }

    @Test("Deadlines pass in order, with the tags they were given, each once")
    func order() {
        let clock = ManualClock()
        let queue = DeadlineQueue(clock: clock)
        let target = Target()
        for second: Int64 in [3, 1, 2] { _ = queue.schedule(at: .seconds(second), target, tag: UInt64(second)) }
        #expect(queue.pendingCount == 3)
        #expect(queue.earliest == .seconds(1))
        clock.advance(by: .seconds(2))
        #expect(target.tags == [1, 2])
        clock.advance(by: .seconds(2))
        #expect(target.tags == [1, 2, 3])
        clock.advance(by: .seconds(100))
        #expect(target.tags == [1, 2, 3])
        #expect(queue.pendingCount == 0)
        #expect(queue.earliest == nil)
    }

    @Test("A cancelled deadline is not told of, and leaves at once; a second cancellation changes nothing")
    func cancel() {
        let clock = ManualClock()
        let queue = DeadlineQueue(clock: clock)
        let target = Target()
        let first = queue.schedule(at: .seconds(1), target, tag: 1)
        let second = queue.schedule(at: .seconds(1), target, tag: 2)
        #expect(queue.cancel(first))
        #expect(queue.pendingCount == 1)
        #expect(clock.sleeperCount == 1)
        #expect(!queue.cancel(first))
        clock.advance(by: .seconds(1))
        #expect(target.tags == [2])
        #expect(!queue.cancel(second))
    }

    @Test("The queue lets its targets go when they have been told, or are cancelled")
    func release() {
        let queue = DeadlineQueue(clock: HandClock())
        weak var told: Target?
        weak var cancelled: Target?
        do {
            let first = Target()
            let second = Target()
            (told, cancelled) = (first, second)
            _ = queue.schedule(at: .seconds(1), first)
            queue.cancel(queue.schedule(at: .seconds(1), second))
        }
        #expect(told != nil)
        #expect(cancelled == nil)
        queue.expire(upTo: .seconds(1))
        #expect(told == nil)
    }

    @Test("A queue that is let go of is gone with all that waits in it, and its alarm is not wanted any more")
    func end() {
        let clock = HandClock()
        let clocks: [any RuntimeClock] = [clock, ManualClock(), SystemClock()]
        for clock in clocks {
            weak var queue: DeadlineQueue?
            weak var pending: PendingDeadlines?
            weak var target: Target?
            do {
                let (ended, waiting) = (DeadlineQueue(clock: clock), Target())
                (queue, pending, target) = (ended, ended.pending, waiting)
                _ = ended.schedule(at: .seconds(1_000_000), waiting)
            }
            #expect(queue == nil)
            #expect(pending == nil)
            #expect(target == nil)
        }
        #expect(clock.invalidationCount == 1)
    }

    @Test("The alarm is set for the first, moved for an earlier one, and left for a later one")
    func alarm() {
        let clock = HandClock()
        let queue = DeadlineQueue(clock: clock)
        let target = Target()
        _ = queue.schedule(at: .seconds(5), target)
        _ = queue.schedule(at: .seconds(9), target)
        let early = queue.schedule(at: .seconds(2), target)
        _ = queue.schedule(at: .seconds(2), target)
        #expect(clock.alarmSettings == [.seconds(5), .seconds(2)])
        // A cancelled deadline costs one idle wake-up, after which the alarm stands for the next.
        queue.cancel(early)
        queue.expire(upTo: .seconds(2))
        #expect(clock.alarmSettings == [.seconds(5), .seconds(2), .seconds(5)])
        queue.expire(upTo: .seconds(9))
        #expect(target.tags.count == 3)
        _ = queue.schedule(at: .seconds(20), target)
        #expect(clock.alarmSettings.last == .seconds(20))
    }

    @Test("A deadline that is past already passes with the next look at the clock")
    func past() {
        let clock = ManualClock()
        let queue = DeadlineQueue(clock: clock)
        let target = Target()
        clock.advance(by: .seconds(10))
        _ = queue.schedule(at: .seconds(1), target, tag: 1)
        #expect(target.tags.isEmpty)
        clock.advance(by: .zero)
        #expect(target.tags == [1])
        #expect(clock.now == .seconds(10))
    }

    @Test("A target may schedule again, cancel and ask from within its call")
    func reentrancy() {
        let clock = ManualClock()
        let queue = DeadlineQueue(clock: clock)
        let others = Mutex<[DeadlineQueue.Token]>([])
        let box = Mutex<Target?>(nil)
        let target = Target { tag in
            others.withLock { $0 }.forEach { queue.cancel($0) }
            guard tag < 3, let target = box.withLock({ $0 }) else { return }
            _ = queue.schedule(at: .seconds(Int64(tag) + 1), target, tag: tag + 1)
            #expect(queue.pendingCount == 1)
        }
        box.withLock { $0 = target }
        _ = queue.schedule(at: .seconds(1), target, tag: 1)
        let bystander = Target()
        others.withLock { $0 = [queue.schedule(at: .seconds(1), bystander)] }
        clock.advance(by: .seconds(10))
        #expect(target.tags == [1, 2, 3])
        #expect(bystander.tags.isEmpty)
        #expect(queue.pendingCount == 0)
        box.withLock { $0 = nil }
    }

    @Test("A target that schedules within the time that passes is told in the same pass")
    func withinOnePass() {
        let queue = DeadlineQueue(clock: HandClock())
        let late = Target()
        let early = Target { _ in _ = queue.schedule(at: .seconds(2), late, tag: 2) }
        _ = queue.schedule(at: .seconds(1), early)
        queue.expire(upTo: .seconds(3))
        #expect(late.tags == [2])
    }

    @Test("On the machine's clock deadlines pass by themselves, also after an earlier one was put before them")
    func systemClock() async {
        let queue = DeadlineQueue(clock: SystemClock())
        let now = SystemClock().now
        await withCheckedContinuation { continuation in
            let last = Target { _ in continuation.resume() }
            let first = Target()
            _ = queue.schedule(at: now.advanced(by: .seconds(Int64.max)), first)
            _ = queue.schedule(at: now.advanced(by: .milliseconds(2)), last)
            _ = queue.schedule(at: now.advanced(by: .milliseconds(1)), first)
        }
        #expect(queue.pendingCount == 1)
    }
}
