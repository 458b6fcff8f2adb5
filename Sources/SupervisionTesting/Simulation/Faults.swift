extension Simulation {
    /// How likely it is that something goes wrong, each from 0 (never) to 1 (whenever it can).
    ///
    /// ```swift
    /// try Simulation.explore(seeds: 0..<1_000, faults: .init(crash: 0.05, startFailure: 0.1)) { world in … }
    /// ```
    ///
    /// For a fault at a place that a test chooses there is ``World/plan(_:)``.
    public struct Faults: Sendable, Hashable {
        /// A server crashes in place of handling a message. Supervisors do not.
        public var crash: Double
        /// A start fails before the server is made. Those of supervisors do not.
        public var startFailure: Double
        /// A start takes some time. Those of supervisors do not.
        public var startDelay: Double
        /// A server is at a message for some time before it handles it.
        public var stall: Double
        /// A server that was told to stop goes on for some time, as if it had not heeded its cancellation.
        public var ignoredCancellation: Double
        /// A permit of a circuit breaker is dropped in place of being reported.
        public var lostPermit: Double
        /// The clock jumps to the next deadline while there is still something to do.
        public var clockJump: Double
        /// An operation fails of which the code under test asks whether it does: see ``World/attempt(_:)``.
        public var operationFailure: Double
        /// How long the longest delay takes.
        public var longestDelay: Duration

        /// Nothing goes wrong.
        public static let none = Faults()

        /// What goes wrong, and how likely.
        public init(
            crash: Double = 0,
            startFailure: Double = 0,
            startDelay: Double = 0,
            stall: Double = 0,
            ignoredCancellation: Double = 0,
            lostPermit: Double = 0,
            clockJump: Double = 0,
            operationFailure: Double = 0,
            longestDelay: Duration = .seconds(8)
        ) {
            self.crash = crash
            self.startFailure = startFailure
            self.startDelay = startDelay
            self.stall = stall
            self.ignoredCancellation = ignoredCancellation
            self.lostPermit = lostPermit
            self.clockJump = clockJump
            self.operationFailure = operationFailure
            self.longestDelay = longestDelay
        }
    }

    /// A fault at a chosen place. Messages and lives of a server count from 1; messages count over all its lives.
    public enum PlannedFault: Sendable, Hashable {
        /// The server at the path crashes in place of handling that message.
        case crash(at: String, message: Int)
        /// The server is at that message for so long before it handles it.
        case stall(at: String, message: Int, for: Duration)
        /// That start of the server fails.
        case failStart(at: String, life: Int)
        /// That start of the server takes so long.
        case delayStart(at: String, life: Int, by: Duration)
        /// When it is told to stop while it is at that message, the server goes on for so long.
        case ignoreCancellation(at: String, message: Int, for: Duration)
        /// That operation fails: see ``World/attempt(_:)``.
        case failOperation(String, time: Int)
        /// The permit is lost that would be reported as the so many-th.
        case losePermit(number: Int)
    }
}

/// What a server or an operation fails with when a simulation makes it fail.
public struct SimulatedFault: Error, Hashable, CustomStringConvertible {
    /// What fails.
    public let subject: String

    public var description: String { "a fault of the simulation: \(subject)" }
}
