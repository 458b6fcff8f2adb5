internal import Supervision
internal import Synchronization

/// A limit on the calls in a time: a bucket of tokens that fills up evenly, one for each call (B31).
///
/// ```swift
/// let rate = RateLimit(100, per: .seconds(1), burst: 20, maxWait: .milliseconds(500))
/// let user = try await rate.call { try await api.user(1) }
/// ```
///
/// Keep one for each service and use it for all its calls, in one runtime. It keeps one number, however many calls there
/// are. The operation runs in the caller's own task.
///
/// A full bucket lets `burst` calls through at once, and tokens come back at the even rate meanwhile: within one `per`
/// there can be up to `calls` and `burst` together.
///
/// **Cancellation.** A caller that is cancelled while it waits goes on at once with `CancellationError`. Its place is
/// free for another if nobody has waited for a later one, and otherwise passes unused.
public final class RateLimit: CallLayer {
    /// What a rate limit has done, and is doing.
    public struct Figures: Sendable, Hashable, Codable {
        /// Calls that were let through, at once or after a wait.
        public internal(set) var admitted = 0
        /// Calls that wait for their moment.
        public internal(set) var waiting = 0
        /// Calls that came too often.
        public internal(set) var rejected = 0
    }

    private let calls: Int
    private let period: Duration
    private let burst: Int
    private let maxWait: Duration
    private let machine: Mutex<RateLimitMachine>

    /// A full bucket.
    ///
    /// - Parameters:
    ///   - calls: so many in each `period`, 1 up to a thousand million.
    ///   - period: longer than zero.
    ///   - burst: the size of the bucket, 1 up to a thousand million; nil for as many as `calls`.
    ///   - maxWait: how long a call waits for its moment at most, zero or more; with zero it never waits. Nobody waits
    ///     beyond its ``CallDeadline``: who would have to is rejected at once.
    public init(_ calls: Int, per period: Duration, burst: Int? = nil, maxWait: Duration = .zero) {
        self.calls = calls
        self.period = period
        self.burst = burst ?? calls
        self.maxWait = maxWait
        machine = Mutex(RateLimitMachine(calls: calls, per: period, burst: burst ?? calls))
    }

    /// What it has done, and is doing.
    public var figures: Figures { machine.withLock { $0.figures } }

    /// Runs `operation` in the caller's task, now or when its moment has come.
    ///
    /// - Throws: the operation's own error; ``RateLimitExceeded``; ``CallDeadlinePassed``; `CancellationError` when the
    ///   caller is cancelled while it waits; ``InvalidCallLimit``.
    public func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try validate()
        try CallDeadline.requireTimeLeft()
        let runtime = Runtime.current
        let longest = min(maxWait, CallDeadline.current?.remaining ?? maxWait)
        let now = runtime.now
        switch machine.withLock({ $0.take(now: now, maxWait: longest) }) {
        case .now: break
        case .rejected(let retryAfter): throw RateLimitExceeded(retryAfter: retryAfter)
        case .wait(let moment, let place):
            do {
                try await runtime.sleep(until: moment)
            } catch {
                machine.withLock { $0.giveBack(place) }
                throw error
            }
            machine.withLock { $0.begin() }
        }
        return try await operation()
    }

    /// Checks the values of the limit.
    public func validate() throws(InvalidCallLimit) {
        let most = 1_000_000_000
        try InvalidCallLimit.require(
            (1...most).contains(calls),
            "RateLimit(_:)",
            "\(calls)",
            "1 up to \(most)",
            "a rate below one call in a second is one call in a longer time"
        )
        try InvalidCallLimit.require(
            period > .zero,
            "RateLimit(per:)",
            period.shortDescription,
            "over 0 s",
            "say in which time there may be so many calls"
        )
        try InvalidCallLimit.require(
            (1...most).contains(burst),
            "RateLimit(burst:)",
            "\(burst)",
            "1 up to \(most)",
            "use 1 to space calls evenly"
        )
        try InvalidCallLimit.require(
            maxWait >= .zero,
            "RateLimit(maxWait:)",
            maxWait.shortDescription,
            "0 s or more",
            "use .zero to reject whatever comes too often"
        )
    }
}

/// The call came too often, so the operation was not run.
public struct RateLimitExceeded: CallRejection, Hashable, CustomStringConvertible {
    /// How long until a call would be let through, if none is before it.
    public let retryAfter: Duration

    /// A rejection that is over after `retryAfter`.
    public init(retryAfter: Duration) {
        self.retryAfter = retryAfter
    }

    /// What happened, and what to do about it.
    public var description: String {
        "too many calls for the rate limit; try again in \(retryAfter.shortDescription), or raise the limit or its maxWait"
    }
}
