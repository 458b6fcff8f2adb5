/// How a circuit, or a whole set of them, stands (B27).
public enum CircuitHealth: String, Sendable, Codable, CaseIterable, Comparable {
    /// Closed: calls go through and are judged.
    case healthy
    /// Half-open: the service is being tried. Disabled or only measured: an operator has taken its protection away.
    case degraded
    /// Open or forced open: calls are rejected.
    case unhealthy

    /// How a circuit in that state stands.
    public init(of state: CircuitState) {
        switch state {
        case .closed: self = .healthy
        case .halfOpen, .disabled, .metricsOnly: self = .degraded
        case .open, .forcedOpen: self = .unhealthy
        }
    }

    /// How circuits stand together: as the worst of them does. Healthy when there are none.
    public init(of snapshots: some Sequence<CircuitSnapshot>) {
        self = snapshots.map { CircuitHealth(of: $0.state) }.max() ?? .healthy
    }

    /// From good to bad.
    public static func < (left: CircuitHealth, right: CircuitHealth) -> Bool {
        left.badness < right.badness
    }

    private var badness: Int {
        switch self {
        case .healthy: 0
        case .degraded: 1
        case .unhealthy: 2
        }
    }
}
