internal import Supervision

/// The outcomes of the calls of the latest so much time, with their sums, in bounded memory.
///
/// It keeps up to 128 moments, each with what happened at it. When another one does not fit, neighbours are put
/// together so that none spans more than a thirty-second of the window; together they leave it when the first of them
/// does. So nothing counts that is out of the window, and with up to 128 moments in it nothing leaves too early.
struct TimeLog: Sendable {
    private struct Moment: Sendable {
        var time: RuntimeInstant
        var calls: Int
        var failures: Int
        var slow: Int
    }

    private static let capacity = 128
    private static let grains = 32

    let duration: Duration
    /// The same in nanoseconds: to compare durations as such takes longer than all the rest of a report.
    private let nanoseconds: Int64
    private var moments: [Moment] = []
    /// The oldest that still counts; those before it have left the window.
    private var first = 0
    private(set) var calls = 0
    private(set) var failures = 0
    private(set) var slow = 0

    init(duration: Duration) {
        self.duration = duration
        nanoseconds = duration.saturatedNanoseconds
    }

    private static func age(of time: RuntimeInstant, at now: RuntimeInstant) -> Int64 {
        let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(time.nanoseconds)
        return overflow ? .max : age
    }

    mutating func append(isFailure: Bool, isSlow: Bool, at now: RuntimeInstant) {
        expire(at: now)
        if first == moments.count || moments[moments.count - 1].time < now {
            if moments.count == Self.capacity { makeRoom() }
            if moments.capacity == 0 { moments.reserveCapacity(Self.capacity) }
            moments.append(Moment(time: now, calls: 0, failures: 0, slow: 0))
        }
        let last = moments.count - 1
        calls += 1
        moments[last].calls += 1
        if isFailure {
            failures += 1
            moments[last].failures += 1
        }
        if isSlow {
            slow += 1
            moments[last].slow += 1
        }
    }

    /// Forgets what is as old as the window, or older.
    mutating func expire(at now: RuntimeInstant) {
        while first < moments.count, Self.age(of: moments[first].time, at: now) >= nanoseconds {
            calls -= moments[first].calls
            failures -= moments[first].failures
            slow -= moments[first].slow
            first += 1
        }
        if first == moments.count {
            moments.removeAll(keepingCapacity: true)
            first = 0
        }
    }

    /// The same calls, looked at over another time. What has left the shorter one does not come back.
    func resized(to duration: Duration, at now: RuntimeInstant) -> TimeLog {
        var former = self
        former.expire(at: now)
        var log = TimeLog(duration: duration)
        log.moments = former.moments
        log.first = former.first
        (log.calls, log.failures, log.slow) = (former.calls, former.failures, former.slow)
        log.expire(at: now)
        return log
    }

    private mutating func makeRoom() {
        if first > 0 {
            moments.removeSubrange(..<first)
            first = 0
            return
        }
        let grain = nanoseconds / Int64(Self.grains)
        var kept = 0
        for index in moments.indices {
            let moment = moments[index]
            // Two neighbours that are kept apart span more than a grain, so at most 65 are kept.
            if kept > 0, Self.age(of: moments[kept - 1].time, at: moment.time) <= grain {
                moments[kept - 1].calls += moment.calls
                moments[kept - 1].failures += moment.failures
                moments[kept - 1].slow += moment.slow
            } else {
                moments[kept] = moment
                kept += 1
            }
        }
        moments.removeSubrange(kept...)
    }
}
