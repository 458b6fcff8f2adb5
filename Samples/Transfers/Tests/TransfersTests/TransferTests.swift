import Supervision
import SupervisionTesting
import Testing

@testable import Transfers

/// Several transfers from one account at once, which has money for two of them. Whatever happens, none is overdrawn and
/// no money comes or goes.
private func scenario(_ transfer: Transfer) -> @Sendable (Simulation.World) async throws -> Void {
    { world in
        let ledger = Ledger(["ann": 20, "bob": 0])
        let tree = try await Supervisor { Child(.accounts) { Accounts(ledger) } }.start()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<3 {
                tasks.addTask { try? await transfer(10, from: "ann", to: "bob") }
            }
        }
        try await tree.stop()
        try world.expect(ledger["ann"] >= 0, "an account with money; it has \(ledger["ann"])")
        try world.expect(ledger.total == 20, "all of the money; there is \(ledger.total)")
    }
}

@Suite struct TransferTests {
    @Test func oneStepIsRightInEveryOrder() throws {
        try Simulation.explore(seeds: 0..<1_000, scenario(.inOneStep))
    }

    @Test func oneStepIsRightWhenTheServerCrashes() throws {
        try Simulation.explore(seeds: 0..<1_000, faults: .init(crash: 0.1), scenario(.inOneStep))
    }

    @Test func aTransferThatLooksFirstOverdraws() throws {
        let failure = #expect(throws: SimulationFailure.self) {
            try Simulation.explore(seeds: 0..<1_000, scenario(.checkThenTake))
        }
        let found = try #require(failure)
        #expect("\(found.problem)".contains("an account with money; it has -10 was expected"))
        // Nothing else was needed than that one comes between the two steps of another.
        #expect(found.shrunkSchedule.choices.count { $0 != 0 } <= 3)
    }

    @Test func aTransferInTwoStepsLosesMoneyInACrash() throws {
        // In any order it is right,
        try Simulation.explore(seeds: 0..<1_000, scenario(.takeThenGive))
        // but not when the server crashes at the wrong moment.
        let failure = #expect(throws: SimulationFailure.self) {
            try Simulation.explore(seeds: 0..<1_000, faults: .init(crash: 0.1), scenario(.takeThenGive))
        }
        #expect("\(try #require(failure).problem)".contains("all of the money; there is 10 was expected"))
    }

    @Test func theSameSeedIsTheSameRun() throws {
        let simulation = Simulation(seed: 7, faults: .init(crash: 0.1))
        let first = try simulation.run(scenario(.inOneStep))
        let second = try simulation.run(scenario(.inOneStep))
        #expect(first.events == second.events)
        #expect(first.schedule == second.schedule)
    }
}
