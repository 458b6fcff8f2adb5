internal import Supervision

/// What a circuit does with calls.
public enum CircuitState: String, Sendable, Codable, CaseIterable {
    /// Lets calls through and judges them.
    case closed
    /// Rejects calls until its open time is over.
    case open
    /// Lets a few probes through to find out whether the service works again.
    case halfOpen
    /// Rejects calls until an operator lifts it.
    case forcedOpen
    /// Lets calls through and judges nothing, until an operator lifts it.
    case disabled
    /// Lets calls through and judges them, but never opens, until an operator lifts it.
    case metricsOnly
}

/// What a circuit has counted since it was made, reset or last closed.
public struct CircuitCounts: Sendable, Codable, Hashable {
    /// Calls that were let through.
    public var calls = 0
    /// Calls that succeeded.
    public var successes = 0
    /// Calls that failed.
    public var failures = 0
    /// Failures since the last success.
    public var consecutiveFailures = 0
    /// Calls that said nothing about the service (B5).
    public var ignored = 0
    /// Calls that succeeded or failed and took as long as ``CircuitPolicy/slowCalls`` calls slow, or longer.
    public var slow = 0
    /// Calls that were not let through (B8).
    public var rejected = 0
    /// Reports that came after the circuit had gone on to another state; they changed nothing else (B4).
    public var late = 0

    /// Nothing counted.
    public init() {}
}

/// A circuit at one moment. Taking it changes nothing (B9).
public struct CircuitSnapshot: Sendable, Hashable {
    /// The circuit's service.
    public var service: ServiceName
    /// The state in effect: a circuit whose open time is over is half-open, also before its timer has said so.
    public var state: CircuitState
    /// How much of its open time is left. Nil when it is not open, and when it is open until it is reset.
    public var retryAfter: Duration?
    /// What it has counted.
    public var counts: CircuitCounts
    /// The faults that are injected into its calls; nil when there are none, as a rule.
    public var faults: CircuitFaults?

    /// A snapshot of those values.
    public init(
        service: ServiceName,
        state: CircuitState,
        retryAfter: Duration? = nil,
        counts: CircuitCounts = .init(),
        faults: CircuitFaults? = nil
    ) {
        self.service = service
        self.state = state
        self.retryAfter = retryAfter
        self.counts = counts
        self.faults = faults
    }
}

/// Coded with `retryAfter` in whole milliseconds, rounded up so that whoever waits that long does not come too early.
extension CircuitSnapshot: Codable {
    private enum Key: String, CodingKey {
        case service, state, retryAfterMilliseconds, counts, faults
    }

    /// Reads a snapshot.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        service = try container.decode(ServiceName.self, forKey: .service)
        state = try container.decode(CircuitState.self, forKey: .state)
        let milliseconds = try container.decodeIfPresent(Int64.self, forKey: .retryAfterMilliseconds)
        retryAfter = milliseconds.map(Duration.milliseconds)
        counts = try container.decode(CircuitCounts.self, forKey: .counts)
        faults = try container.decodeIfPresent(CircuitFaults.self, forKey: .faults)
    }

    /// Writes the snapshot.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(service, forKey: .service)
        try container.encode(state, forKey: .state)
        try container.encodeIfPresent(retryAfter.map(\.milliseconds), forKey: .retryAfterMilliseconds)
        try container.encode(counts, forKey: .counts)
        try container.encodeIfPresent(faults, forKey: .faults)
    }
}

extension Duration {
    /// In whole milliseconds, rounded up so that whoever waits that long does not come too early.
    var milliseconds: Int64 {
        let (milliseconds, rest) = saturatedNanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return rest > 0 ? milliseconds + 1 : milliseconds
    }
}
