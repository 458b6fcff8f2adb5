internal import Supervision

/// What of a circuit outlives its server (B22): a state other than closed, and how much of it is left.
public struct StoredCircuit: Sendable, Hashable {
    /// The circuit's service.
    public var service: ServiceName
    /// Its state. A closed one has nothing to keep.
    public var state: CircuitState
    /// How much of its open time is left; nil when it is open until it is reset, and when it is not open.
    public var remaining: Duration?
    /// The number of its open time since it was last closed, from 0: its back-off goes on from there.
    public var attempt: Int

    /// A circuit as it is to be taken up.
    public init(service: ServiceName, state: CircuitState, remaining: Duration? = nil, attempt: Int = 0) {
        self.service = service
        self.state = state
        self.remaining = remaining
        self.attempt = attempt
    }
}

/// Coded with `remaining` in whole milliseconds, rounded up.
extension StoredCircuit: Codable {
    private enum Key: String, CodingKey {
        case service, state, remainingMilliseconds, attempt
    }

    /// Reads a circuit.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        service = try container.decode(ServiceName.self, forKey: .service)
        state = try container.decode(CircuitState.self, forKey: .state)
        remaining = try container.decodeIfPresent(Int64.self, forKey: .remainingMilliseconds).map(Duration.milliseconds)
        attempt = try container.decodeIfPresent(Int.self, forKey: .attempt) ?? 0
    }

    /// Writes the circuit.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(service, forKey: .service)
        try container.encode(state, forKey: .state)
        try container.encodeIfPresent(remaining?.milliseconds, forKey: .remainingMilliseconds)
        try container.encode(attempt, forKey: .attempt)
    }
}
