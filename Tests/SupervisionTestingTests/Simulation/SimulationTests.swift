import Supervision
import Testing

@testable import SupervisionTesting

/// A server that keeps a number, and can be asked for it and told it.
actor Ledger: GenServer {
    enum Message: Sendable { case add(Int), fail }
    struct Broken: Error {}
    var total = 0
    func set(_ value: Int) { total = value }
    func handle(_ message: Message, _ context: ServerContext<Ledger>) throws {
        switch message {
        case .add(let number): total += number
        case .fail: throw Broken()
        }
    }
}

extension ServerName where Server == Ledger {
    static var ledger: Self { .init("ledger") }
    static var second: Self { .init("second") }
}

@Suite(.timeLimit(.minutes(1)))
struct SimulationTests {
    /// A tree with a ledger, for as long as `body` runs.
    private static func withLedger(_ body: (ServerRef<Ledger>) async throws -> Void) async throws {
        let tree = try await Supervisor { Child(.ledger) { Ledger() } }.start()
        try await body(ServerRef(.ledger))
        try await tree.stop()
    }

    @Test("A scenario runs with its tree, and time takes no time")
    func runs() throws {
        let report = try Simulation(seed: 1).run { world in
            try await Self.withLedger { ledger in
                ledger.cast(.add(2))
                try await world.sleep(for: .seconds(3_600))
                let total = try await ledger.call { $0.total }
                try world.expect(total == 2)
            }
        }
        #expect(report.duration == .seconds(3_600))
        #expect(report.events.first == "0 s: app/ledger started")
    }

    @Test("An update that is lost between two calls is found, and its schedule shrunk")
    func lostUpdate() throws {
        let failure = #expect(throws: SimulationFailure.self) {
            try Simulation.explore(seeds: 0..<100) { world in
                try await Self.withLedger { ledger in
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
        }
        print(failure as Any)
    }
}

extension Ledger {
    func nothing() {}
}
