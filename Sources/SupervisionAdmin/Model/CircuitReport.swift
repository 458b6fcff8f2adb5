#if Admin
package import CircuitBreakers

/// A circuit as `GET /circuits/{service}` tells of it: its figures, with what it has counted since it was last closed, in
/// one flat object.
package struct CircuitReport: Sendable, Codable, Hashable {
    package var figures: CircuitFigures
    package var counts: CircuitCounts
    package var faults: CircuitFaults?

    private enum Key: String, CodingKey {
        case health, counts, faults
    }

    package init(_ figures: CircuitFigures, counts: CircuitCounts, faults: CircuitFaults?) {
        self.figures = figures
        self.counts = counts
        self.faults = faults
    }

    package init(from decoder: any Decoder) throws {
        figures = try CircuitFigures(from: decoder)
        let container = try decoder.container(keyedBy: Key.self)
        counts = try container.decode(CircuitCounts.self, forKey: .counts)
        faults = try container.decodeIfPresent(CircuitFaults.self, forKey: .faults)
    }

    package func encode(to encoder: any Encoder) throws {
        try figures.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(figures.health, forKey: .health)
        try container.encode(counts, forKey: .counts)
        try container.encodeIfPresent(faults, forKey: .faults)
    }
}

/// All circuits, as `GET /circuits` tells of them.
package struct CircuitsReport: Sendable, Codable, Hashable {
    /// How they stand together.
    package var health: CircuitHealth
    /// By name.
    package var circuits: [CircuitReport]
}
#endif
