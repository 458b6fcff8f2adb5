/// What a supervisor does with a child that would be restarted more often than its own limit allows (S6).
public enum LimitConsequence: Sendable, Hashable {
    /// It stays down, and the others go on: `restartChild` brings it back, and so does the restart of its group (R43).
    case park
    /// It waits that long, listed as restarting, and is tried again; its count begins anew with that attempt.
    case pause(Duration)
    /// The supervisor gives up, as it does when its own intensity is exceeded (R33).
    case escalate
}

/// A limit for the restarts of one child.
struct ChildLimit: Sendable {
    var intensity: RestartIntensity
    var consequence: LimitConsequence
}

extension ChildSpecification {
    /// Limits the restarts of this child alone, beside the supervisor's intensity (S6).
    ///
    /// ```swift
    /// Child(.feed) { Feed() }
    ///     .limit(2, within: .seconds(10), then: .park)
    /// ```
    ///
    /// Each restart that is attempted for this child, a retry after a failed start included, counts against both. The
    /// child's own limit is asked first; a restart that it does not allow is not attempted, and does not count against
    /// the supervisor's. The restart of a group counts for the child that has caused it. A child that is parked triggers
    /// no automatic shutdown.
    ///
    /// - Parameters:
    ///   - restarts: how many restarts are allowed within the period, 0 or more.
    ///   - period: the period, longer than zero, of which both edges count (S5).
    ///   - consequence: what follows on one restart more; a pause is longer than zero.
    public func limit(_ restarts: Int, within period: Duration, then consequence: LimitConsequence) -> Child {
        var child = child
        child.limit = ChildLimit(intensity: RestartIntensity(restarts, within: period), consequence: consequence)
        return child
    }
}
