internal import Supervision

/// When the latest so many failures were: enough to tell whether there were as many within a time.
struct FailureTimes: Sendable {
    let limit: Int
    private var times: [RuntimeInstant] = []
    /// The oldest, once there are as many as the limit.
    private var oldest = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ time: RuntimeInstant) {
        if times.count < limit {
            times.append(time)
        } else {
            times[oldest] = time
            oldest = oldest + 1 == limit ? 0 : oldest + 1
        }
    }

    /// Whether the latest failures up to the limit all lie within `duration` before `now`.
    func reachesLimit(within duration: Duration, at now: RuntimeInstant) -> Bool {
        times.count == limit && times[oldest].duration(to: now) < duration
    }

    /// How many failures lie within `duration` before `now`, up to the limit.
    func count(within duration: Duration, at now: RuntimeInstant) -> Int {
        times.count { $0.duration(to: now) < duration }
    }

    /// The same failures for another limit.
    func resized(to limit: Int) -> FailureTimes {
        var copy = FailureTimes(limit: limit)
        for time in (times[oldest...] + times[..<oldest]).suffix(limit) { copy.append(time) }
        return copy
    }
}
