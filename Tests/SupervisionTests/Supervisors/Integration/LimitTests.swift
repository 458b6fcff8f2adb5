import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: limits of single children")
struct LimitTests {
    let bench = Bench()

    @Test("S6 a parked child: down, told by an event, and brought back by restartChild")
    func park() async throws {
        let tree = try await Supervisor {
            bench.probe("a").limit(1, within: .seconds(10), then: .park)
            bench.probe("b")
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/a")
        bench.ref("a").crash()
        await bench.waitFor("app/a") {
            if case .parked = $0 { return true }
            return false
        }
        #expect(
            bench.events(of: "app/a").suffix(2) == [
                "crashed: mishap; stays down",
                "is parked, as its own limit allows 1 restart within 10 s; it stays down until restartChild brings it "
                    + "back; it ended with: mishap",
            ]
        )
        #expect(try await tree.lives() == ["a stopped (mishap)", "b running"])
        await #expect(throws: ServerError.self) { try await bench.ref("a").call { $0.total } }
        try await tree.restartChild("a")
        #expect(try await tree.lives() == ["a running", "b running"])
        try await tree.stop(.shutdown)
    }

    @Test("S6 S2 a paused child: restarting for the time of the pause, its mail kept, then running")
    func pause() async throws {
        let tree = try await Supervisor {
            bench.probe("a").limit(0, within: .seconds(10), then: .pause(.seconds(30)))
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await bench.waitFor("app/a") {
            if case .paused = $0 { return true }
            return false
        }
        #expect(try await tree.lives() == ["a restarting"])
        let call = Task { [bench] in try await bench.ref("a").call(timeout: .seconds(60)) { $0.add(1) } }
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(30))
        #expect(try await call.value == 1)
        #expect(
            bench.events(of: "app/a") == [
                "started", "crashed: mishap; restarts in 30 s",
                "is tried again in 30 s, as its own limit allows 0 restarts within 10 s; it ended with: mishap",
                "restarted, life 2",
            ]
        )
        try await tree.stop(.shutdown)
    }

    @Test("S6 R33 escalate: run() throws the child's limit, which was exceeded")
    func escalate() async {
        let end = Task { [bench] in
            try await Supervisor {
                bench.probe("a").limit(0, within: .seconds(7), then: .escalate)
            }.run(in: bench.runtime, stoppingOn: [])
        }
        await bench.recorder.waitFor(line: "app/a started")
        bench.ref("a").crash()
        let error = await #expect(throws: SupervisorError.self) { try await end.value }
        guard case .reachedMaximumIntensity("app/a", RestartIntensity(0, within: .seconds(7)), _) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
    }

    @Test("S6 R8 a limit that cannot be is told by field, value and remedy")
    func invalid() {
        let problems = Supervisor.problems {
            bench.probe("a").limit(-1, within: .zero, then: .pause(.zero))
        }
        #expect(
            problems.map(\.description) == [
                "limit restarts of child 'a' is -1, but must be 0 or more",
                "limit period of child 'a' is 0 s, but must be longer than zero",
                "limit pause of child 'a' is 0 s, but must be longer than zero",
            ]
        )
    }
}
