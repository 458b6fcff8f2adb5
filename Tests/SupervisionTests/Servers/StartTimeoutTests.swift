import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: start timeouts")
struct StartTimeoutTests {
    let bench = ServerBench()
    let hold = HoldPoint()
    private let timedOut = "start timed out after 10.0 seconds"

    /// A start that heeds its cancellation, and would take very long.
    private static let sleeps: Desk.Work = { _, _ in try await Runtime.current.sleep(for: .seconds(1_000)) }

    @Test("C-V03 S9 G2 a start that takes longer than its time fails, and nothing is left of it")
    func heeded() async throws {
        let child = bench.desk(onStart: Self.sleeps).startTimeout(.seconds(10))
        let start = Task { [bench] in try await bench.start(child) }
        // The bound, and the sleep.
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .nanoseconds(9_999_999_999))
        #expect(bench.clock.sleeperCount == 2)
        bench.clock.advance(by: .nanoseconds(1))
        let error = await #expect(throws: SupervisorError.self) { try await start.value }
        #expect(await startFailure(in: error) == timedOut)
        #expect(bench.clock.sleeperCount == 0)
        // Its name is free.
        try await bench.stop(try await bench.start())
    }

    @Test("S9 a start that is ready in time has no deadline left")
    func inTime() async throws {
        let tree = try await bench.start(bench.farewellDesk().startTimeout(.seconds(10)))
        #expect(bench.clock.sleeperCount == 0)
        bench.clock.advance(by: .seconds(100))
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
        #expect(bench.events == ["started", "stopped"])
    }

    @Test("S9 making the server counts as well")
    func make() async throws {
        let name = ServerName<Desk>("desk")
        let journal = bench.journal
        let child = Child(name) {
            try await Runtime.current.sleep(for: .seconds(1_000))
            return Desk(journal, onStart: { _, _ in }, onTerminate: { _, _ in })
        }
        let start = Task { [bench] in try await bench.start(child.startTimeout(.seconds(10))) }
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(10))
        let error = await #expect(throws: SupervisorError.self) { try await start.value }
        #expect(await startFailure(in: error) == timedOut)
    }

    @Test("S9 S3 a start that does not heed its cancellation is given up after the shutdown time, with that reason")
    func deaf() async throws {
        let child = bench.desk(onStart: { [hold] desk, _ in
            await hold.hold()
            desk.note("started after all")
        }).startTimeout(.seconds(10))
        let start = Task { [bench] in try await bench.start(child) }
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(10))
        // Now it has its shutdown time.
        #expect(bench.clock.sleeperCount == 1)
        bench.clock.advance(by: .seconds(5))
        let error = await #expect(throws: SupervisorError.self) { try await start.value }
        #expect(await startFailure(in: error) == timedOut)
        #expect(bench.events.first?.hasPrefix("did not stop within 5 s") == true)
        #expect(bench.events.count == 2)
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        #expect(bench.events.count == 3)
        #expect("\(bench.ref.status)" == "stopped")
    }

    @Test("S9 R52 with brutalKill it is given up at once")
    func brutalKill() async throws {
        let child = bench.desk(shutdown: .brutalKill, onStart: { [hold] _, _ in await hold.hold() })
        let start = Task { [bench] in try await bench.start(child.startTimeout(.seconds(10))) }
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(10))
        let error = await #expect(throws: SupervisorError.self) { try await start.value }
        #expect(await startFailure(in: error) == timedOut)
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
    }

    @Test("S9 one that returns late, within the shutdown time, has failed all the same, and cleans up")
    func late() async throws {
        let child = bench.desk(
            onStart: { [hold] _, _ in await hold.hold() },
            onTerminate: { desk, reason in desk.note("terminate") }
        ).startTimeout(.seconds(10))
        let start = Task { [bench] in try await bench.start(child) }
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(10))
        hold.open()
        let error = await #expect(throws: SupervisorError.self) { try await start.value }
        #expect(await startFailure(in: error) == timedOut)
        #expect(bench.journal.lines == ["terminate"])
        #expect(bench.clock.sleeperCount == 0)
    }

    @Test("S9 what a start throws after its time was over does not hide that it was")
    func throwsOtherwise() async throws {
        let child = bench.desk(onStart: { _, _ in
            do { try await Runtime.current.sleep(for: .seconds(1_000)) } catch { throw Mishap("clumsy") }
        })
        let start = Task { [bench] in try await bench.start(child.startTimeout(.seconds(10))) }
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(10))
        let error = await #expect(throws: SupervisorError.self) { try await start.value }
        #expect(await startFailure(in: error) == timedOut)
    }

    @Test("S9 R46 S2 a restart that takes too long is tried again, and the mail waits for the one that succeeds")
    func restart() async throws {
        let child = bench.desk(onStart: { _, context in
            if context.incarnation == 2 { try await Runtime.current.sleep(for: .seconds(1_000)) }
        }).startTimeout(.seconds(10))
        let tree = try await bench.start(child)
        bench.ref.crash()
        await bench.clock.waitForSleepers(2)
        bench.ref.cast(.note("mail"))
        bench.clock.advance(by: .seconds(10))
        await bench.waitForLife(3)
        #expect(try await bench.ref.notes() == ["mail"])
        #expect(bench.events.count == 4)
        #expect(bench.events[2].hasPrefix("failed to start: the start took longer than 10 s"))
        try await bench.stop(tree)
    }

    @Test("S9 R70 one that is terminated meanwhile was stopped, and did not time out")
    func terminated() async throws {
        let tree = try await bench.start(Child("other") { Notes() })
        let addition = Task { [bench] in
            try await tree.startChild(bench.desk(onStart: Self.sleeps).startTimeout(.seconds(10)))
        }
        await bench.clock.waitForSleepers(3)
        try await tree.terminateChild("desk")
        let error = await #expect(throws: SupervisorError.self) { try await addition.value }
        #expect(await startFailure(in: error) == "threw exit: shutdown")
        try await bench.stop(tree)
    }

    @Test("S9 R15 startChild tells of it, whether the start heeds its cancellation or not", arguments: [true, false])
    func startChild(isDeaf: Bool) async throws {
        let tree = try await bench.start(Child("other") { Notes() })
        let child = bench.desk(onStart: { [hold] desk, context in
            if isDeaf { await hold.hold() } else { try await Self.sleeps(desk, context) }
        })
        let addition = Task { try await tree.startChild(child.startTimeout(.seconds(10))) }
        await bench.clock.waitForSleepers(isDeaf ? 2 : 3)
        if isDeaf { await hold.waitForArrivals() }
        bench.clock.advance(by: .seconds(10))
        if isDeaf { bench.clock.advance(by: .seconds(5)) }
        let error = await #expect(throws: SupervisorError.self) { try await addition.value }
        #expect(await startFailure(in: error) == timedOut)
        #expect(try await tree.counts().zombies == (isDeaf ? 1 : 0))
        hold.open()
        if isDeaf {
            await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
            #expect(try await tree.counts().zombies == 0)
        }
        try await bench.stop(tree)
    }

    @Test("S9 S3 a nested supervisor whose grandchild hangs: its children are stopped in order, and it has timed out")
    func nested() async throws {
        let other = Child("other") { [bench] in
            Desk(bench.journal, onStart: { desk, _ in desk.note("other starts") }) { desk, _ in desk.note("other stops")
            }
        }
        let desk = bench.desk(onStart: { [hold] _, _ in await hold.hold() })
        let start = Task { [bench] in
            try await Supervisor {
                Child("inner") {
                    Supervisor {
                        other
                        desk
                    }
                }.startTimeout(.seconds(10))
            }.start(in: bench.runtime)
        }
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(10))
        // The grandchild's shutdown time.
        await bench.clock.waitForSleepers(1)
        #expect(bench.journal.lines == ["other starts"])
        bench.clock.advance(by: .seconds(5))
        let error = await #expect(throws: SupervisorError.self) { try await start.value }
        guard case .childFailedToStart("app/inner", _) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(await startFailure(in: error) == timedOut)
        #expect(bench.journal.lines == ["other starts", "other stops"])
        #expect(bench.recorder.lines.contains { $0.hasPrefix("app/inner/desk did not stop within 5 s") })
        hold.open()
        await bench.recorder.waitFor(line: "app/inner/desk has ended at last, after it had been given up")
        #expect(bench.clock.sleeperCount == 0)
    }

    @Test("S9 a timeout that is told too late changes nothing: the start is through")
    func staleDeadline() async throws {
        let tree = try await bench.start(bench.desk().startTimeout(.seconds(10)))
        try bench.place().deadlinePassed(tag: PlaceDeadline.start.tag(1))
        try bench.place().deadlinePassed(tag: PlaceDeadline.start.tag(0))
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }
}
