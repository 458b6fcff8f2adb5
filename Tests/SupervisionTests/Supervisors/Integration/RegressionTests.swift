import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: corners of starts and ends")
struct RegressionTests {
    let bench = Bench()
    let hold = HoldPoint()

    @Test("R50 a nested supervisor told to stop before it begins its children begins none: nothing is orphaned")
    func stoppedBeforeItBegins() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        let addition = Task { [bench, hold] in
            try await tree.startChild(
                Child("inner") {
                    await hold.hold()
                    return Supervisor { bench.probe("a") }
                }
            )
        }
        await hold.waitForArrivals()
        let termination = Task { try await tree.terminateChild("inner") }
        await #expect(throws: SupervisorError.self) { try await addition.value }
        hold.open()
        try await termination.value
        #expect("\(bench.ref("a").status)".hasPrefix("stopped"))
        try await tree.stop(.shutdown)
        // The name is free: nobody holds it any more.
        let next = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        try await next.stop(.shutdown)
        #expect(bench.journal.lines == ["start a", "stop a"])
    }

    @Test("R57 a start in a task that is cancelled already throws CancellationError and leaves nothing behind")
    func cancelledBeforehand() async {
        let start = Task { [bench] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        }
        await #expect(throws: CancellationError.self) { try await start.value }
        #expect("\(bench.ref("a").status)".hasPrefix("stopped"))
    }

    @Test("S3 R56 a nested supervisor that is given up while it waits for a child is no zombie: none of its code runs")
    func idleSupervisorGivenUp() async throws {
        let tree = try await Supervisor {
            Child("inner", shutdown: .timeout(.seconds(1))) { [bench, hold] in
                Supervisor { bench.probe("a", shutdown: .infinity, onTerminate: { await hold.hold() }) }
            }
        }.start(in: bench.runtime)
        let termination = Task { try await tree.terminateChild("inner") }
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(1))
        try await termination.value
        await bench.waitForZombieEnd(of: "app/inner")
        #expect(try await tree.counts().zombies == 0)
        hold.open()
        try await tree.stop(.shutdown)
    }

    @Test("R62 the automatic shutdown by a temporary child is told")
    func temporaryAutoShutdown() async throws {
        let tree = try await Supervisor(autoShutdown: .anySignificant) {
            bench.probe("a", restart: .temporary, significant: true)
        }.start(in: bench.runtime)
        bench.ref("a").cast(.end(.normal))
        #expect("\(await tree.waitForExit())" == "shutdown")
        #expect(bench.events(of: "app/a").last == "was significant, so its supervisor ends too")
    }

    @Test("S2 calls to a sibling wait for its next incarnation while its group restarts")
    func siblingMail() async throws {
        let tree = try await Supervisor(strategy: .oneForAll) {
            bench.probe("a", onTerminate: { [hold] in await hold.hold() })
            bench.probe("b")
        }.start(in: bench.runtime)
        let block = HoldPoint()
        bench.ref("b").cast(.hang(block))
        await block.waitForArrivals()
        let queued = Task { [bench] in try await bench.ref("b").call { $0.add(3) } }
        await bench.clock.waitForSleepers(1)
        bench.ref("a").crash()
        await hold.waitForArrivals()
        hold.open()
        // Then the sibling is asked to stop: its deadline stands beside that of the call.
        await bench.recorder.waitFor(line: "app/a crashed: mishap; restarts now")
        await bench.clock.waitForSleepers(2)
        block.open()
        #expect(try await queued.value == 3)
        try await tree.stop(.shutdown)
    }

    @Test("S2 G1 a tree that is stopped in the middle of a group restart leaves no name and no caller behind")
    func stoppedInGroupRestart() async throws {
        let tree = try await Supervisor(strategy: .oneForAll) {
            bench.probe("a")
            bench.probe("b", onTerminate: { [hold] in await hold.hold() })
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await hold.waitForArrivals()
        let call = Task { [bench] in try await bench.ref("a").call(timeout: .seconds(60)) { $0.total } }
        // The deadline of the call, and that of the clean-up.
        await bench.clock.waitForSleepers(2)
        tree.exit(.shutdown)
        hold.open()
        #expect("\(await tree.waitForExit())" == "shutdown")
        bench.clock.advance(by: .seconds(60))
        let error = await #expect(throws: ServerError.self) { try await call.value }
        guard case .exited = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        let next = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        try await next.stop(.shutdown)
    }

    @Test("S1 a closure that gives back the same nested supervisor twice fails to start it again")
    func nestedInstanceTwice() async throws {
        let inner = Supervisor { bench.probe("a") }
        let end = Task { [bench] in
            try await Supervisor(intensity: RestartIntensity(1, within: .seconds(5))) {
                Child(ServerName<Supervisor>("inner")) { inner }
            }.run(in: bench.runtime, stoppingOn: [])
        }
        await bench.recorder.waitFor(line: "app/inner started")
        ServerRef(ServerName<Supervisor>("inner"), in: bench.runtime).exit(.error(Mishap()))
        let error = await #expect(throws: SupervisorError.self) { try await end.value }
        guard case .reachedMaximumIntensity("app/inner", _, .error(let last)) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect((last as? SupervisorError).map(MachineWords.words) == "started before")
    }
}
