import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: starts")
struct StartTests {
    let bench = Bench()

    @Test("R10 R50 children start in order and stop in reverse, those of a nested supervisor in its place (C-S16)")
    func order() async throws {
        let tree = try await Supervisor {
            bench.probe("a")
            Child("inner") { [bench] in
                Supervisor {
                    bench.probe("b")
                    Child("deep") { Supervisor { bench.probe("c") } }
                    bench.probe("d")
                }
            }
            bench.probe("e")
        }.start(in: bench.runtime)
        #expect(bench.journal.take() == ["start a", "start b", "start c", "start d", "start e"])
        #expect(try await tree.lives() == ["a running", "inner running", "e running"])
        try await tree.stop(.shutdown)
        #expect(bench.journal.take() == ["stop e", "stop d", "stop c", "stop b", "stop a"])
    }

    @Test("R10 a supervisor has started when its last child runs, and not before")
    func startReturnsLast() async throws {
        let hold = HoldPoint()
        let start = Task { [bench] in
            let tree = try await Supervisor {
                bench.probe("a")
                bench.probe("b", onStart: { await hold.hold() })
            }.start(in: bench.runtime)
            bench.journal.note("started")
            return tree
        }
        await hold.waitForArrivals()
        #expect(bench.journal.lines == ["start a"])
        hold.open()
        let tree = try await start.value
        #expect(bench.journal.take() == ["start a", "start b", "started"])
        try await tree.stop(.shutdown)
    }

    @Test("R1 an empty supervisor starts, and ends with shutdown (C-S01)")
    func empty() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        #expect(try await tree.counts() == ChildCounts(SupervisorState(strategy: .oneForOne)))
        let end = Task { await tree.waitForExit() }
        try await tree.stop(.shutdown)
        #expect("\(await end.value)" == "shutdown")
    }

    @Test("R13 a failed start rolls back in reverse order, and the error tells the path")
    func rollBack() async throws {
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor {
                bench.probe("a")
                bench.probe("b")
                bench.probe("c", onStart: { throw Mishap("no disk") })
                bench.probe("d")
            }.start(in: bench.runtime)
        }
        #expect(error.map(MachineWords.words) == "app/c failed: no disk")
        #expect(bench.journal.take() == ["start a", "start b", "stop b", "stop a"])
        #expect(bench.events(of: "app/c") == ["failed to start: no disk"])
    }

    @Test("R13 A4 the error of a nested supervisor's failed start nests, path by path (C-S18)")
    func nestedFailure() async throws {
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor {
                bench.probe("a")
                Child("inner") { [bench] in
                    Supervisor {
                        bench.probe("b")
                        bench.probe("c", onStart: { throw Mishap("no disk") })
                    }
                }
            }.start(as: "shop", in: bench.runtime)
        }
        guard case .childFailedToStart("shop/inner", let inner as SupervisorError) = error,
            case .childFailedToStart("shop/inner/c", let cause) = inner
        else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(cause as? Mishap == Mishap("no disk"))
        #expect(bench.journal.take() == ["start a", "start b", "stop b", "stop a"])
    }

    @Test("R13 a start function that throws is a failed start as well")
    func makeThrows() async {
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor {
                Child("a") { () throws(Mishap) -> Probe in throw Mishap("no file") }
            }.start(in: bench.runtime)
        }
        #expect(error.map(MachineWords.words) == "app/a failed: no file")
    }

    @Test("R13 run() throws the failed start")
    func runThrows() async {
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor {
                bench.probe("a", onStart: { throw Mishap("no disk") })
            }.run(in: bench.runtime, stoppingOn: [])
        }
        #expect(error.map(MachineWords.words) == "app/a failed: no disk")
    }

    @Test("S1 an instance lives once: a second start is refused")
    func startedBefore() async throws {
        let supervisor = Supervisor { bench.probe("a") }
        let tree = try await supervisor.start(in: bench.runtime)
        await #expect(throws: SupervisorError.self) { try await supervisor.start(in: bench.runtime) }
        let error = await #expect(throws: SupervisorError.self) {
            try await supervisor.run(in: bench.runtime, stoppingOn: [])
        }
        #expect(error.map(MachineWords.words) == "started before")
        try await tree.stop(.shutdown)
        await #expect(throws: SupervisorError.self) { try await supervisor.start(in: bench.runtime) }
    }

    @Test("S18 a child that ends right after its start is restarted like any other")
    func deadAtOnce() async throws {
        let lives = LifeJournal()
        let tree = try await Supervisor {
            Worker("w") {
                lives.note("life")
                if lives.lines.count <= 2 { throw Mishap() }
                try await Runtime.current.sleep(for: .seconds(1000))
            }
        }.start(in: bench.runtime)
        await bench.waitForRestart(of: "app/w", life: 3)
        #expect(try await tree.children().map(\.restarts) == [2])
        try await tree.stop(.shutdown)
        #expect(lives.lines.count == 3)
    }

    @Test("R15 a child that is added starts last and stops first")
    func added() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        try await tree.startChild(bench.probe("b"))
        try await tree.startChild(Worker("w") { try await Runtime.current.sleep(for: .seconds(1000)) })
        #expect(try await tree.lives() == ["a running", "b running", "w running"])
        try await tree.stop(.shutdown)
        #expect(bench.journal.take() == ["start a", "start b", "stop b", "stop a"])
    }

    @Test("R16 additions are told at debug level, first starts and restarts at info level (C-M13)")
    func levels() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        try await tree.startChild(bench.probe("b"))
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/a")
        try await tree.stop(.shutdown)
        let levels = bench.recorder.events.map { "\($0.level) \($0)" }.filter { $0.contains(" app/") }
        #expect(
            levels == [
                "info app/a started", "debug app/b started", "error app/a crashed: mishap; restarts now",
                "info app/a restarted, life 2", "info app/b stopped", "info app/a stopped",
            ]
        )
    }
}
