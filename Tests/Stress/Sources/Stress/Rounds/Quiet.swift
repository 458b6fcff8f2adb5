internal import CircuitBreakers
internal import Supervision
internal import Synchronization

/// What must hold of a tree that nobody keeps busy any more: what it says of itself is what is there.
struct Quiet {
    let stage: Stage
    let ledger: CircuitLedger
    let log: EventLog

    private var referee: Referee { stage.round.referee }

    func check() async {
        do {
            for name in Names.supervisors { try await checkCounts(of: ServerRef(name, in: stage.runtime)) }
            try await checkSessions()
            try await checkCircuits()
        } catch {
            referee.fail("unexpected: \(error)", at: "the quiet tree")
        }
    }

    /// Restarts that were under way are through after a moment.
    private func checkCounts(of supervisor: ServerRef<Supervisor>) async throws {
        var problem: String?
        for _ in 0..<2_000 {
            let counts = try await supervisor.counts()
            let children = try await supervisor.children()
            problem = Self.problem(counts, children)
            if problem == nil { return }
            try await stage.runtime.sleep(for: .milliseconds(5))
        }
        if let problem { referee.fail(problem, at: "a supervisor of \(try await supervisor.children().map(\.path))") }
    }

    private static func problem(_ counts: ChildCounts, _ children: [ChildInfo]) -> String? {
        let running = children.count { if case .running = $0.status { true } else { false } }
        let zombies = children.reduce(0) { $0 + $1.zombies }
        let supervisors = children.count { $0.kind == .supervisor }
        if counts.specs == children.count, counts.active == running, counts.supervisors == supervisors,
            counts.zombies == zombies, zombies == 0
        {
            return nil
        }
        return "counts \(counts), and children \(children.map { "\($0.id) \($0.status)" }) (R74)"
    }

    /// Each child is found under its key, and each key leads to a child.
    private func checkSessions() async throws {
        let sessions = ServerRef(Names.sessions, in: stage.runtime)
        var words = ""
        for _ in 0..<2_000 {
            let paths = Set(try await sessions.children().map(\.path))
            let named = Set(stage.registry.entries.map(\.entry.path))
            let heard = Set(stage.topics.entries.map(\.entry.path))
            if paths == named, paths == heard { return }
            words = "children \(paths.sorted()), named \(named.sorted()), heard \(heard.sorted()) (R90, R92)"
            try await stage.runtime.sleep(for: .milliseconds(5))
        }
        referee.fail(words, at: "sessions")
    }

    /// The counts of circuits are those of their callers, if their server has lived all the time.
    private func checkCircuits() async throws {
        if stage.crashesBreakers { return }
        let server = ServerRef(.circuitBreakers, in: stage.runtime)
        let overview = try await server.call { $0.overview() }
        for figures in overview.circuits where ServiceName.counted.contains(figures.service) {
            let reported = figures.successes + figures.failures + figures.ignored + figures.late
            referee.require(
                figures.calls == reported,
                "\(figures.calls) calls, and \(reported) reports: \(figures) (B27)",
                at: "circuit '\(figures.service)'"
            )
        }
        // One that had to make room has begun anew.
        if !log.evicted.isDisjoint(with: [.exact, .probed]) { return }
        guard let exact = overview.circuits.first(where: { $0.service == .exact }),
            let probed = overview.circuits.first(where: { $0.service == .probed })
        else { return referee.fail("circuits are missing: \(overview)", at: "circuits") }
        let counts = CircuitLedger.Counts(
            calls: exact.calls,
            successes: exact.successes,
            failures: exact.failures,
            ignored: exact.ignored,
            rejected: exact.rejected
        )
        referee.require(
            counts == ledger[.exact],
            "the circuit has counted \(counts), its callers \(ledger[.exact]) (B27)",
            at: "circuit 'exact'"
        )
        referee.require(
            probed.calls == ledger[.probed].calls && probed.rejected == ledger[.probed].rejected,
            "the circuit has counted \(probed), its callers \(ledger[.probed]) (B27)",
            at: "circuit 'probed'"
        )
    }
}
