internal import Supervision
internal import Synchronization

/// What everybody in a round has at hand.
final class RoundContext: Sendable {
    /// How often what happened.
    final class Tally: Sendable {
        let answered = Atomic(0)
        let failed = Atomic(0)
        let cancelled = Atomic(0)
        let lost = Atomic(0)
        let timedOut = Atomic(0)
        let refused = Atomic(0)
        let casts = Atomic(0)
        let guarded = Atomic(0)
        let tasks = Atomic(0)
        let requests = Atomic(0)
    }

    let seed: UInt64
    let referee: Referee
    let census = Census()
    let tally = Tally()
    let clock: WatchedClock
    let end: RuntimeInstant
    private let stopping = Atomic(false)
    private let calls = Atomic(0)
    private let numbers: Mutex<Numbers>

    init(seed: UInt64, referee: Referee, clock: WatchedClock, end: RuntimeInstant) {
        self.seed = seed
        self.referee = referee
        self.clock = clock
        self.end = end
        numbers = Mutex(Numbers(seed: seed, part: -1))
    }

    /// Whether the tree is told to stop while the drivers go on: what is refused or lost then is no failure.
    var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

    func beginStopping() {
        stopping.store(true, ordering: .sequentiallyConsistent)
    }

    /// Whether the drivers have done enough.
    var isOver: Bool { clock.now >= end }

    func nextCall() -> Int {
        calls.add(1, ordering: .relaxed).newValue
    }

    /// Fails one restart in twenty of those that may.
    func mayFailStart(_ name: String, _ incarnation: Int) throws {
        guard incarnation > 1, Names.failStarts.contains(name) else { return }
        if numbers.withLock({ $0.oneIn(20) }) { throw Desk.PlannedCrash() }
    }
}

extension RoundContext.Tally {
    /// How often what happened, for a report.
    var words: [(what: String, count: Int)] {
        [
            ("answered", answered.load(ordering: .relaxed)), ("failed", failed.load(ordering: .relaxed)),
            ("cancelled", cancelled.load(ordering: .relaxed)), ("lost", lost.load(ordering: .relaxed)),
            ("timed out", timedOut.load(ordering: .relaxed)), ("refused", refused.load(ordering: .relaxed)),
            ("casts", casts.load(ordering: .relaxed)), ("guarded", guarded.load(ordering: .relaxed)),
            ("tasks", tasks.load(ordering: .relaxed)), ("requests", requests.load(ordering: .relaxed)),
        ]
    }
}
