internal import Supervision

/// A limit on the time that a call may take (B31).
///
/// ```swift
/// let user = try await TimeLimit(.seconds(1)).call { try await api.user(1) }
/// ```
///
/// At the limit the caller goes on at once with ``TimeLimitExceeded``, the operation's task is cancelled, and what it
/// comes to later is dropped. **An operation that pays no heed to its cancellation runs on** until it ends by itself,
/// with all that it holds; Swift has no way to stop it.
///
/// The operation has a task of its own, which it needs so that the caller need not wait for it. That task sees the
/// caller's task-local values, runtime and priority.
///
/// **Cancellation.** When the caller is cancelled, the operation is, and the caller goes on at once with
/// `CancellationError`.
///
/// **Around a circuit or in it.** A circuit around a limit counts ``TimeLimitExceeded`` as ``CircuitPolicy/deadline``
/// says: as a failure unless set otherwise. A circuit within a limit sees its operation cancelled when the limit comes,
/// and counts that as ``CircuitPolicy/cancellation`` says: not at all unless set otherwise.
public struct TimeLimit: CallLayer, Hashable {
    private enum Extent: Hashable {
        case fixed(Duration)
        case share(Double, upTo: Duration?)
    }

    private let extent: Extent

    /// A call may take `limit`, and no longer than until the caller's ``CallDeadline``. Longer than zero.
    public init(_ limit: Duration) {
        extent = .fixed(limit)
    }

    /// A call may take a share of the time that is left until the caller's ``CallDeadline``.
    ///
    /// - Parameters:
    ///   - share: above 0 and up to 1.
    ///   - limit: the most that it may take, however far the deadline is, and when there is none. Without it there is
    ///     no limit when the caller has no deadline.
    public init(share: Double, upTo limit: Duration? = nil) {
        extent = .share(share, upTo: limit)
    }

    /// Runs `operation`, and waits for it no longer than the limit.
    ///
    /// - Throws: the operation's own error; ``TimeLimitExceeded``; ``CallDeadlinePassed`` when the caller's deadline was
    ///   over already and nothing was run; `CancellationError` when the caller is cancelled; ``InvalidCallLimit``.
    public func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try validate()
        let runtime = Runtime.current
        try CallDeadline.requireTimeLeft()
        guard let limit = limit(left: CallDeadline.current?.remaining) else { return try await operation() }
        let deadline = CallDeadline(in: limit, of: runtime)
        return try await TimedCall<Value>(limit: limit, runtime: runtime).run(until: deadline.instant) {
            try await deadline.run(operation)
        }
    }

    /// The time that a call may take whose caller has `left` until its deadline; nil for any.
    private func limit(left: Duration?) -> Duration? {
        switch extent {
        case .fixed(let limit): return left.map { min($0, limit) } ?? limit
        case .share(let share, upTo: let limit):
            // A nanosecond at least, or a share of next to nothing would be none.
            let part = left.map { max($0 * share, .nanoseconds(1)) }
            return [part, limit].compactMap(\.self).min()
        }
    }

    /// Checks the values of the limit.
    public func validate() throws(InvalidCallLimit) {
        let remedy = "a call that may take no time fails always; give it at least as long as a slow but good one takes"
        switch extent {
        case .fixed(let limit):
            try InvalidCallLimit.require(
                limit > .zero,
                "TimeLimit(_:)",
                limit.shortDescription,
                "over 0 s",
                remedy
            )
        case .share(let share, upTo: let limit):
            // Written so that NaN, which compares false with everything, is refused.
            try InvalidCallLimit.require(
                share > 0 && share <= 1,
                "TimeLimit(share:)",
                "\(share)",
                "over 0, up to 1",
                "use 0.5 for half of what is left of the caller's time"
            )
            try InvalidCallLimit.require(
                limit.map { $0 > .zero } ?? true,
                "TimeLimit(upTo:)",
                limit?.shortDescription ?? "nil",
                "over 0 s, or nil",
                remedy
            )
        }
    }
}

/// The operation took longer than it was given. What it comes to later is dropped.
public struct TimeLimitExceeded: DeadlineError, Hashable, CustomStringConvertible {
    /// What it was given: the limit, or less when the caller's own deadline came earlier.
    public let limit: Duration

    /// The call was given `limit`.
    public init(after limit: Duration) {
        self.limit = limit
    }

    /// What happened.
    public var description: String {
        "the call took longer than the \(limit.shortDescription) that it had, and was given up"
    }
}
