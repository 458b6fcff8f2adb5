/// The parts of a policy.
extension CircuitPolicy {
    /// What makes a closed circuit open (B10).
    ///
    /// Numbers and rates open it when they are reached (≥). A call whose age is exactly the window is out of it.
    public enum Trip: Sendable {
        /// That many failures with no success between them. At least 1. Reads no clock.
        case consecutiveFailures(Int)
        /// That many failures within a sliding time, whatever succeeded between them. The count is exact.
        case failures(Int, within: Duration)
        /// The share of failures, above 0 and up to 1, among the judged calls in the window, as soon as there are
        /// `minimumCalls` of them.
        case failureRate(Double, over: Window, minimumCalls: Int)
        /// Whatever the function says of the counts. It is asked after each success and failure of a closed circuit,
        /// outside of every lock.
        case custom(@Sendable (CircuitCounts) -> Bool)
    }

    /// The calls that a rate is taken over. Its memory is bounded, however many calls there are.
    public enum Window: Sendable, Hashable {
        /// The latest so many judged calls.
        case calls(Int)
        /// The judged calls of the latest so much time. Exact for up to 128 moments; with more in the window, calls
        /// leave it up to a thirty-second of the time too early.
        case time(Duration)
    }

    /// When calls that are slow open the circuit, whether or not they succeed.
    public struct SlowCalls: Sendable, Hashable {
        /// A call is slow when it takes so long or longer.
        public var duration: Duration
        /// The share of slow calls that opens the circuit, above 0 and up to 1.
        public var rate: Double
        /// The calls that the share is taken over.
        public var window: Window
        /// The circuit is not judged before so many calls are in the window.
        public var minimumCalls: Int

        /// Calls that take `duration` or longer are slow; a share of `rate` opens the circuit.
        ///
        /// - Parameters:
        ///   - duration: what takes so long or longer is slow.
        ///   - rate: the share of slow calls that opens the circuit, above 0 and up to 1.
        ///   - window: the calls that the share is taken over.
        ///   - minimumCalls: nil for as many as a window of calls holds, and 10 for a window of time.
        public init(over duration: Duration, rate: Double, window: Window = .calls(100), minimumCalls: Int? = nil) {
            self.duration = duration
            self.rate = rate
            self.window = window
            switch window {
            case .calls(let size): self.minimumCalls = minimumCalls ?? size
            case .time: self.minimumCalls = minimumCalls ?? 10
            }
        }
    }

    /// The state that a circuit begins in (B20).
    public enum InitialState: String, Sendable, Codable, CaseIterable {
        /// It lets calls through and judges them.
        case closed
        /// It is open for the whole of its open time.
        case open
        /// It is forced open, disabled or only measured, as if an operator had said so (B18).
        case forcedOpen, disabled, metricsOnly

        var isOverride: Bool { self == .forcedOpen || self == .disabled || self == .metricsOnly }
    }

    /// How traffic comes back after a circuit has closed: not all at once.
    public struct Ramp: Sendable, Hashable {
        /// How long it takes until every call is let through again. Longer than zero.
        public var duration: Duration
        /// The share of calls that is let through at the beginning, above 0 and up to 1. It grows evenly to 1.
        public var initialShare: Double

        /// All calls are let through after `duration`, and `initialShare` of them at once.
        public init(over duration: Duration, from initialShare: Double = 0.1) {
            self.duration = duration
            self.initialShare = initialShare
        }
    }

    /// A circuit that is about to open, as ``CircuitPolicy/openDurationOf`` sees it.
    public struct Opening: Sendable {
        /// The circuit's service.
        public let service: ServiceName
        /// 0 when it opens from closed, and one more for each time that it opens again before it has closed.
        public let attempt: Int
        /// What it has counted.
        public let counts: CircuitCounts
        /// The share of failures among the judged calls that led to it.
        public let failureRate: Double
    }

    /// What a ``PermanentError`` does to the circuit.
    public enum PermanentErrorRule: String, Sendable, Hashable, CaseIterable {
        /// It is a failure like any other.
        case countAsFailures
        /// It opens the circuit at once, and the circuit stays open until it is reset.
        case openUntilReset
    }
}
