import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: names")
struct NameTests {
    let bench = Bench()

    private func inner(_ child: Child) -> Child {
        Child("inner") { Supervisor { child } }
    }

    @Test("G3 a name that another server holds fails the start, with the path of the one that wanted it (C-V04)")
    func taken() async throws {
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor {
                bench.probe("a")
                inner(bench.probe("a"))
            }.start(in: bench.runtime)
        }
        guard case .childFailedToStart("app/inner", let below as SupervisorError) = error,
            case .childFailedToStart("app/inner/a", let cause as SupervisorError) = below,
            case .nameTaken("a", path: "app/inner/a") = cause
        else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(bench.journal.take() == ["start a", "stop a"])
    }

    @Test("G3 R15 a name that is taken fails startChild, and the holder keeps it")
    func takenOnRequest() async throws {
        let tree = try await Supervisor {
            inner(bench.probe("a"))
        }.start(in: bench.runtime)
        let error = await #expect(throws: SupervisorError.self) { try await tree.startChild(bench.probe("a")) }
        #expect(error.map(MachineWords.words) == "name a taken")
        #expect(try await tree.counts().specs == 1)
        #expect(try await bench.ref("a").call { $0.add(1) } == 1)
        try await tree.stop(.shutdown)
    }

    @Test("G1 a name is free again after a failed start, a termination and the end of a tree (C-V02)")
    func free() async throws {
        await #expect(throws: SupervisorError.self) {
            try await Supervisor {
                bench.probe("a", onStart: { throw Mishap() })
            }.start(in: bench.runtime)
        }
        let first = try await Supervisor { bench.probe("a") }.start(as: "first", in: bench.runtime)
        let second = try await Supervisor {}.start(as: "second", in: bench.runtime)
        await #expect(throws: SupervisorError.self) { try await second.startChild(bench.probe("a")) }
        try await first.terminateChild("a")
        try await second.startChild(bench.probe("a"))
        await #expect(throws: SupervisorError.self) { try await first.restartChild("a") }
        try await second.stop(.shutdown)
        try await first.restartChild("a")
        try await first.stop(.shutdown)
        let third = try await Supervisor { bench.probe("a") }.start(as: "third", in: bench.runtime)
        try await third.stop(.shutdown)
    }

    @Test("S1 a name leads to the same place over restarts, and nowhere when its child is down")
    func overRestarts() async throws {
        let ref = bench.ref("a")
        await #expect(throws: ServerError.self) { try await ref.call { $0.total } }
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        #expect("\(ref.status)" == "running")
        ref.crash()
        await bench.waitForRestart(of: "app/a")
        #expect(try await ref.call { $0.total } == 0)
        try await tree.stop(.shutdown)
        let error = await #expect(throws: ServerError.self) { try await ref.call { $0.total } }
        guard case .notRunning("a") = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
    }

    @Test("S1 a name is held while its child waits for a restart")
    func heldWhileRestarting() async throws {
        let tree = try await Supervisor {
            bench.probe("a", backoff: .constant(.seconds(60)))
            Child("other") { Supervisor {} }
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await bench.recorder.waitFor(line: "app/a crashed: mishap; restarts in 60 s")
        let thief = Child("thief") { [bench] in Supervisor { bench.probe("a") } }
        await #expect(throws: SupervisorError.self) { try await tree.startChild(thief) }
        try await tree.stop(.shutdown)
    }

    @Test("S1 one runtime does not see the names of another")
    func runtimes() async throws {
        let other = Bench()
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let twin = try await Supervisor { other.probe("a") }.start(in: other.runtime)
        #expect(try await bench.ref("a").call { $0.add(1) } == 1)
        #expect(try await other.ref("a").call { $0.total } == 0)
        try await tree.stop(.shutdown)
        try await twin.stop(.shutdown)
    }
}
