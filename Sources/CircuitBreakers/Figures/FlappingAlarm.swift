public import Supervision

/// Tells whether a circuit opens again and again, and says so once (B27).
///
/// It is raised when the circuit has opened so many times within a time. It is cleared when it has looked healthy at so
/// many checks in a row: not open, and not opened since the check before. One that opens now and then in between begins
/// to be quiet anew, and raises nothing again.
///
/// A pure value: it is told of openings and checks, and answers with what has changed.
public struct FlappingAlarm: Sendable, Hashable {
    /// When the alarm is raised, and when it is cleared.
    public struct Rule: Sendable, Hashable {
        /// So many openings raise it. At least 1; less is taken as 1.
        public var openings: Int
        /// Within so much time. One whose age is exactly that is out.
        public var period: Duration
        /// So many healthy checks in a row clear it. At least 1; less is taken as 1.
        public var quietChecks: Int
        /// While it is raised, the circuit's server checks the circuit whenever so much time has passed. Longer than
        /// zero; less is taken as a millisecond.
        public var checkInterval: Duration

        /// A rule of those values.
        public init(
            openings: Int = 3,
            within period: Duration = .seconds(300),
            quietChecks: Int = 3,
            every checkInterval: Duration = .seconds(60)
        ) {
            self.openings = max(1, openings)
            self.period = period
            self.quietChecks = max(1, quietChecks)
            self.checkInterval = max(.milliseconds(1), checkInterval)
        }
    }

    /// What an alarm says when it changes.
    public enum Change: Sendable, Hashable {
        /// The circuit has opened so many times within that time.
        case raised(openings: Int, within: Duration)
        /// It has been quiet at so many checks in a row.
        case cleared(quietChecks: Int)
    }

    /// When it is raised and cleared.
    public internal(set) var rule: Rule
    /// Whether it has been raised and not cleared.
    public private(set) var isRaised = false
    /// The latest openings, as many as raise it.
    private var openings: [RuntimeInstant] = []
    private var hasOpenedSinceCheck = false
    private var quietChecks = 0

    /// An alarm that has not been raised.
    public init(rule: Rule = .init()) {
        self.rule = rule
    }

    /// The circuit has opened.
    public mutating func opened(at time: RuntimeInstant) -> Change? {
        hasOpenedSinceCheck = true
        quietChecks = 0
        while openings.count >= max(1, rule.openings) { openings.removeFirst() }
        openings.append(time)
        guard !isRaised, openings.count == max(1, rule.openings), openings[0].duration(to: time) < rule.period else {
            return nil
        }
        isRaised = true
        return .raised(openings: openings.count, within: rule.period)
    }

    /// A look at the circuit, from time to time.
    public mutating func checked(_ state: CircuitState) -> Change? {
        let isQuiet = !state.rejectsAll && !hasOpenedSinceCheck
        hasOpenedSinceCheck = false
        guard isRaised, isQuiet else {
            quietChecks = 0
            return nil
        }
        quietChecks += 1
        guard quietChecks >= rule.quietChecks else { return nil }
        isRaised = false
        defer { quietChecks = 0 }
        // What raised it is over: it takes as many openings to raise it again.
        openings = []
        return .cleared(quietChecks: quietChecks)
    }
}

extension FlappingAlarm.Change: CustomStringConvertible {
    /// The change in words.
    public var description: String {
        switch self {
        case .raised(1, let period): "is flapping: it opened within \(period.shortDescription)"
        case .raised(let openings, let period):
            "is flapping: it opened \(openings) times within \(period.shortDescription)"
        case .cleared(1): "is not flapping any more: quiet at a check"
        case .cleared(let checks): "is not flapping any more: quiet at \(checks) checks in a row"
        }
    }
}

extension CircuitState {
    /// No call is let through.
    var rejectsAll: Bool { self == .open || self == .forcedOpen }
}
