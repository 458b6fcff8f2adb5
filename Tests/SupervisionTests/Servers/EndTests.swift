import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: how they end")
struct EndTests {
    let bench = ServerBench()

    @Test("S10 what a handler throws is a crash")
    func crash() async throws {
        let tree = try await bench.start(
            bench.desk(onTerminate: { desk, reason in desk.note("terminate: \(reason)") })
        )
        bench.ref.crash("handler")
        await bench.waitForLife(2)
        #expect(bench.journal.lines == ["terminate: handler"])
        #expect(bench.events == ["started", "crashed: handler; restarts now", "restarted, life 2"])
        try await bench.stop(tree)
    }

    @Test("R20 an Exit(.normal) from a handler: a transient server stays down")
    func normalTransient() async throws {
        let tree = try await bench.start(bench.desk(restart: .transient))
        let ref = try #require(try await bench.ref.call { $0.context?.ref })
        ref.cast(.run { _, _ in throw Exit(.normal) })
        await bench.recorder.waitFor(line: "app/desk ended (normal); stays down")
        #expect("\(ref.status)" == "stopped (normal)")
        try await tree.restartChild("desk")
        #expect("\(bench.ref.status)" == "running")
        try await bench.stop(tree)
    }

    @Test("R20 an Exit(.normal) from a handler: a permanent server is restarted")
    func normalPermanent() async throws {
        let tree = try await bench.start()
        bench.ref.cast(.run { _, _ in throw Exit(.normal) })
        await bench.waitForLife(2)
        #expect(bench.events == ["started", "ended (normal); restarts now", "restarted, life 2"])
        try await bench.stop(tree)
    }

    @Test("G15 stop returns when terminate has run")
    func stop() async throws {
        let hold = HoldPoint()
        let tree = try await bench.start(
            bench.desk(
                restart: .transient,
                onTerminate: { desk, reason in
                    await hold.hold()
                    desk.note("terminate: \(reason)")
                }
            )
        )
        let stop = Task { [bench] in
            try await bench.ref.stop(.shutdownWith("enough"))
            bench.journal.note("stop returns")
        }
        await hold.waitForArrivals()
        #expect(bench.journal.lines.isEmpty)
        hold.open()
        try await stop.value
        #expect(bench.journal.lines == ["terminate: shutdown: enough", "stop returns"])
        try await bench.stop(tree)
    }

    @Test("G15 who waits to stop a server can give up; the server is still asked to")
    func stopTimedOut() async throws {
        let hold = HoldPoint()
        let tree = try await bench.start(bench.desk(restart: .transient, onTerminate: { _, _ in await hold.hold() }))
        let stop = Task { [bench] in try await bench.ref.stop(timeout: .seconds(1)) }
        await hold.waitForArrivals()
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(1))
        #expect(await ending(of: stop) == "timed out after 1.0 seconds")
        #expect("\(bench.ref.status)" == "running")
        hold.open()
        #expect("\(await bench.ref.waitForExit())" == "normal")
        try await bench.stop(tree)
    }

    @Test("G15 a server that is down, or that nobody has started, cannot be stopped")
    func stopNotRunning() async throws {
        let tree = try await bench.start(bench.desk(restart: .transient))
        let ref = bench.ref
        try await ref.stop()
        await bench.recorder.waitFor(line: "app/desk ended (normal); stays down")
        #expect(await ending { try await ref.stop() } == "not running: desk")
        let nobody = ServerRef(ServerName<Desk>("nobody"), in: bench.runtime)
        #expect(await ending { try await nobody.stop() } == "not running: nobody")
        try await bench.stop(tree)
    }

    @Test("S10 exit with an abnormal reason from outside is a crash")
    func exit() async throws {
        let tree = try await bench.start()
        try await bench.waitForIdleness()
        bench.ref.exit(.error(Mishap("outside")))
        await bench.waitForLife(2)
        #expect(bench.events == ["started", "crashed: outside; restarts now", "restarted, life 2"])
        try await bench.stop(tree)
    }

    @Test("exit cancels the message in work; what it throws then is no crash, unless it is another error (S11)")
    func exitWhileBusy() async throws {
        let tree = try await bench.start()
        bench.ref.cast(.run { _, _ in try await Runtime.current.sleep(for: .seconds(100)) })
        await bench.clock.waitForSleepers(1)
        bench.ref.exit(.normal)
        await bench.waitForLife(2)
        bench.ref.cast(
            .run { _, _ in
                do { try await Runtime.current.sleep(for: .seconds(100)) } catch { throw Mishap("clumsy") }
            }
        )
        await bench.clock.waitForSleepers(1)
        bench.ref.exit(.normal)
        await bench.waitForLife(3)
        let crash = "crashed: clumsy; restarts now"
        let end = "ended (normal); restarts now"
        #expect(bench.events == ["started", end, "restarted, life 2", crash, "restarted, life 3"])
        try await bench.stop(tree)
    }

    @Test("S1 the first reason to end stands; a second request changes nothing")
    func exitTwice() async throws {
        let hold = HoldPoint()
        let tree = try await bench.start(bench.desk(restart: .transient, onTerminate: { _, _ in await hold.hold() }))
        bench.ref.exit(.shutdownWith("first"))
        bench.ref.exit(.error(Mishap("second")))
        await hold.waitForArrivals()
        bench.ref.exit(.error(Mishap("third")))
        hold.open()
        await bench.recorder.waitFor(line: "app/desk ended (shutdown: first); stays down")
        try await bench.stop(tree)
    }

    @Test("A visitor that has begun is not interrupted; the end follows when it has left")
    func exitDuringVisit() async throws {
        let tree = try await bench.start(
            bench.desk(onTerminate: { desk, reason in desk.note("terminate: \(reason)") })
        )
        try await bench.waitForIdleness()
        let value = try await bench.ref.call { [bench] desk in
            bench.ref.exit(.shutdownWith("meanwhile"))
            desk.note("still here, cancelled: \(Task.isCancelled)")
            return 5
        }
        #expect(value == 5)
        await bench.waitForLife(2)
        #expect(bench.journal.lines == ["still here, cancelled: false", "terminate: shutdown: meanwhile"])
        try await bench.stop(tree)
    }

    @Test("S4 G10 terminate runs uncancelled, also when the message in work was, and before the next life")
    func terminate() async throws {
        let hold = HoldPoint()
        let tree = try await bench.start(
            bench.desk(
                onStart: { desk, context in desk.note("start \(context.incarnation)") },
                onTerminate: { desk, _ in
                    await hold.hold()
                    desk.note("terminate, cancelled: \(Task.isCancelled)")
                }
            )
        )
        bench.ref.cast(.run { _, _ in try await Runtime.current.sleep(for: .seconds(100)) })
        await bench.clock.waitForSleepers(1)
        bench.ref.exit(.normal)
        await hold.waitForArrivals()
        #expect(bench.journal.lines == ["start 1"])
        hold.open()
        await bench.waitForLife(2)
        #expect(bench.journal.lines == ["start 1", "terminate, cancelled: false", "start 2"])
        try await bench.stop(tree)
    }

    @Test("waitForExit tells each who waits, and returns at once when it is over")
    func waitForExit() async throws {
        let tree = try await bench.start(bench.desk(restart: .transient))
        let ref = try #require(try await bench.ref.call { $0.context?.ref })
        let hold = await bench.hangingDesk()
        let waits = (0..<3).map { _ in Task { await ref.waitForExit() } }
        ref.exit(.shutdownWith("told"))
        hold.open()
        for wait in waits { #expect("\(await wait.value)" == "shutdown: told") }
        #expect("\(await ref.waitForExit())" == "shutdown: told")
        try await bench.stop(tree)
    }

    @Test("S18 a server that ends itself as soon as it has started is seen to end")
    func deadAtOnce() async throws {
        let tree = try await bench.start(
            bench.desk(
                restart: .transient,
                onStart: { _, context in context.ref.cast(.run { _, _ in throw Exit(.normal) }) }
            )
        )
        await bench.recorder.waitFor(line: "app/desk ended (normal); stays down")
        #expect(bench.events == ["started", "ended (normal); stays down"])
        try await bench.stop(tree)
    }
}
