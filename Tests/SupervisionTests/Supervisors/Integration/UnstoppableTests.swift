import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

@Suite("Supervisors: what is done about a child that cannot be stopped")
struct UnstoppableTests {
    let bench = Bench()
    let hold = HoldPoint()

    @Test("S3 escalate: a nested supervisor fails with the path, stops its others, and its parent restarts it")
    func escalate() async throws {
        let tree = try await Supervisor {
            bench.probe("z")
            Child(ServerName<Supervisor>("inner")) { [bench] in
                Supervisor {
                    bench.probe("a")
                    bench.probe("b").whenUnstoppable(.escalate)
                    bench.probe("c")
                }
            }
        }.start(in: bench.runtime)
        _ = bench.journal.take()
        bench.ref("b").cast(.hang(hold))
        await hold.waitForArrivals()
        let inner = ServerRef(ServerName<Supervisor>("inner"), in: bench.runtime)
        let termination = Task { try await inner.terminateChild("b") }
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(5))
        try await termination.value
        await bench.waitForRestart(of: "app/inner")
        #expect(bench.journal.take() == ["stop c", "stop a", "start a", "start b", "start c"])
        let told = bench.events(of: "app/inner").first { $0.hasPrefix("crashed") }
        #expect(told?.hasPrefix("crashed: app/inner/b did not stop when it was asked to") == true)
        hold.open()
        await bench.waitForZombieEnd(of: "app/inner/b")
        try await tree.stop(.shutdown)
    }

    @Test("S3 escalate: a tree that is stopped stops the others, and run() throws the error that names the path")
    func run() async throws {
        let end = Task { [bench] in
            try await Supervisor {
                bench.probe("a")
                bench.probe("b").whenUnstoppable(.escalate)
            }.run(in: bench.runtime, stoppingOn: [])
        }
        await bench.recorder.waitFor(line: "app started")
        bench.ref("b").cast(.hang(hold))
        await hold.waitForArrivals()
        end.cancel()
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(5))
        let error = await #expect(throws: SupervisorError.self) { try await end.value }
        #expect(error.map(MachineWords.words) == "app/b unstoppable")
        #expect(bench.journal.take() == ["start a", "start b", "stop a"])
        hold.open()
    }

    @Test("S3 abortProcess: the event comes first, then the process is ended, and told which child it was for")
    func abort() async throws {
        let reasons = LifeJournal()
        bench.runtime.abort.withLock { [recorder = bench.recorder] abort in
            abort = { reason in
                let isTold = recorder.lines.contains { $0.hasPrefix("app/a did not stop within 0 s and was given up") }
                reasons.note("\(isTold): \(reason)")
            }
        }
        let tree = try await Supervisor {
            bench.probe("a", shutdown: .brutalKill).whenUnstoppable(.abortProcess)
        }.start(in: bench.runtime)
        bench.ref("a").cast(.hang(hold))
        await hold.waitForArrivals()
        try await tree.terminateChild("a")
        let reason = "app/a did not stop when it was asked to; whenUnstoppable(.abortProcess) ends the process"
        #expect(reasons.lines == ["true: \(reason)"])
        hold.open()
        await bench.waitForZombieEnd(of: "app/a")
        try await tree.stop(.shutdown)
    }

    @Test("S3 by default, and with abandon, the supervisor goes on")
    func abandon() {
        #expect(bench.probe("a").unstoppablePolicy == .abandon)
        #expect(bench.probe("a").whenUnstoppable(.escalate).whenUnstoppable(.abandon).unstoppablePolicy == .abandon)
    }

    @Test("S3 a server that merely ends with the reason unstoppable has ended, and is no zombie")
    func reasonAlone() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        bench.ref("a").exit(.unstoppable)
        await bench.waitForRestart(of: "app/a")
        #expect(try await tree.counts().zombies == 0)
        #expect(bench.events(of: "app/a") == ["started", "crashed: unstoppable; restarts now", "restarted, life 2"])
        try await tree.stop(.shutdown)
    }
}
