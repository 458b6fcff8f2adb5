import SupervisionTesting
import Testing

@testable import Supervision

@Suite("A tree in which everything hangs")
struct HangingTreeTests {
    let bench = Bench()

    @Test("S3 R50 R51 a handler, a start and a clean-up that never return: the tree stops in time and names all three")
    func everythingHangs() async throws {
        let (handler, start, cleanUp) = (HoldPoint(), HoldPoint(), HoldPoint())
        let inner = ServerName<Supervisor>("inner")
        let tree = try await Supervisor {
            bench.probe("first")
            Child(inner) {
                Supervisor {
                    bench.probe("cleanup", shutdown: .timeout(.seconds(2)), onTerminate: { await cleanUp.hold() })
                    bench.probe("handler", shutdown: .timeout(.seconds(3)))
                }
            }
        }.start(in: bench.runtime)
        bench.ref("handler").cast(.hang(handler))
        await handler.waitForArrivals()
        let addition = Task { [bench] in
            let hanging = bench.probe("start", shutdown: .timeout(.seconds(4)), onStart: { await start.hold() })
            try await ServerRef(inner, in: bench.runtime).startChild(hanging)
        }
        await start.waitForArrivals()
        await bench.clock.waitForSleepers(1)
        // Nobody waits any more, so that each deadline below is a shutdown time.
        addition.cancel()
        _ = await addition.result

        let stop = Task { try await tree.stop(.shutdown) }
        for (child, time) in [("start", 4), ("handler", 3), ("cleanup", 2)] {
            if child == "cleanup" { await cleanUp.waitForArrivals() }
            await bench.clock.waitForSleepers(1)
            bench.clock.advance(by: .seconds(time))
            #expect(await bench.waitForGivingUp(of: "app/inner/\(child)") == .seconds(time))
        }
        try await stop.value
        #expect(bench.clock.now == .seconds(9))
        #expect("\(await tree.waitForExit())" == "shutdown")
        #expect(bench.journal.lines == ["start first", "start cleanup", "start handler", "stop first"])
        #expect(bench.clock.sleeperCount == 0)
        // And each is told of when it ends at last.
        for point in [handler, start, cleanUp] { point.open() }
        for child in ["start", "handler", "cleanup"] { await bench.waitForZombieEnd(of: "app/inner/\(child)") }
    }

    @Test("S9 S10 S3 with their own bounds set, each of the three is found out while the tree runs")
    func foundOut() async throws {
        let (handler, start, cleanUp) = (HoldPoint(), HoldPoint(), HoldPoint())
        let lives = LifeJournal()
        let tree = try await Supervisor(intensity: RestartIntensity(100, within: .seconds(1))) {
            bench.probe("handler").watchdog(.seconds(10))
            bench.probe(
                "start",
                onStart: {
                    lives.note("start")
                    if lives.lines.count == 2 { await start.hold() }
                }
            ).startTimeout(.seconds(10))
            bench.probe("cleanup", onTerminate: { await cleanUp.hold() })
        }.start(in: bench.runtime)
        bench.ref("handler").cast(.hang(handler))
        await handler.waitForArrivals()
        bench.clock.advance(by: .seconds(10))
        bench.clock.advance(by: .seconds(5))
        await bench.waitForRestart(of: "app/handler")
        bench.ref("start").crash()
        await start.waitForArrivals()
        bench.clock.advance(by: .seconds(10))
        bench.clock.advance(by: .seconds(5))
        await bench.recorder.waitFor(line: "app/start restarted, life 3")
        bench.ref("cleanup").crash()
        await cleanUp.waitForArrivals()
        bench.clock.advance(by: .seconds(5))
        await bench.waitForRestart(of: "app/cleanup")
        #expect(try await tree.counts().zombies == 3)
        #expect(try await tree.counts().active == 3)
        for point in [handler, start, cleanUp] { point.open() }
        for child in ["start", "handler", "cleanup"] { await bench.waitForZombieEnd(of: "app/\(child)") }
        #expect(try await tree.counts().zombies == 0)
        try await tree.stop(.shutdown)
    }
}
