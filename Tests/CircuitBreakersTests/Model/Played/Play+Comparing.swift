import CircuitBreakers
import Supervision

/// What can be seen of both.
extension Play {
    func require<Value: Equatable>(_ found: Value, _ expected: Value, _ what: @autoclosure () -> String) throws {
        if found == expected { return }
        throw Difference(description: "\(what()) is \(found), expected is \(expected)")
    }

    func compare(_ breakers: isolated CircuitBreakerServer) throws {
        let snapshots = breakers.states()
        try require(snapshots.map(\.service), plain.known, "the list of services")
        for snapshot in snapshots {
            let service = snapshot.service
            guard let circuit = plain.settled(service) else {
                let initial = plain.policies[service]?.initial.rawValue
                try require(snapshot.state.rawValue, initial ?? "", "the first state of '\(service)'")
                continue
            }
            try require(snapshot.state, circuit.state, "the state of '\(service)'")
            let left = circuit.state == .open ? circuit.openUntil.map { Duration.seconds($0 - plain.now) } : nil
            try require(snapshot.retryAfter, left, "the time that '\(service)' stays open")
            try require(snapshot.counts, circuit.counts, "what '\(service)' has counted")
            try compare(breakers.figures(of: service), circuit)
        }
    }

    private func compare(_ found: CircuitFigures?, _ circuit: PlainCircuit) throws {
        let service = circuit.service
        guard let found else { throw Difference(description: "'\(service)' has no figures") }
        let past = circuit.past
        let total = past.total.adding(circuit.counts)
        var figures = CircuitCounts()
        figures.calls = found.calls
        figures.successes = found.successes
        figures.failures = found.failures
        figures.ignored = found.ignored
        figures.slow = found.slow
        figures.rejected = found.rejected
        figures.late = found.late
        try require(figures, total, "what '\(service)' has counted in all")
        try require(found.failuresByType.values.reduce(0, +), total.failures, "the failures by type of '\(service)'")
        try require(found.transitions, past.transitions, "the number of transitions of '\(service)'")
        try require(found.timesOpened, past.timesOpened, "how many times '\(service)' opened")
        let secondsOpen = past.secondsOpen + (past.openSince.map { plain.now - $0 } ?? 0)
        try require(found.timeOpen, .seconds(secondsOpen), "how long '\(service)' was open")
        try require(found.recoveries, past.recoveries.count, "how many times '\(service)' recovered")
        let last = past.recoveries.last.map { Duration.seconds($0) }
        try require(found.lastTimeToRecover, last, "how long '\(service)' took to recover")
    }

    /// Compares what was told with what is to be told, of each service in order.
    func compare(_ events: [CircuitEvent]) throws {
        for service in Self.services {
            let found = events.filter { $0.service == service }.compactMap(Self.line)
            let circuit = plain.circuits[service]?.told ?? []
            let expected = plain.told.filter { Self.service(of: $0) == service.rawValue } + circuit
            for (found, expected) in zip(found, expected) { try require(found, expected, "an event of '\(service)'") }
            try require(found.count, expected.count, "the number of events of '\(service)'")
        }
    }

    private static func service(of line: String) -> String {
        let words = line.split(separator: " ", maxSplits: 2)
        return words.count > 1 ? String(words[1]) : ""
    }

    private static func line(_ event: CircuitEvent) -> String? {
        guard let service = event.service else { return nil }
        let now = Int(event.time.nanoseconds / 1_000_000_000)
        switch event.kind {
        case .transition(let transition):
            return PlainCircuit.line(
                now,
                service,
                transition.from,
                transition.to,
                transition.reason,
                transition.openFor.map { Int($0.components.seconds) },
                transition.counts
            )
        case .leaseExpired: return "\(now) \(service) lease"
        case .removed: return "\(now) \(service) removed"
        case .evicted: return "\(now) \(service) evicted"
        default: return nil
        }
    }

    /// What holds whatever the sequence, told from the events alone: each step begins where the one before it ended.
    func checkPath(_ events: [CircuitEvent]) throws {
        var states: [ServiceName: CircuitState] = [:]
        for event in events {
            guard let service = event.service else { continue }
            switch event.kind {
            case .transition(let transition):
                if let former = states[service] {
                    try require(transition.from, former, "where a step of '\(service)' begins")
                }
                states[service] = transition.to
            case .removed, .evicted: states[service] = nil
            default: continue
            }
        }
    }
}
