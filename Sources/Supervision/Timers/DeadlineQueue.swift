/// The one queue of all that a runtime waits for: call deadlines, timers, back-off, reset timers, leases.
///
/// One alarm of the runtime's clock wakes it for its earliest deadline. A cancelled deadline leaves at once.
public final class DeadlineQueue: Sendable {
    package struct Token: Sendable {
        fileprivate let deadline: TargetDeadline
    }

    /// What waits in it. Who refers to that keeps the queue, too, lest nobody be told.
    let pending: PendingDeadlines

    package init(clock: any RuntimeClock) {
        pending = PendingDeadlines(clock: clock)
        pending.belong(to: self)
    }

    deinit {
        pending.invalidateAlarm()
    }

    /// How many deadlines are waiting.
    public var pendingCount: Int { pending.count }

    /// The earliest deadline that is waiting.
    public var earliest: RuntimeInstant? { pending.earliest }

    package func schedule(at instant: RuntimeInstant, _ target: any DeadlineTarget, tag: UInt64 = 0) -> Token {
        Token(deadline: pending.schedule(at: instant, target, tag: tag))
    }

    /// True when the deadline had not passed and will not be told of any more.
    @discardableResult
    package func cancel(_ token: Token) -> Bool {
        pending.cancel(token.deadline)
    }

    /// Tells everything whose deadline is not after `now`, earliest first, and sets the alarm for the next.
    public func expire(upTo now: RuntimeInstant) {
        // Each by itself: what is told may take back others that are due.
        while let passed = pending.popFirst(upTo: now) {
            passed.tell()
        }
    }

    /// Tells one of those whose deadline is the earliest, if it is not after `now`: the one that `choose` says out of so
    /// many, in the order in which they came. False when none is due.
    package func expireOne(upTo now: RuntimeInstant, _ choose: (Int) -> Int) -> Bool {
        let passed = pending.popOne(upTo: now, choose)
        passed?.tell()
        return passed != nil
    }
}
