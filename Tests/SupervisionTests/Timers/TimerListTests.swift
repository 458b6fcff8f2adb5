import Testing

@testable import Supervision

@Suite("Timers of an incarnation")
struct TimerListTests {
    private final class Place: DeadlineTarget {
        func deadlinePassed(tag: UInt64) {}
    }

    private let clock = HandClock()

    private func makeList() -> (Runtime, TimerList) {
        let runtime = Runtime(clock: clock, events: SilentSink())
        return (runtime, TimerList(of: 1, in: runtime))
    }

    @Test("A timer that was cancelled before it is set, as a periodic one may be between two ticks, is not set")
    func cancelledBefore() {
        let (runtime, list) = makeList()
        let timer = PlaceTimer(in: list)
        timer.arm(after: .seconds(1), for: Place())
        #expect(runtime.deadlines.pendingCount == 1)
        timer.cancel()
        timer.arm(after: .seconds(1), for: Place())
        #expect(runtime.deadlines.pendingCount == 0)
    }

    @Test("S1 once the incarnation is over no timer of its is set, also by who has found its list before")
    func closed() {
        let (runtime, list) = makeList()
        PlaceTimer(in: list).arm(after: .seconds(1), for: Place())
        list.cancelAll()
        #expect(runtime.deadlines.pendingCount == 0)
        PlaceTimer(in: list).arm(after: .seconds(1), for: Place())
        #expect(runtime.deadlines.pendingCount == 0)
    }

    @Test("What is left of an incarnation keeps its runtime, whose queue its timers go into")
    func keepsRuntime() {
        let timer = PlaceTimer(in: makeList().1)
        weak let runtime = timer.list.runtime
        timer.arm(after: .seconds(1), for: Place())
        #expect(runtime?.deadlines.pendingCount == 1)
        timer.cancel()
        #expect(runtime?.deadlines.pendingCount == 0)
    }

    @Test("The place is kept as long as a timer of its is set, and no longer")
    func keepsPlace() {
        let (runtime, list) = makeList()
        weak var kept: Place?
        let timers = (0..<2).map { _ in PlaceTimer(in: list) }
        do {
            let place = Place()
            kept = place
            for (second, timer) in timers.enumerated() { timer.arm(after: .seconds(Int64(second)), for: place) }
        }
        runtime.deadlines.expire(upTo: .origin)
        #expect(kept != nil)
        timers[1].cancel()
        #expect(kept == nil)
    }
}
