internal import Supervision

/// A token bucket that remembers one moment: when it will be full again. No lock, clock or task.
///
/// Time is counted in nanoseconds divided by the number of calls, so that a third of a second is no rounded number and
/// the rate holds exactly, however long it runs.
struct RateLimitMachine {
    enum Decision: Equatable {
        case now
        /// At that moment, and not before. The place can be given back.
        case wait(until: RuntimeInstant, place: Place)
        case rejected(retryAfter: Duration)
    }

    /// The bucket's fullness as it was just after the place was taken.
    struct Place: Equatable {
        fileprivate var fullAt: Int128
    }

    private let calls: Int128
    /// What one call takes, and what the bucket can run ahead by.
    private let interval: Int128
    private let ahead: Int128
    private var fullAt: Int128?
    private(set) var figures = RateLimit.Figures()

    init(calls: Int, per period: Duration, burst: Int) {
        self.calls = Int128(calls)
        interval = Int128(period.saturatedNanoseconds)
        ahead = interval * (Int128(burst) - 1)
    }

    mutating func take(now: RuntimeInstant, maxWait: Duration) -> Decision {
        let time = Int128(now.nanoseconds) * calls
        let start = max(fullAt ?? time, time)
        let wait = nanoseconds(start - ahead - time)
        if wait > maxWait.saturatedNanoseconds, wait > 0 {
            figures.rejected += 1
            return .rejected(retryAfter: .nanoseconds(wait))
        }
        fullAt = start + interval
        if wait <= 0 {
            figures.admitted += 1
            return .now
        }
        figures.waiting += 1
        return .wait(until: now.advanced(by: .nanoseconds(wait)), place: Place(fullAt: start + interval))
    }

    /// The wait for a place is over, and the call begins.
    mutating func begin() {
        figures.waiting -= 1
        figures.admitted += 1
    }

    /// The call does not come. Its place goes to the next one if nobody has one after it, and to nobody else: the
    /// moments of those behind stand.
    mutating func giveBack(_ place: Place) {
        figures.waiting -= 1
        if fullAt == place.fullAt { fullAt = place.fullAt - interval }
    }

    /// Rounded up, so that nobody comes too early, and held at the ends of what a duration can be.
    private func nanoseconds(_ time: Int128) -> Int64 {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: calls)
        return Int64(clamping: remainder > 0 ? quotient + 1 : quotient)
    }
}
