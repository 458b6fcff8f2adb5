import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: answers while children are slow")
struct ResponsivenessTests {
    let bench = Bench()
    let hold = HoldPoint()

    @Test("S8 questions are answered while an added child starts, and other children are restarted")
    func slowAddition() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let addition = Task { [bench, hold] in
            try await tree.startChild(bench.probe("b", onStart: { await hold.hold() }))
        }
        await hold.waitForArrivals()
        #expect(try await tree.lives() == ["a running", "b starting"])
        #expect(try await tree.counts().active == 1)
        #expect(try await tree.tree().children.map(\.status) == ["running", "starting"])
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/a")
        try await tree.startChild(bench.probe("c"))
        hold.open()
        _ = try await addition.value
        #expect(try await tree.lives() == ["a running", "b running", "c running"])
        try await tree.stop(.shutdown)
    }

    @Test("S8 questions are answered while the tree starts, and while it stops")
    func slowTree() async throws {
        let stopping = HoldPoint()
        let inner = ServerRef(ServerName<Supervisor>("inner"), in: bench.runtime)
        let start = Task { [bench, hold] in
            try await Supervisor {
                Child(ServerName<Supervisor>("inner")) {
                    Supervisor {
                        bench.probe("a", onTerminate: { await stopping.hold() })
                        bench.probe("b", onStart: { await hold.hold() })
                        bench.probe("c")
                    }
                }
            }.start(in: bench.runtime)
        }
        await hold.waitForArrivals()
        #expect(try await inner.lives() == ["a running", "b starting", "c stopped"])
        hold.open()
        let tree = try await start.value
        let stop = Task { try await tree.stop(.shutdown) }
        await stopping.waitForArrivals()
        #expect(try await inner.lives() == ["a running", "b stopped (shutdown)", "c stopped (shutdown)"])
        #expect(try await tree.lives() == ["inner running"])
        let error = await #expect(throws: SupervisorError.self) { try await inner.startChild(bench.probe("d")) }
        #expect(error.map(MachineWords.words) == "shutting down")
        stopping.open()
        try await stop.value
    }

    @Test("S8 one-for-one: a child that is slow to restart holds up no other")
    func slowRestart() async throws {
        let lives = LifeJournal()
        let tree = try await Supervisor {
            bench.probe(
                "a",
                onStart: { [hold] in
                    lives.note("a")
                    if lives.lines.count == 2 { await hold.hold() }
                }
            )
            bench.probe("b")
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await hold.waitForArrivals()
        bench.ref("b").crash()
        await bench.waitForRestart(of: "app/b")
        #expect(try await tree.lives() == ["a restarting", "b running"])
        hold.open()
        await bench.waitForRestart(of: "app/a")
        try await tree.stop(.shutdown)
    }

    @Test("S8 R41 requests that come during a group restart are answered after it")
    func duringGroupRestart() async throws {
        let tree = try await Supervisor(strategy: .oneForAll) {
            bench.probe("a")
            bench.probe("b", onTerminate: { await hold.hold() })
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await hold.waitForArrivals()
        let deletion = Task { try await tree.deleteChild("b") }
        #expect(try await tree.counts().specs == 2)
        hold.open()
        let error = await #expect(throws: SupervisorError.self) { try await deletion.value }
        #expect(error.map(MachineWords.words) == "running")
        #expect(try await tree.lives() == ["a running", "b running"])
        try await tree.stop(.shutdown)
    }

    @Test("S8 a child that is slow to start can be terminated; who asked for it is told")
    func terminateSlowStart() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        let addition = Task { [bench] in
            try await tree.startChild(
                bench.probe("a", onStart: { try await Runtime.current.sleep(for: .seconds(1000)) })
            )
        }
        await bench.clock.waitForSleepers(2)
        try await tree.terminateChild("a")
        let error = await #expect(throws: SupervisorError.self) { try await addition.value }
        #expect(error.map(MachineWords.words) == "start failed: exit: shutdown")
        #expect(bench.clock.sleeperCount == 0)
        try await tree.stop(.shutdown)
    }

    @Test("S8 R50 a shutdown is obeyed in the middle of a group restart")
    func shutdownDuringGroupRestart() async throws {
        let tree = try await Supervisor(strategy: .oneForAll) {
            bench.probe("a")
            bench.probe("b")
            bench.probe("c", onTerminate: { await hold.hold() })
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await hold.waitForArrivals()
        let stop = Task { try await tree.stop(.shutdown) }
        hold.open()
        try await stop.value
        #expect(bench.journal.lines.suffix(2).contains("stop b"))
        #expect("\(await tree.waitForExit())" == "shutdown")
    }
}
