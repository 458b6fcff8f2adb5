public import Supervision

/// The moment by which the caller of the running code wants its answer.
///
/// ```swift
/// try await CallDeadline.with(.seconds(2)) {
///     try await TimeLimit(share: 0.5).call { try await api.user(1) }   // has one second
/// }
/// ```
///
/// It is carried by the task and those that are started within it, and nests: the earlier deadline holds. To set one
/// ends nothing when it comes; it is for those to heed who ask for it. ``TimeLimit`` both heeds it and sets it for what
/// it runs; ``Bulkhead`` and ``RateLimit`` let nobody wait beyond it; none of the three begins a call after it. A server
/// that is called does not see its caller's deadline.
public struct CallDeadline: Sendable {
    @TaskLocal private static var bound: CallDeadline?

    /// The deadline that holds for the running code; nil when there is none.
    public static var current: CallDeadline? { bound }

    /// The moment, on the clock of the runtime in which it was set.
    public let instant: RuntimeInstant
    private let runtime: Runtime

    init(in duration: Duration, of runtime: Runtime) {
        instant = runtime.now.advanced(by: duration)
        self.runtime = runtime
    }

    /// The time that is left; zero when it is over.
    public var remaining: Duration { max(.zero, runtime.now.duration(to: instant)) }

    /// Runs `operation` with a deadline `duration` from now, or the one that holds already if that is earlier.
    ///
    /// A duration of zero or less is a deadline that is over. Nothing is cancelled when it comes.
    public static func with<Value, Failure: Error>(
        _ duration: Duration,
        _ operation: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        if let current, current.remaining <= duration { return try await operation() }
        return try await CallDeadline(in: duration, of: .current).run(operation)
    }

    /// Whether there is time left at all for a call that is about to begin, of ``current`` if there is one.
    static func requireTimeLeft() throws(CallDeadlinePassed) {
        if current?.remaining == .zero { throw CallDeadlinePassed() }
    }

    func run<Value, Failure: Error>(
        _ operation: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await Self.$bound.withValue(self) {
            do throws(Failure) { return .success(try await operation()) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

/// The caller's deadline was over before the operation was begun, so it was not run: nobody would have waited for it.
public struct CallDeadlinePassed: CallRejection, Hashable, CustomStringConvertible {
    /// The error itself.
    public init() {}

    /// What happened, and what to do about it.
    public var description: String {
        "the caller's deadline was over before the call began; give CallDeadline.with more time, or do less before it"
    }
}
