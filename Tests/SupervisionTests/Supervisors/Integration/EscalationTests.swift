import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: giving up and escalation")
struct EscalationTests {
    let bench = Bench()

    private func inner(_ restart: Restart, intensity: Int = 0) -> Child {
        Child(ServerName<Supervisor>("inner"), restart: restart) { [bench] in
            Supervisor(intensity: RestartIntensity(intensity, within: .seconds(5))) {
                bench.probe("a")
                bench.probe("b")
            }
        }
    }

    @Test("R33 R34 a permanent nested supervisor that gives up is restarted by its parent")
    func permanent() async throws {
        let tree = try await Supervisor {
            bench.probe("z")
            inner(.permanent)
        }.start(in: bench.runtime)
        _ = bench.journal.take()
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/inner")
        #expect(bench.journal.take() == ["stop a", "stop b", "start a", "start b"])
        #expect(bench.events(of: "app/inner") == ["started", "ended (shutdown); restarts now", "restarted, life 2"])
        #expect(bench.events(of: "app/inner/a").contains("crashed: mishap; is not restarted again"))
        #expect(bench.events(of: "app/inner/a").contains { $0.contains("its supervisor gives up") })
        #expect(try await tree.lives() == ["z running", "inner running"])
        try await tree.stop(.shutdown)
    }

    @Test("R34 a transient nested supervisor that gives up stays down: shutdown is a clean reason")
    func transient() async throws {
        let tree = try await Supervisor { inner(.transient) }.start(in: bench.runtime)
        bench.ref("a").crash()
        await bench.recorder.waitFor(line: "app/inner ended (shutdown); stays down")
        #expect(try await tree.lives() == ["inner stopped (shutdown)"])
        await #expect(throws: ServerError.self) { try await bench.ref("b").call { $0.total } }
        try await tree.stop(.shutdown)
    }

    @Test("R34 a temporary nested supervisor that gives up is removed")
    func temporary() async throws {
        let tree = try await Supervisor { inner(.temporary) }.start(in: bench.runtime)
        bench.ref("a").crash()
        await bench.recorder.waitFor(line: "app/inner ended (shutdown); is removed")
        #expect(try await tree.counts().specs == 0)
        try await tree.stop(.shutdown)
    }

    @Test("R35 R36 through two levels: each life of the inner one counts anew, until the outer one gives up too")
    func twoLevels() async throws {
        let end = Task { [bench] in
            try await Supervisor(intensity: RestartIntensity(1, within: .seconds(5))) {
                bench.probe("z")
                inner(.permanent, intensity: 1)
            }.run(in: bench.runtime, stoppingOn: [])
        }
        await bench.recorder.waitFor(line: "app/inner started")
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/inner/a")
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/inner")
        bench.ref("a").crash()
        await bench.recorder.waitFor(2, line: "app/inner/a restarted, life 2")
        _ = bench.journal.take()
        bench.ref("a").crash()
        let error = await #expect(throws: SupervisorError.self) { try await end.value }
        #expect(error.map(MachineWords.words) == "gave up at app/inner: shutdown")
        #expect(bench.journal.take() == ["stop a", "stop b", "stop z"])
    }

    @Test("R33 run() throws reachedMaximumIntensity, naming the child, the limit and the last reason (C-I04)")
    func run() async {
        let end = Task { [bench] in
            try await Supervisor {
                bench.probe("a")
                bench.probe("b")
            }.run(as: "shop", in: bench.runtime, stoppingOn: [])
        }
        await bench.recorder.waitFor(line: "shop/b started")
        for life in 2...4 {
            bench.ref("a").crash()
            await bench.waitForRestart(of: "shop/a", life: life)
        }
        bench.ref("a").crash("the last")
        let error = await #expect(throws: SupervisorError.self) { try await end.value }
        guard case .reachedMaximumIntensity("shop/a", let intensity, let reason) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(intensity == RestartIntensity(3, within: .seconds(5)))
        #expect("\(reason)" == "the last")
        #expect(bench.journal.lines.suffix(2) == ["stop a", "stop b"])
    }

    @Test("S5 C-I02 crashes further apart than the period never add up")
    func spread() async throws {
        let tree = try await Supervisor(intensity: RestartIntensity(1, within: .seconds(1))) {
            bench.probe("a")
        }.start(in: bench.runtime)
        for life in 2...6 {
            bench.ref("a").crash()
            await bench.waitForRestart(of: "app/a", life: life)
            bench.clock.advance(by: .milliseconds(1001))
        }
        try await tree.stop(.shutdown)
    }

    @Test("R34 a supervisor told to exit with an error stops its children first, and has crashed for its parent")
    func toldToFail() async throws {
        let tree = try await Supervisor { inner(.transient) }.start(in: bench.runtime)
        _ = bench.journal.take()
        ServerRef(ServerName<Supervisor>("inner"), in: bench.runtime).exit(.error(Mishap("told")))
        await bench.waitForRestart(of: "app/inner")
        #expect(bench.journal.take() == ["stop b", "stop a", "start a", "start b"])
        #expect(bench.events(of: "app/inner").contains("crashed: told; restarts now"))
        try await tree.stop(.shutdown)
    }

    @Test("R33 the root ends with the error that it was told to exit with")
    func rootToldToFail() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        try await tree.stop(.error(Mishap("told")))
        #expect("\(await tree.waitForExit())" == "told")
        #expect(bench.journal.lines == ["start a", "stop a"])
    }

    @Test("R62 R65 a significant child's end stops the tree, and a significant supervisor takes its parent along")
    func automaticShutdown() async throws {
        let tree = try await Supervisor(autoShutdown: .anySignificant) {
            bench.probe("z")
            Child("inner", restart: .transient, significant: true) { [bench] in
                Supervisor(autoShutdown: .allSignificant) {
                    bench.probe("a", restart: .transient, significant: true)
                    bench.probe("b", restart: .transient, significant: true)
                }
            }
        }.start(in: bench.runtime)
        _ = bench.journal.take()
        bench.ref("a").cast(.end(.normal))
        await bench.recorder.waitFor(line: "app/inner/a ended (normal); stays down")
        #expect(try await tree.counts().active == 2)
        bench.ref("b").cast(.end(.normal))
        #expect("\(await tree.waitForExit())" == "shutdown")
        #expect(bench.journal.take() == ["stop a", "stop b", "stop z"])
        #expect(bench.events(of: "app/inner").last == "was significant, so its supervisor ends too")
    }

    @Test("R65 a supervisor that is not significant leaves its parent running when it shuts down by itself")
    func automaticShutdownBelow() async throws {
        let tree = try await Supervisor {
            Child("inner", restart: .transient) { [bench] in
                Supervisor(autoShutdown: .anySignificant) {
                    bench.probe("a", restart: .transient, significant: true)
                }
            }
        }.start(in: bench.runtime)
        bench.ref("a").cast(.end(.normal))
        await bench.recorder.waitFor(line: "app/inner ended (shutdown); stays down")
        #expect(try await tree.counts().specs == 1)
        try await tree.stop(.shutdown)
    }
}
