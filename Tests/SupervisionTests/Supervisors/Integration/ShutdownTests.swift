import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: shutdown")
struct ShutdownTests {
    let bench = Bench()
    let hold = HoldPoint()

    @Test("S3 R51 a handler that never returns is given up after its shutdown time, and the tree stops (C-D02)")
    func hangingHandler() async throws {
        let tree = try await Supervisor {
            bench.probe("a")
            bench.probe("b", shutdown: .timeout(.seconds(2)))
            bench.probe("c")
        }.start(in: bench.runtime)
        bench.ref("b").cast(.hang(hold))
        await hold.waitForArrivals()
        let stop = Task { try await tree.stop(.shutdown) }
        await bench.recorder.waitFor(line: "app/c stopped")
        await bench.clock.waitForSleepers(1)
        #expect(bench.journal.take() == ["start a", "start b", "start c", "stop c"])
        bench.clock.advance(by: .seconds(2) - .nanoseconds(1))
        #expect(!bench.events(of: "app/b").contains { $0.hasPrefix("did not stop") })
        bench.clock.advance(by: .nanoseconds(1))
        #expect(await bench.waitForGivingUp(of: "app/b") == .seconds(2))
        try await stop.value
        #expect("\(await tree.waitForExit())" == "shutdown")
        #expect(bench.journal.take() == ["stop a"])
        hold.open()
    }

    @Test("S3 a zombie is listed and counted while it lives, its name is free, and its end is told")
    func zombie() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        bench.ref("a").cast(.hang(hold))
        await hold.waitForArrivals()
        let termination = Task { try await tree.terminateChild("a") }
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(5))
        try await termination.value
        #expect(await bench.waitForGivingUp(of: "app/a") == .seconds(5))
        #expect(try await tree.counts().zombies == 1)
        #expect(try await tree.children().map(\.zombies) == [1])
        try await tree.restartChild("a")
        #expect(try await bench.ref("a").call { $0.add(1) } == 1)
        #expect(try await tree.counts().zombies == 1)
        hold.open()
        await bench.waitForZombieEnd(of: "app/a")
        #expect(try await tree.counts().zombies == 0)
        #expect(try await tree.lives() == ["a running"])
        try await tree.stop(.shutdown)
    }

    @Test("S3 what a zombie still does is refused: its late result, its letters and its end change nothing")
    func fenced() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let ref = bench.ref("a")
        let call = Task { [hold] in
            try await ref.call { server async throws -> Int in
                await hold.hold()
                return server.total
            }
        }
        await hold.waitForArrivals()
        ref.exit(.error(Mishap("from outside")))
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(5))
        await #expect(throws: ServerError.self) { try await call.value }
        await bench.waitForRestart(of: "app/a")
        hold.open()
        await bench.waitForZombieEnd(of: "app/a")
        #expect(bench.events(of: "app/a").contains("crashed: from outside; restarts now"))
        #expect(try await tree.lives() == ["a running"])
        #expect(bench.journal.take() == ["start a", "start a"])
        try await tree.stop(.shutdown)
    }

    @Test("S3 R13 a start that never returns is given up when the tree is stopped")
    func hangingStart() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let addition = Task { [bench, hold] in
            try await tree.startChild(bench.probe("b", onStart: { await hold.hold() }))
        }
        await hold.waitForArrivals()
        let stop = Task { try await tree.stop(.shutdown) }
        await #expect(throws: SupervisorError.self) { try await addition.value }
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(5))
        #expect(await bench.waitForGivingUp(of: "app/b") == .seconds(5))
        try await stop.value
        #expect(bench.journal.take() == ["start a", "stop a"])
        hold.open()
    }

    @Test("S3 a start function that never returns is given up on terminateChild, and ends as a zombie")
    func hangingStartFunction() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        let addition = Task { [hold] in
            try await tree.startChild(
                Child("b") {
                    await hold.hold()
                    return Probe("b")
                }
            )
        }
        await hold.waitForArrivals()
        let termination = Task { try await tree.terminateChild("b") }
        await #expect(throws: SupervisorError.self) { try await addition.value }
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(5))
        try await termination.value
        #expect(try await tree.counts().zombies == 1)
        hold.open()
        await bench.waitForZombieEnd(of: "app/b")
        try await tree.stop(.shutdown)
    }

    @Test("S4 S3 a clean-up that never returns is given up after the shutdown time, and the tree stops")
    func hangingCleanUp() async throws {
        let tree = try await Supervisor {
            bench.probe("a")
            Child("inner") { [bench, hold] in
                Supervisor { bench.probe("b", shutdown: .timeout(.seconds(3)), onTerminate: { await hold.hold() }) }
            }
        }.start(in: bench.runtime)
        let stop = Task { try await tree.stop(.shutdown) }
        await hold.waitForArrivals()
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(3))
        #expect(await bench.waitForGivingUp(of: "app/inner/b") == .seconds(3))
        try await stop.value
        #expect(bench.journal.take() == ["start a", "start b", "stop a"])
        hold.open()
    }

    @Test("S4 the next life begins when the clean-up of the last one is through")
    func cleanUpFirst() async throws {
        let tree = try await Supervisor {
            bench.probe("a", onTerminate: { await hold.hold() })
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await hold.waitForArrivals()
        #expect(bench.journal.lines == ["start a"])
        #expect(try await tree.lives() == ["a running"])
        hold.open()
        await bench.waitForRestart(of: "app/a")
        #expect(bench.journal.lines == ["start a", "stop a", "start a"])
        try await tree.stop(.shutdown)
    }

    @Test("S4 a clean-up runs uncancelled")
    func uncancelledCleanUp() async throws {
        let tree = try await Supervisor {
            bench.probe("a", onTerminate: { [bench] in bench.journal.note("cancelled: \(Task.isCancelled)") })
        }.start(in: bench.runtime)
        bench.ref("a").cast(.hang(hold))
        await hold.waitForArrivals()
        let stop = Task { try await tree.stop(.shutdown) }
        await bench.clock.waitForSleepers(1)
        hold.open()
        try await stop.value
        #expect(bench.journal.lines == ["start a", "cancelled: false", "stop a"])
    }

    @Test("R52 brutalKill: at rest it ends at once and without clean-up; at work it is given up at once (C-D03)")
    func brutalKill() async throws {
        let tree = try await Supervisor {
            bench.probe("a", shutdown: .brutalKill)
            bench.probe("b", shutdown: .brutalKill)
        }.start(in: bench.runtime)
        bench.ref("b").cast(.hang(hold))
        await hold.waitForArrivals()
        try await tree.terminateChild("b")
        #expect(await bench.waitForGivingUp(of: "app/b") == .zero)
        #expect(try await tree.counts().zombies == 1)
        try await tree.terminateChild("a")
        #expect(try await tree.counts().zombies == 1)
        #expect(bench.events(of: "app/a") == ["started", "stopped"])
        hold.open()
        await bench.waitForZombieEnd(of: "app/b")
        #expect(bench.journal.take() == ["start a", "start b"])
        try await tree.stop(.shutdown)
    }

    @Test("R4 R51 infinity: a slow clean-up is waited for, however long it takes (C-D01)")
    func infinity() async throws {
        let tree = try await Supervisor {
            bench.probe("a", shutdown: .infinity, onTerminate: { await hold.hold() })
        }.start(in: bench.runtime)
        let stop = Task { try await tree.stop(.shutdown) }
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(1_000_000))
        #expect(bench.clock.sleeperCount == 0)
        hold.open()
        try await stop.value
        #expect(bench.events(of: "app/a") == ["started", "stopped"])
    }

    @Test("R4 R51 a shutdown time of zero: asked, then given up at once")
    func zero() async throws {
        let tree = try await Supervisor {
            bench.probe("a", shutdown: .timeout(.zero), onTerminate: { await hold.hold() })
        }.start(in: bench.runtime)
        let stop = Task { try await tree.stop(.shutdown) }
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .zero)
        #expect(await bench.waitForGivingUp(of: "app/a") == .zero)
        try await stop.value
        hold.open()
    }

    @Test("R53 a worker that throws something else when it is stopped is reported; a cancellation is not (S11)")
    func worker() async throws {
        let tree = try await Supervisor {
            Worker("good") { try await Runtime.current.sleep(for: .seconds(1000)) }
            Worker("bad") {
                do { try await Runtime.current.sleep(for: .seconds(1000)) } catch { throw Mishap("unsaved") }
            }
        }.start(in: bench.runtime)
        await bench.clock.waitForSleepers(2)
        try await tree.stop(.shutdown)
        #expect(bench.events(of: "app/bad").last == "ended badly while it was being stopped: unsaved")
        #expect(bench.events(of: "app/good").last == "stopped")
        #expect("\(await tree.waitForExit())" == "shutdown")
    }
}
