import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: restarts")
struct RestartTests {
    let bench = Bench()

    @Test("R40 one-for-one makes a new instance of the crashed child, and leaves the other alone (C-I01)")
    func oneForOne() async throws {
        let tree = try await Supervisor {
            bench.probe("a")
            bench.probe("b")
        }.start(in: bench.runtime)
        #expect(try await bench.ref("a").call { $0.add(5) } == 5)
        #expect(try await bench.ref("b").call { $0.add(5) } == 5)
        bench.ref("a").crash()
        #expect(try await bench.ref("a").call { $0.total } == 0)
        #expect(try await bench.ref("b").call { $0.total } == 5)
        await bench.waitForRestart(of: "app/a")
        #expect(bench.journal.take() == ["start a", "start b", "stop a", "start a"])
        #expect(try await tree.children().map(\.restarts) == [0, 1])
        try await tree.stop(.shutdown)
    }

    @Test("R41 rest-for-one restarts the crashed child and those after it (C-F01, C-F03)")
    func restForOne() async throws {
        let tree = try await Supervisor(strategy: .restForOne) {
            for id in ["a", "b", "c", "d", "e"] { bench.probe(id) }
        }.start(in: bench.runtime)
        _ = bench.journal.take()
        bench.ref("c").crash()
        await bench.waitForRestart(of: "app/e")
        #expect(bench.journal.take() == ["stop c", "stop e", "stop d", "start c", "start d", "start e"])
        try await tree.stop(.shutdown)
        #expect(bench.journal.take() == ["stop e", "stop d", "stop c", "stop b", "stop a"])
    }

    @Test("R42 one-for-all restarts all; a temporary sibling is gone (C-O01, R24)")
    func oneForAll() async throws {
        let tree = try await Supervisor(strategy: .oneForAll) {
            bench.probe("a")
            bench.probe("b", restart: .temporary)
            bench.probe("c")
        }.start(in: bench.runtime)
        _ = bench.journal.take()
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/c")
        #expect(bench.journal.take() == ["stop a", "stop c", "stop b", "start a", "start c"])
        #expect(try await tree.lives() == ["a running", "c running"])
        #expect(try await tree.counts().recentRestarts == 1)
        try await tree.stop(.shutdown)
    }

    @Test("R20 a worker that throws and a worker that returns are restarted when permanent (C-T01)")
    func permanentWorkers() async throws {
        let lives = LifeJournal()
        let tree = try await Supervisor {
            Worker("thrower") {
                lives.note("thrower")
                if lives.lines.filter({ $0 == "thrower" }).count == 1 { throw Mishap() }
                try await Runtime.current.sleep(for: .seconds(1000))
            }
            Worker("returner") {
                lives.note("returner")
                if lives.lines.filter({ $0 == "returner" }).count == 1 { return }
                try await Runtime.current.sleep(for: .seconds(1000))
            }
        }.start(in: bench.runtime)
        await bench.waitForRestart(of: "app/thrower")
        await bench.waitForRestart(of: "app/returner")
        #expect(bench.events(of: "app/thrower").contains("crashed: mishap; restarts now"))
        #expect(bench.events(of: "app/returner").contains("ended (normal); restarts now"))
        try await tree.stop(.shutdown)
    }

    @Test("R20 a transient server stays down after a clean end, and restartChild brings it back (C-T04, C-T05)")
    func transient() async throws {
        let tree = try await Supervisor { bench.probe("a", restart: .transient) }.start(in: bench.runtime)
        for reason in [ExitReason.normal, .shutdown, .shutdownWith("done")] {
            bench.ref("a").cast(.end(reason))
            await bench.waitFor("app/a") {
                if case .ended(let told, next: .staysDown) = $0 { return "\(told)" == "\(reason)" }
                return false
            }
            #expect(try await tree.counts().active == 0)
            try await tree.restartChild("a")
        }
        #expect(try await tree.lives() == ["a running"])
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/a", life: 5)
        #expect(try await tree.children().map(\.restarts) == [1])
        try await tree.stop(.shutdown)
    }

    @Test("R20 a temporary server is gone after any end (C-T06)")
    func temporary() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        for (count, reason) in [ExitReason.normal, .shutdown, .error(Mishap())].enumerated() {
            try await tree.startChild(bench.probe("a", restart: .temporary))
            bench.ref("a").cast(.end(reason))
            await bench.waitFor("app/a", count + 1) {
                if case .ended(_, next: .removed) = $0 { return true }
                return false
            }
            #expect(try await tree.counts().specs == 0)
        }
        try await tree.stop(.shutdown)
    }

    @Test("R46 a failing restart is tried again until it succeeds; the supervisor answers in between")
    func failingRestart() async throws {
        let attempts = LifeJournal()
        let tree = try await Supervisor(intensity: RestartIntensity(10, within: .seconds(5))) {
            bench.probe(
                "a",
                onStart: {
                    attempts.note("start")
                    if (2...4).contains(attempts.lines.count) { throw Mishap("again") }
                }
            )
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        #expect(try await bench.ref("a").call { $0.total } == 0)
        await bench.waitForRestart(of: "app/a", life: 5)
        #expect(bench.events(of: "app/a").filter { $0 == "failed to start: again; will be tried again" }.count == 3)
        #expect(try await tree.counts().recentRestarts == 4)
        try await tree.stop(.shutdown)
    }

    @Test("S7 a restart with back-off comes when the clock says so")
    func backoff() async throws {
        let backoff = Backoff.exponential(from: .seconds(1), upTo: .seconds(60), jitter: 0)
        let tree = try await Supervisor { bench.probe("a", backoff: backoff) }.start(in: bench.runtime)
        for (life, delay) in [(2, 1), (3, 2), (4, 4)] {
            bench.ref("a").crash()
            await bench.recorder.waitFor(line: "app/a crashed: mishap; restarts in \(delay) s")
            await bench.clock.waitForSleepers(1)
            #expect(try await tree.lives() == ["a restarting"])
            #expect(try await tree.counts().active == 0)
            bench.clock.advance(by: .seconds(delay) - .nanoseconds(1))
            #expect(try await tree.counts().active == 0)
            bench.clock.advance(by: .nanoseconds(1))
            await bench.waitForRestart(of: "app/a", life: life)
        }
        try await tree.stop(.shutdown)
        #expect(bench.clock.sleeperCount == 0)
    }

    @Test("S7 a child that waits for its restart can be terminated, and the shutdown does not wait for it")
    func terminateDuringBackoff() async throws {
        let tree = try await Supervisor {
            bench.probe("a", backoff: .constant(.seconds(60)))
            bench.probe("b", backoff: .constant(.seconds(60)))
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await bench.recorder.waitFor(line: "app/a crashed: mishap; restarts in 60 s")
        bench.ref("b").crash()
        await bench.recorder.waitFor(line: "app/b crashed: mishap; restarts in 60 s")
        await bench.clock.waitForSleepers(2)
        try await tree.terminateChild("a")
        #expect(try await tree.lives() == ["a stopped (mishap)", "b restarting"])
        bench.clock.advance(by: .seconds(59))
        try await tree.stop(.shutdown)
        #expect(bench.journal.take() == ["start a", "start b", "stop a", "stop b"])
        #expect(bench.clock.sleeperCount == 0)
    }

    @Test("R76 children added at run time are lost when their supervisor is restarted")
    func additionsAreLost() async throws {
        let tree = try await Supervisor {
            Child(ServerName<Supervisor>("inner")) { [bench] in Supervisor { bench.probe("a") } }
        }.start(in: bench.runtime)
        let inner = ServerRef(ServerName<Supervisor>("inner"), in: bench.runtime)
        try await inner.startChild(bench.probe("b"))
        #expect(try await inner.lives() == ["a running", "b running"])
        inner.exit(.error(Mishap()))
        await bench.waitForRestart(of: "app/inner")
        #expect(try await inner.lives() == ["a running"])
        try await tree.stop(.shutdown)
    }
}
