/// What a file, an environment or an operator says about a circuit: every value of a ``CircuitPolicy`` that plain data
/// can express (B24). What is nil is not said, and stays as it is in the policy that the settings are laid over.
///
/// ```json
/// {"trip": {"failureRate": {"rate": 0.5, "calls": 100, "minimumCalls": 20}},
///  "openDuration": {"exponential": {"from": "1s", "upTo": "5m"}},
///  "halfOpen": {"maxProbes": 2, "successThreshold": 2}}
/// ```
///
/// A duration is a text such as `"500ms"`, `"30s"` or `"1h30m"`, or a number of seconds; it is written as a text.
public struct CircuitSettings: Sendable, Hashable {
    /// What opens the circuit; one of the three.
    public var trip = Trip()
    /// Slow calls that open it beside that.
    public var slowCalls = SlowCalls()
    /// How long it stays open. A change replaces the whole of it.
    public var openDuration = OpenDuration()
    /// The healthy time after which the attempt number falls by one.
    public var attemptDecay: Interval?
    /// How it finds out whether it may close.
    public var halfOpen = HalfOpen()
    /// How traffic comes back.
    public var ramp = Ramp()
    /// The least time between two transitions.
    public var minTransitionInterval: Duration?
    /// How often a closed circuit forgets its counts.
    public var clearInterval: Interval?
    /// Failures within so much time of one that counted are one and the same.
    public var lumpingInterval: Duration?
    /// For so long after it was made nothing opens the circuit but an operator.
    public var warmUp: Duration?
    /// The state that it begins in. It changes no circuit that is there already.
    public var initialState: CircuitPolicy.InitialState?
    /// The services that this one needs.
    public var dependsOn: [ServiceName]?
    /// The longest open time that an error can ask for.
    public var maxRetryAfter: Duration?
    /// What a ``PermanentError`` does.
    public var permanentErrors: CircuitPolicy.PermanentErrorRule?
    /// How a call counts whose task was cancelled.
    public var cancellation: CallOutcome?
    /// How a call counts whose time was over.
    public var deadline: CallOutcome?
    /// When the circuit counts as flapping.
    public var flapping = Flapping()

    /// Nothing is said.
    public init() {}
}

extension CircuitSettings {
    /// A duration, or that there is none: `"off"` in a file.
    public enum Interval: Sendable, Hashable {
        /// There is none.
        case off
        /// That long.
        case after(Duration)
    }

    /// What opens a circuit: one of the three.
    public struct Trip: Sendable, Hashable {
        /// That many failures with no success between them.
        public var consecutiveFailures: Int?
        /// A number of failures within a time.
        public var failures = Failures()
        /// A share of failures.
        public var failureRate = FailureRate()
    }

    /// A number of failures within a time.
    public struct Failures: Sendable, Hashable {
        /// How many.
        public var count: Int?
        /// The time.
        public var within: Duration?
    }

    /// A share of failures among the calls of a window: the latest so many, or those of the latest so much time.
    public struct FailureRate: Sendable, Hashable {
        /// The share, above 0 and up to 1.
        public var rate: Double?
        /// The latest so many calls.
        public var calls: Int?
        /// The calls of so much time.
        public var time: Duration?
        /// From how many calls on it is judged. Unless it is said, as many as a window of calls holds, and 10 in a
        /// window of time.
        public var minimumCalls: Int?
    }

    /// When slow calls open a circuit.
    public struct SlowCalls: Sendable, Hashable {
        /// False: they do not, whatever else is said here or below.
        public var enabled: Bool?
        /// A call that takes so long or longer is slow.
        public var duration: Duration?
        /// The share, above 0 and up to 1.
        public var rate: Double?
        /// The latest so many calls. 100 unless it or `time` is said.
        public var calls: Int?
        /// The calls of so much time.
        public var time: Duration?
        /// From how many calls on it is judged. Unless it is said, as many as a window of calls holds, and 10 in a
        /// window of time.
        public var minimumCalls: Int?
    }

    /// How long a circuit stays open: one of the four.
    public struct OpenDuration: Sendable, Hashable {
        /// As long each time. In a file that is `"openDuration": "30s"`.
        public var constant: Duration?
        /// Multiplied at each attempt.
        public var exponential = Exponential()
        /// A step longer at each attempt.
        public var linear = Linear()
        /// One time for each attempt.
        public var table = Table()
    }

    /// An open time that is multiplied at each attempt.
    public struct Exponential: Sendable, Hashable {
        /// The first time.
        public var from: Duration?
        /// The longest.
        public var upTo: Duration?
        /// What it is multiplied with: 1 or more, 2 unless it is said.
        public var factor: Double?
        /// The share that is drawn by chance: 0 to 1, 1 unless it is said.
        public var jitter: Double?
    }

    /// An open time that is a step longer at each attempt.
    public struct Linear: Sendable, Hashable {
        /// The first time.
        public var from: Duration?
        /// The step.
        public var step: Duration?
        /// The longest.
        public var upTo: Duration?
        /// The share that is drawn by chance: 0 to 1, 1 unless it is said.
        public var jitter: Double?
    }

    /// An open time for each attempt.
    public struct Table: Sendable, Hashable {
        /// The times.
        public var delays: [Duration]?
        /// Past its end the last one doubles up to this. Unless it is said, the last one stays.
        public var upTo: Duration?
        /// The share that is drawn by chance: 0 to 1, 0 unless it is said.
        public var jitter: Double?
    }

    /// How a half-open circuit probes: closed by successes, or judged by a share of failures.
    public struct HalfOpen: Sendable, Hashable {
        /// The most probes in flight.
        public var maxProbes: Int?
        /// So many successes close the circuit, and the first failure opens it.
        public var successThreshold: Int?
        /// A share of failures among so many probes decides.
        public var failureRate = ProbeRate()
        /// A probe that has said nothing for so long loses its slot.
        public var probeTimeout: Duration?
        /// What such a probe counts as.
        public var expiredProbe: CircuitPolicy.HalfOpen.ExpiredProbe?
        /// How many calls that find no free probe wait; with 0 they are rejected.
        public var waitLimit: Int?
    }

    /// A share of failures among a number of probes.
    public struct ProbeRate: Sendable, Hashable {
        /// The share, above 0 and up to 1.
        public var rate: Double?
        /// How many probes decide.
        public var over: Int?
    }

    /// How traffic comes back.
    public struct Ramp: Sendable, Hashable {
        /// False: all at once, whatever else is said here or below.
        public var enabled: Bool?
        /// How long it takes.
        public var duration: Duration?
        /// The share at the beginning, above 0 and up to 1; 0.1 unless it is said.
        public var initialShare: Double?
    }

    /// When a circuit counts as flapping, and when no longer.
    public struct Flapping: Sendable, Hashable {
        /// So many openings.
        public var openings: Int?
        /// Within so much time.
        public var within: Duration?
        /// So many quiet checks in a row, and it does no longer.
        public var quietChecks: Int?
        /// The time between two checks.
        public var checkInterval: Duration?
    }
}
