internal import Supervision

/// A cap on the calls that are in flight at once, with a bounded wait for those that come when it is reached (B31).
///
/// ```swift
/// let bulkhead = Bulkhead(maxConcurrent: 10, maxWaiting: 20, waitTimeout: .seconds(1))
/// let user = try await bulkhead.call { try await api.user(1) }
/// ```
///
/// Keep one for each service and use it for all its calls. The operation runs in the caller's own task. A slot that gets
/// free goes to the one who has waited longest.
///
/// **Cancellation.** A caller that is cancelled while it waits leaves the queue at once with `CancellationError`. One
/// that is cancelled when it has a slot has it until its operation ends.
public final class Bulkhead: CallLayer {
    /// What a bulkhead has done, and is doing.
    public struct Figures: Sendable, Hashable, Codable {
        /// Calls that have a slot.
        public internal(set) var inFlight = 0
        /// Calls that wait for one.
        public internal(set) var waiting = 0
        /// Calls that have been given a slot, at once or after a wait.
        public internal(set) var admitted = 0
        /// Calls that have not: there was no room to wait, or their wait was over.
        public internal(set) var rejected = 0
    }

    private let gate: BulkheadGate
    private let waitTimeout: Duration?

    /// A bulkhead with all its slots free.
    ///
    /// - Parameters:
    ///   - maxConcurrent: the most calls that are in flight at once. At least 1.
    ///   - maxWaiting: the most calls that wait for a slot. At least 0.
    ///   - waitTimeout: the longest that one waits, longer than zero, five seconds unless set otherwise; nil for as long
    ///     as it takes. Nobody waits beyond its ``CallDeadline``.
    public init(maxConcurrent: Int, maxWaiting: Int = 0, waitTimeout: Duration? = .seconds(5)) {
        gate = BulkheadGate(maxConcurrent: maxConcurrent, maxWaiting: maxWaiting)
        self.waitTimeout = waitTimeout
    }

    /// What it has done, and is doing.
    public var figures: Figures { gate.figures }

    /// Runs `operation` in the caller's task as soon as there is a slot.
    ///
    /// - Throws: the operation's own error; ``BulkheadFull``; ``CallDeadlinePassed``; `CancellationError` when the caller
    ///   is cancelled while it waits; ``InvalidCallLimit``.
    public func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try validate()
        try CallDeadline.requireTimeLeft()
        if let id = try gate.enterAtOnce() {
            let longest = [waitTimeout, CallDeadline.current?.remaining].compactMap(\.self).min()
            try await gate.enter(id, waitingUpTo: longest, in: .current)
        }
        defer { gate.leave() }
        return try await operation()
    }

    /// Checks the values of the bulkhead.
    public func validate() throws(InvalidCallLimit) {
        try InvalidCallLimit.require(
            gate.maxConcurrent >= 1,
            "Bulkhead(maxConcurrent:)",
            "\(gate.maxConcurrent)",
            "1 or more",
            "use 1 for one call at a time"
        )
        try InvalidCallLimit.require(
            gate.maxWaiting >= 0,
            "Bulkhead(maxWaiting:)",
            "\(gate.maxWaiting)",
            "0 or more",
            "use 0 to reject whatever finds no free slot"
        )
        try InvalidCallLimit.require(
            waitTimeout.map { $0 > .zero } ?? true,
            "Bulkhead(waitTimeout:)",
            waitTimeout?.shortDescription ?? "nil",
            "over 0 s, or nil",
            "use maxWaiting: 0 if nobody is to wait"
        )
    }
}

/// As many calls as a bulkhead lets through are in flight, so the operation was not run.
public struct BulkheadFull: CallRejection, Hashable, CustomStringConvertible {
    /// The most calls that are in flight at once.
    public let maxConcurrent: Int
    /// The most calls that wait for a slot.
    public let maxWaiting: Int
    /// How long the call had waited for a slot; nil when there was no room to wait.
    public let waited: Duration?

    /// The rejection of a call by a bulkhead of these limits.
    public init(maxConcurrent: Int, maxWaiting: Int, waited: Duration? = nil) {
        self.maxConcurrent = maxConcurrent
        self.maxWaiting = maxWaiting
        self.waited = waited
    }

    /// What happened, and what to do about it.
    public var description: String {
        let calls = maxConcurrent == 1 ? "its one call is" : "all its \(maxConcurrent) calls are"
        guard let waited else {
            return
                "the bulkhead is full: \(calls) in flight and \(maxWaiting) wait; try again later, or raise its limits"
        }
        return
            "the bulkhead is full: \(calls) in flight, and none ended within \(waited.shortDescription); try again later"
    }
}
