internal import Supervision

/// All circuits of a server at one moment: their figures, their health, and a table for a person to read (B27).
///
/// ```
/// circuits: unhealthy; 2 closed, 1 open (payments)
///
/// service   state   time left  calls  failures  rate  rejected  last failure
/// payments  open    12.5 s        40        25  62 %       103  Timeout
/// search    closed  -            100         0   0 %         0  -
/// users     closed  -              0         0     -         0  -
/// ```
public struct CircuitOverview: Sendable, Hashable, Codable {
    /// The figures of each circuit, by name.
    public let circuits: [CircuitFigures]

    /// An overview of those circuits.
    public init(_ circuits: some Sequence<CircuitFigures>) {
        self.circuits = circuits.sorted { $0.service.rawValue < $1.service.rawValue }
    }

    /// How they stand together: as the worst of them does. Healthy when there are none.
    public var health: CircuitHealth {
        circuits.map(\.health).max() ?? .healthy
    }

    /// The services whose circuits stand like that, by name.
    public func services(_ health: CircuitHealth) -> [ServiceName] {
        circuits.filter { $0.health == health }.map(\.service)
    }
}

extension CircuitOverview: CustomStringConvertible {
    /// The health in one line: how many circuits are in which state, and of those that are not closed which.
    public var summary: String {
        if circuits.isEmpty { return "healthy; there are none" }
        let parts = CircuitState.allCases.compactMap { state -> String? in
            let names = circuits.filter { $0.state == state }.map(\.service.rawValue.printable)
            if names.isEmpty { return nil }
            return state == .closed ? "\(names.count) closed" : "\(names.count) \(state) (\(Self.list(names)))"
        }
        let flapping = circuits.filter(\.isFlapping).map(\.service.rawValue.printable)
        let alarm = flapping.isEmpty ? "" : "; flapping: \(Self.list(flapping))"
        return "\(health); \(parts.joined(separator: ", "))\(alarm)"
    }

    /// The summary, and a line for each circuit.
    public var description: String {
        guard !circuits.isEmpty else { return "circuits: \(summary)" }
        let table = TextTable(
            columns: [
                .left("service"), .left("state"), .left("time left"), .right("calls"), .right("failures"),
                .right("rate"), .right("rejected"), .left("last failure"),
            ],
            rows: circuits.map { circuit in
                [
                    circuit.service.rawValue.printable,
                    "\(circuit.state)",
                    circuit.retryAfter?.shortDescription ?? "-",
                    "\(circuit.calls)",
                    "\(circuit.failures)",
                    circuit.failureRate.map(Self.percent) ?? "-",
                    "\(circuit.rejected)",
                    circuit.lastFailureType ?? "-",
                ]
            }
        )
        return "circuits: \(summary)\n\n\(table)"
    }

    /// Up to five of them, and how many more there are.
    private static func list(_ names: [String]) -> String {
        let rest = names.count > 5 ? " and \(names.count - 5) more" : ""
        return names.prefix(5).joined(separator: ", ") + rest
    }

    private static func percent(_ rate: Double) -> String {
        rate.isFinite ? "\(Int((rate * 100).rounded())) %" : "-"
    }
}

extension String {
    /// In one line, without what would move a terminal's cursor.
    fileprivate var printable: String {
        let isPlain = unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        return isPlain ? self : String(map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 32 } ? " " : $0 })
    }
}
