internal import Dispatch

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The machine's monotonic clock. It goes on while the machine is suspended; deadlines that come meanwhile are told of
/// some time after it wakes.
public struct SystemClock: RuntimeClock {
    #if os(Linux)
    // The clock behind `ContinuousClock`, asked for what is needed: a duration in attoseconds is made of a number of 128
    // bits, and to make it and to take it apart takes as long as to read the clock.
    private static let commonOrigin = nanoseconds
    // Kept in each, because to ask whether the common one is known already takes time.
    private let origin = Self.commonOrigin

    private static var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
    #else
    private static let commonOrigin = ContinuousClock.now
    private let origin = Self.commonOrigin
    #endif

    /// The machine's monotonic clock.
    public init() {}

    public var now: RuntimeInstant {
        #if os(Linux)
        RuntimeInstant(nanoseconds: Self.nanoseconds &- origin)
        #else
        RuntimeInstant.origin.advanced(by: origin.duration(to: .now))
        #endif
    }

    public func makeAlarm(for queue: DeadlineQueue) -> any DeadlineAlarm {
        DispatchAlarm(clock: self, queue: queue)
    }
}

/// One Dispatch timer, moved as the earliest deadline moves.
private final class DispatchAlarm: DeadlineAlarm {
    private let clock: SystemClock
    // Unsafe only in that Dispatch has not marked its sources Sendable; they are made to be used from any thread.
    private nonisolated(unsafe) let timer: any DispatchSourceTimer

    init(clock: SystemClock, queue: DeadlineQueue) {
        self.clock = clock
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "swift-supervision.deadlines"))
        timer.setEventHandler { [weak queue] in
            queue?.expire(upTo: clock.now)
        }
        self.timer = timer
        timer.activate()
    }

    var isToldCounts: Bool { false }

    func set(for deadline: RuntimeInstant) {
        let wait = max(0, clock.now.duration(to: deadline).saturatedNanoseconds)
        // A Dispatch deadline some centuries away would overflow; a day early only means one idle wake-up a day.
        let bounded = min(wait, 86_400_000_000_000)
        timer.schedule(deadline: .now() + .nanoseconds(Int(bounded)), leeway: .nanoseconds(0))
    }

    func invalidate() {
        timer.cancel()
    }
}
