import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: what a start gives back")
struct StartInfoTests {
    let bench = Bench()

    /// A server that tells the number of its incarnation when it starts.
    private actor Teller: GenServer {
        enum Message: Sendable { case crash }

        func started(_ context: ServerContext<Teller>) {
            context.setStartInfo("too early")
            context.setStartInfo(context.incarnation)
        }

        func handle(_ message: Message, _ context: ServerContext<Teller>) throws {
            context.setStartInfo("too late")
            throw Mishap()
        }
    }

    private static let teller = ServerName<Teller>("teller")

    @Test("C-S20 R11 info of a start comes back from startChild and restartChild; automatic restarts still work")
    func info() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        let start = try await tree.startChild(Child(Self.teller) { Teller() })
        #expect(start.info as? Int == 1)
        ServerRef(Self.teller, in: bench.runtime).cast(.crash)
        await bench.waitForRestart(of: "app/teller")
        try await tree.terminateChild("teller")
        let again = try await tree.restartChild("teller")
        #expect(again.info as? Int == 3)
        #expect(!again.isIgnored)
        try await tree.stop(.shutdown)
    }

    @Test("R11 a start that has nothing to tell gives no info; neither does one that ignores after it has set some")
    func none() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        #expect(try await tree.startChild(bench.probe("a")).info == nil)
        #expect(
            try await tree.startChild(Worker("w") { try await Runtime.current.sleep(for: .seconds(9)) }).info == nil
        )
        #expect(ChildStart.ignored.info == nil)
        try await tree.stop(.shutdown)
    }

    @Test("R11 info is for the one who asks for the start: a group restart that starts the child first drops it")
    func machine() {
        var tree = MachineHarness(running: ["z"])
        tree.add("a")
        #expect(tree.started("a", info: 7).replies == ["ok with 7"])
        tree.crashed("a")
        #expect(tree.started("a", info: 8).replies.isEmpty)
        tree.terminate("a")
        tree.ended("a", .shutdown)
        tree.restart("a")
        #expect(tree.started("a", info: 9).replies == ["ok with 9"])
    }

    @Test("R11 what was set is not kept once the start is told")
    func released() async throws {
        final class Cargo: Sendable {}
        actor Carrier: GenServer {
            let cargo: @Sendable () -> Cargo?
            init(_ cargo: @escaping @Sendable () -> Cargo?) { self.cargo = cargo }
            func started(_ context: ServerContext<Carrier>) {
                if let cargo = cargo() { context.setStartInfo(cargo) }
            }
        }
        let tree = try await Supervisor {}.start(in: bench.runtime)
        weak var cargo: Cargo?
        do {
            let start = try await tree.startChild(Child("carrier") { Carrier { Cargo() } })
            cargo = start.info as? Cargo
            #expect(cargo != nil)
        }
        #expect(try await tree.counts().active == 1)
        #expect(cargo == nil)
        try await tree.stop(.shutdown)
    }
}
