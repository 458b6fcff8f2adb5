import Supervision
import SupervisionTesting

/// A server that keeps a number, and can ask another one while it is at a message.
actor Ledger: GenServer {
    enum Message: Sendable {
        case add(Int)
        case fail
        /// Asks another ledger, however long it takes.
        case ask(ServerRef<Ledger>)
        /// Starts a task that nobody knows of.
        case escape
        /// Takes a second, and does not look whether it is cancelled.
        case rest
    }

    struct Broken: Error {}

    private(set) var total = 0

    func set(_ value: Int) { total = value }

    func handle(_ message: Message, _ context: ServerContext<Ledger>) async throws {
        switch message {
        case .add(let number): total += number
        case .fail: throw Broken()
        case .ask(let other): total += try await other.call(timeout: .seconds(Int64.max)) { $0.total }
        case .escape: Task { await Task.yield() }
        case .rest: try? await context.runtime.sleep(for: .seconds(1))
        }
    }
}

extension ServerName where Server == Ledger {
    static var ledger: Self { .init("ledger") }
    static var second: Self { .init("second") }
}

extension Simulation.World {
    /// A tree with two ledgers, for as long as `body` runs.
    func withLedgers(_ body: (_ first: ServerRef<Ledger>, _ second: ServerRef<Ledger>) async throws -> Void)
        async throws
    {
        let tree = try await Supervisor(intensity: .init(1_000, within: .seconds(1))) {
            Child(.ledger) { Ledger() }
            Child(.second) { Ledger() }
        }.start()
        try await body(ServerRef(.ledger), ServerRef(.second))
        try await tree.stop()
    }
}

/// Fails with what the scenario's simulation fails with; nil when it does not.
func failure(
    of simulation: Simulation,
    _ scenario: @escaping @Sendable (Simulation.World) async throws -> Void
) -> SimulationFailure? {
    do {
        try simulation.run(scenario)
        return nil
    } catch {
        return error
    }
}
