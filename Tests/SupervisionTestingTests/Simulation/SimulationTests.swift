import Supervision
import SupervisionTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SimulationTests {
    @Test("A scenario runs with its tree, and time takes no time")
    func runs() throws {
        let report = try Simulation(seed: 1).run { world in
            try await world.withLedgers { ledger, _ in
                ledger.cast(.add(2))
                try await world.sleep(for: .seconds(3_600))
                let total = try await ledger.call { $0.total }
                try world.expect(total == 2)
            }
        }
        #expect(report.duration == .seconds(3_600))
        #expect(report.events.first == "0 s: app/ledger started")
        #expect(report.events.last == "1 h 0 min: app stopped (normal)")
    }

    @Test("A scenario sees the task-local values of whoever runs it")
    func taskLocals() throws {
        try Marked.$mark.withValue(7) {
            _ = try Simulation(seed: 1).run { world in try world.expect(Marked.mark == 7) }
        }
    }

    private enum Marked {
        @TaskLocal static var mark = 0
    }

    /// Two tasks that each read and then write, in two calls.
    private static func twoUpdates(_ world: Simulation.World) async throws {
        try await world.withLedgers { ledger, _ in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        guard let total = try? await ledger.call({ $0.total }) else { return }
                        try? await ledger.call { $0.set(total + 1) }
                    }
                }
            }
            let total = try await ledger.call { $0.total }
            try world.expect(total == 2, "both updates")
        }
    }

    @Test("An update that is lost between two calls is found, and its schedule is shrunk")
    func lostUpdate() throws {
        let failure = try #require(throws: SimulationFailure.self) {
            try Simulation.explore(seeds: 0..<100, Self.twoUpdates)
        }
        #expect(failure.shrunkSchedule.choices.count < failure.schedule.choices.count)
        #expect(failure.shrunkSchedule.choices.count { $0 != 0 } <= 2)
        let text = failure.description
        #expect(text.contains("try Simulation(seed: \(failure.seed)).run"))
        #expect(text.contains("SIMULATION_SEED=\(failure.seed)"))
        #expect(text.contains("both updates was expected"))
        #expect(text.contains("app/ledger"))
    }

    @Test("A shrunk schedule fails again when it is run alone")
    func shrunkSchedule() throws {
        let found = try #require(throws: SimulationFailure.self) {
            try Simulation.explore(seeds: 0..<100, Self.twoUpdates)
        }
        let written = try #require(Simulation.Schedule("\(found.shrunkSchedule)"))
        let again = failure(of: Simulation(seed: found.seed, schedule: written), Self.twoUpdates)
        #expect(again?.problem.description == found.problem.description)
    }

    @Test("On the plain way nothing is out of order")
    func plainWay() throws {
        try Simulation(seed: 0, schedule: "0").run(Self.twoUpdates)
    }

    @Test("Two servers that wait for each other are told of, with who waits for whom")
    func deadlock() throws {
        let failure = failure(of: Simulation(seed: 3)) { world in
            try await world.withLedgers { first, second in
                first.cast(.ask(second))
                second.cast(.ask(first))
                _ = try await first.call(timeout: .seconds(Int64.max)) { $0.total }
            }
        }
        guard case .stuck(let standing) = failure?.problem else {
            Issue.record("It was not stuck: \(failure as Any)")
            return
        }
        #expect(standing.waits.contains("app/ledger waits for app/second (call for Int)"))
        #expect(standing.waits.contains("app/second waits for app/ledger (call for Int)"))
        let tree = try #require(standing.trees.first?.description)
        #expect(tree.contains("ledger"))
        #expect(tree.contains("at work"))
    }

    @Test("A run that goes on for ever ends at its limit of steps, or of time")
    func limits() throws {
        let steps = failure(of: Simulation(seed: 1, limits: .init(steps: 500))) { _ in
            while !Task.isCancelled { await Task.yield() }
        }
        guard case .stepLimit(500, _) = steps?.problem else {
            Issue.record("No limit of steps: \(steps as Any)")
            return
        }
        let time = failure(of: Simulation(seed: 1, limits: .init(time: .seconds(60)))) { world in
            while true { try await world.sleep(for: .seconds(7)) }
        }
        guard case .timeLimit(.seconds(60), _) = time?.problem else {
            Issue.record("No limit of time: \(time as Any)")
            return
        }
    }

    @Test("What a scenario leaves behind fails the run, unless it may; it is stopped in either case")
    func leftovers() throws {
        let scenario: @Sendable (Simulation.World) async throws -> Void = { _ in
            _ = try await Supervisor { Child(.ledger) { Ledger() } }.start()
        }
        guard case .leftovers(let standing) = failure(of: Simulation(seed: 1), scenario)?.problem else {
            Issue.record("Nothing is left")
            return
        }
        #expect(standing.trees.map(\.path) == ["app"])
        var simulation = Simulation(seed: 1)
        simulation.allowsLeftovers = true
        try simulation.run(scenario)
    }

    @Test("A scenario that waits for a value that is its own to give is told of as not going on")
    func stuckScenario() throws {
        let failure = failure(of: Simulation(seed: 1)) { _ in
            let puppet = Puppet("nobody")
            _ = try await puppet.next()
        }
        guard case .stuck = failure?.problem else {
            Issue.record("It was not stuck: \(failure as Any)")
            return
        }
    }

    @Test("A scenario that goes by something else than its seed is told so")
    func notRepeatable() throws {
        let count = Count()
        let failure = failure(of: Simulation(seed: 1)) { world in
            try world.expect(count.next() > 1)
        }
        guard case .notRepeatable = failure?.problem else {
            Issue.record("It was repeatable: \(failure as Any)")
            return
        }
    }

    @Test("Two simulations run side by side, and one within another")
    func sideBySide() async throws {
        await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<2 {
                group.addTask {
                    try Simulation.explore(seeds: UInt64(seed)..<UInt64(seed) + 50) { try await Self.calm($0) }
                }
            }
        }
        try Simulation(seed: 1).run { world in
            try Simulation(seed: 2).run { inner in
                try await inner.sleep(for: .seconds(5))
                try world.expect(world.now == .origin && inner.now != .origin)
            }
        }
    }

    private static func calm(_ world: Simulation.World) async throws {
        try await world.withLedgers { first, second in
            first.cast(.ask(second))
            try await world.sleep(for: .seconds(1))
        }
    }
}
