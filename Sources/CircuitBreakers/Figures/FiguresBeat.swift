internal import Supervision

/// When the figures are to be told: once for each interval since the server started (B27).
///
/// A timer that comes late makes up for what it missed, so that whoever counts the snapshots knows how much time has
/// passed. Only after a pause of many intervals, of the whole process perhaps, are they left out.
struct FiguresBeat: Sendable {
    static let mostMissed = 10

    private let interval: Duration
    /// When it is time for the next.
    private(set) var next: RuntimeInstant

    /// A beat that begins `now`. An interval shorter than a millisecond is taken as one.
    init(every interval: Duration, from now: RuntimeInstant) {
        self.interval = max(.milliseconds(1), interval)
        next = now.advanced(by: self.interval)
    }

    /// How many are due by `now`. They are not due again.
    mutating func take(by now: RuntimeInstant) -> Int {
        guard next <= now else { return 0 }
        let step = interval.saturatedNanoseconds
        let due = next.duration(to: now).saturatedNanoseconds / step + 1
        let (passed, overflow) = step.multipliedReportingOverflow(by: due)
        next = overflow ? .distantFuture : next.advanced(by: .nanoseconds(passed))
        return Int(min(due, Int64(Self.mostMissed)))
    }
}
