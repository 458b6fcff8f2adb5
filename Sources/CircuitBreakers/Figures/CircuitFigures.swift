internal import Supervision

/// What has come of a circuit since it was made (B27).
///
/// Unlike ``CircuitCounts`` the totals go on when the circuit closes or is reset. They begin anew with the circuit: when
/// it was removed or evicted, or its server was restarted.
public struct CircuitFigures: Sendable, Hashable {
    /// The circuit's service.
    public var service: ServiceName
    /// The state in effect.
    public var state: CircuitState
    /// How much of its open time is left; nil when it is not open, and when it is open until it is reset.
    public var retryAfter: Duration?

    /// Calls that were let through. Those that have not reported yet are in no other count.
    public var calls = 0
    /// Calls that succeeded.
    public var successes = 0
    /// Calls that failed.
    public var failures = 0
    /// Calls that said nothing about the service (B5).
    public var ignored = 0
    /// Calls that succeeded or failed and were slow.
    public var slow = 0
    /// Calls that were not let through (B8).
    public var rejected = 0
    /// Reports that came too late to change anything (B4).
    public var late = 0

    /// The failures by the type of their error, of what it wraps inside if it wraps something. A result that was judged
    /// a failure is a `result`, a probe that said nothing an `expired probe`. After 32 types the rest are `other`.
    public var failuresByType: [String: Int] = [:]
    /// The type of the latest failure; nil when there was none.
    public var lastFailureType: String?

    /// The share of failures among the calls that the policy looks at, or among those judged since the circuit last
    /// closed when it looks at something else; nil when there are none.
    public var failureRate: Double?
    /// How near the circuit is to what would open it: one for each thing that its policy looks at. Empty when the
    /// circuit is not judged now.
    public var levels: [TripLevel] = []

    /// Steps from one state to another, and resets.
    public var transitions = 0
    /// Steps to open or forced open, from a state that was neither.
    public var timesOpened = 0
    /// How long it has been open or forced open, in all and up to now.
    public var timeOpen = Duration.zero
    /// How many times it has closed after having been open.
    public var recoveries = 0
    /// How long it took from opening to the next close, the last time; nil when it has not closed again yet. Half-open
    /// states and reopenings between them belong to it.
    public var lastTimeToRecover: Duration?
    /// How long that takes on average.
    public var meanTimeToRecover: Duration?
    /// Whether it opens again and again; see ``FlappingAlarm``.
    public var isFlapping = false

    /// The figures of a circuit to which nothing has happened.
    public init(service: ServiceName, state: CircuitState = .closed, retryAfter: Duration? = nil) {
        self.service = service
        self.state = state
        self.retryAfter = retryAfter
    }

    /// How the circuit stands.
    public var health: CircuitHealth { CircuitHealth(of: state) }
}

/// How near a circuit is to one of the things that open it (B27).
public struct TripLevel: Sendable, Hashable, Codable {
    /// What is measured.
    public enum Measure: String, Sendable, Codable, CaseIterable {
        /// Failures with no success between them.
        case consecutiveFailures
        /// Failures within a time.
        case failures
        /// The share of failures.
        case failureRate
        /// The share of slow calls.
        case slowCallRate
    }

    /// What is measured.
    public var measure: Measure
    /// The value now.
    public var current: Double
    /// The value that opens the circuit. With a least number of calls it takes that too.
    public var threshold: Double

    /// A level of those values.
    public init(_ measure: Measure, current: Double, threshold: Double) {
        self.measure = measure
        self.current = current
        self.threshold = threshold
    }

    /// The value as a share of the threshold: 1 when it is reached.
    public var share: Double { threshold > 0 ? current / threshold : 1 }
}

/// Coded with durations in whole milliseconds, rounded up.
extension CircuitFigures: Codable {
    private enum Key: String, CodingKey {
        case service, state, retryAfterMilliseconds
        case calls, successes, failures, ignored, slow, rejected, late
        case failuresByType, lastFailureType, failureRate, levels
        case transitions, timesOpened, timeOpenMilliseconds
        case recoveries, lastTimeToRecoverMilliseconds, meanTimeToRecoverMilliseconds, isFlapping
    }

    /// Reads figures.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func count(_ key: Key) throws -> Int { try container.decode(Int.self, forKey: key) }
        func duration(_ key: Key) throws -> Duration? {
            try container.decodeIfPresent(Int64.self, forKey: key).map(Duration.milliseconds)
        }
        service = try container.decode(ServiceName.self, forKey: .service)
        state = try container.decode(CircuitState.self, forKey: .state)
        retryAfter = try duration(.retryAfterMilliseconds)
        calls = try count(.calls)
        successes = try count(.successes)
        failures = try count(.failures)
        ignored = try count(.ignored)
        slow = try count(.slow)
        rejected = try count(.rejected)
        late = try count(.late)
        failuresByType = try container.decode([String: Int].self, forKey: .failuresByType)
        lastFailureType = try container.decodeIfPresent(String.self, forKey: .lastFailureType)
        failureRate = try container.decodeIfPresent(Double.self, forKey: .failureRate)
        levels = try container.decode([TripLevel].self, forKey: .levels)
        transitions = try count(.transitions)
        timesOpened = try count(.timesOpened)
        timeOpen = .milliseconds(try container.decode(Int64.self, forKey: .timeOpenMilliseconds))
        recoveries = try count(.recoveries)
        lastTimeToRecover = try duration(.lastTimeToRecoverMilliseconds)
        meanTimeToRecover = try duration(.meanTimeToRecoverMilliseconds)
        isFlapping = try container.decode(Bool.self, forKey: .isFlapping)
    }

    /// Writes the figures.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(service, forKey: .service)
        try container.encode(state, forKey: .state)
        try container.encodeIfPresent(retryAfter?.milliseconds, forKey: .retryAfterMilliseconds)
        try container.encode(calls, forKey: .calls)
        try container.encode(successes, forKey: .successes)
        try container.encode(failures, forKey: .failures)
        try container.encode(ignored, forKey: .ignored)
        try container.encode(slow, forKey: .slow)
        try container.encode(rejected, forKey: .rejected)
        try container.encode(late, forKey: .late)
        try container.encode(failuresByType, forKey: .failuresByType)
        try container.encodeIfPresent(lastFailureType, forKey: .lastFailureType)
        try container.encodeIfPresent(failureRate, forKey: .failureRate)
        try container.encode(levels, forKey: .levels)
        try container.encode(transitions, forKey: .transitions)
        try container.encode(timesOpened, forKey: .timesOpened)
        try container.encode(timeOpen.milliseconds, forKey: .timeOpenMilliseconds)
        try container.encode(recoveries, forKey: .recoveries)
        try container.encodeIfPresent(lastTimeToRecover?.milliseconds, forKey: .lastTimeToRecoverMilliseconds)
        try container.encodeIfPresent(meanTimeToRecover?.milliseconds, forKey: .meanTimeToRecoverMilliseconds)
        try container.encode(isFlapping, forKey: .isFlapping)
    }
}
