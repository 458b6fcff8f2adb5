/// Where a ``Runtime`` gets its time from.
///
/// The clock is monotonic: a change of the wall clock or of the time zone does not move it. `SystemClock` is the real
/// one; `ManualClock` in `SupervisionTesting` stands still until a test moves it.
public protocol RuntimeClock: Sendable {
    /// The time now.
    var now: RuntimeInstant { get }

    /// Makes the alarm that wakes one runtime's deadline queue.
    ///
    /// When the alarm goes off it calls ``DeadlineQueue/expire(upTo:)`` with the time of the clock. It keeps no strong
    /// reference to the queue.
    func makeAlarm(for queue: DeadlineQueue) -> any DeadlineAlarm
}

/// Wakes a ``DeadlineQueue`` when its earliest deadline comes.
///
/// The queue calls these functions while it holds its own lock, so that they come in order; an implementation must not
/// call back into the queue from within them.
public protocol DeadlineAlarm: Sendable {
    /// Asks to be woken at `deadline` or soon after. A later call replaces an earlier one.
    func set(for deadline: RuntimeInstant)

    /// Whether ``pendingCountChanged(to:)`` is to be called. Asked once. True unless an alarm says otherwise.
    var isToldCounts: Bool { get }

    /// The number of deadlines that are waiting changed.
    func pendingCountChanged(to count: Int)

    /// No more wake-ups are wanted.
    func invalidate()
}

extension DeadlineAlarm {
    public var isToldCounts: Bool { true }

    public func pendingCountChanged(to count: Int) {}
}
