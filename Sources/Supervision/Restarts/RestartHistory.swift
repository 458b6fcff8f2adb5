/// The restarts of the recent past, against which the intensity is judged (R30).
struct RestartHistory: Sendable {
    var intensity: RestartIntensity
    private(set) var times: [RuntimeInstant] = []
    /// Where the times that still count begin.
    private(set) var first = 0

    init(_ intensity: RestartIntensity) {
        self.intensity = intensity
    }

    /// How many restarts count now.
    var count: Int { times.count - first }

    /// Notes a restart at `now`. False when it is one too many.
    ///
    /// A restart exactly one period ago still counts (S5).
    mutating func note(at now: RuntimeInstant) -> Bool {
        // In nanoseconds, since a duration that is negative takes ten times as long.
        let (early, isBeforeAll) = now.nanoseconds.subtractingReportingOverflow(intensity.period.saturatedNanoseconds)
        let edge = RuntimeInstant(nanoseconds: isBeforeAll ? .min : early)
        while first < times.count, times[first] < edge { first += 1 }
        // Each time is moved at most once for each time dropped, so a note costs the same however long the list.
        if first > 16, first > times.count / 2 {
            times.removeFirst(first)
            first = 0
        }
        times.append(now)
        return count <= intensity.restarts
    }
}
