internal import Supervision

/// Thins out something that may happen very often: the first time is told, and then at most one in a second, with how
/// many there have been since (B26).
struct EventSampler: Sendable, Hashable {
    static let interval = Duration.seconds(1)

    /// An instant, rather than that of the last time: to compare it is all that most of those do that are not told.
    private var silentUntil = RuntimeInstant(nanoseconds: .min)
    private var untold = 0

    /// Whether it is not to be told if it happens now.
    func isSilent(at now: RuntimeInstant) -> Bool { now < silentUntil }

    /// It happened so many times more, while it was not to be told.
    mutating func addUntold(_ count: Int) {
        untold += count
    }

    /// It happened once more. Returns how many times it has since it was last told, this one included, or nil when it
    /// is not to be told now.
    mutating func add(at now: RuntimeInstant) -> Int? {
        untold += 1
        if now < silentUntil { return nil }
        defer { untold = 0 }
        silentUntil = now.advanced(by: Self.interval)
        return untold
    }
}
