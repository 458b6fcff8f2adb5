import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: mail that is not kept")
struct DiscardedMailTests {
    let bench = ServerBench()

    @Test("S2 discarded: queued calls fail with the exit reason, casts are dropped, and the next life begins empty")
    func discarded() async throws {
        let tree = try await bench.start(bench.desk().mail(.discarded))
        let hold = await bench.hangingDesk()
        bench.ref.crash()
        bench.ref.cast(.note("never"))
        let synchronous = await bench.queued(1) { try await $0.call { $0.note("never") } }
        let asynchronous = await bench.queued(2) { try await $0.call { desk async in desk.note("never") } }
        let later = await bench.queued(3) { ref in
            try await ref.call { (_: isolated Desk, reply: Reply<Int>) in reply(1) }
        }
        hold.open()
        #expect(await ending(of: synchronous) == "exited: mishap")
        #expect(await ending(of: asynchronous) == "exited: mishap")
        #expect(await ending(of: later) == "exited: mishap")
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.clock.sleeperCount == 0)
        try await bench.stop(tree)
    }

    @Test("S2 discarded: while the child waits for its restart there is nobody to call")
    func backoff() async throws {
        let tree = try await bench.start(bench.desk(backoff: .constant(.seconds(10))).mail(.discarded))
        bench.ref.crash()
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; restarts in 10 s")
        await bench.clock.waitForSleepers(1)
        bench.ref.cast(.note("never"))
        #expect(await ending { try await bench.ref.call { $0.note("never") } } == "not running: desk")
        #expect(await ending { try await bench.ref.call { desk async in desk.note("never") } } == "not running: desk")
        #expect(await ending { try await bench.ref.send(.note("never")) } == "not running: desk")
        #expect("\(bench.ref.status)" == "restarting")
        bench.clock.advance(by: .seconds(10))
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S2 discarded: mail that comes while the next life starts is kept for it, and goes when that start fails")
    func whileStarting() async throws {
        let holds = [HoldPoint(), HoldPoint()]
        let tree = try await bench.start(
            bench.desk(onStart: { _, context in
                guard context.incarnation > 1 else { return }
                await holds[context.incarnation - 2].hold()
                if context.incarnation == 2 { throw Mishap("start") }
            }).mail(.discarded)
        )
        bench.ref.crash()
        await holds[0].waitForArrivals()
        let call = await bench.queued { try await $0.call { $0.note("never") } }
        holds[0].open()
        #expect(await ending(of: call) == "exited: start")
        await holds[1].waitForArrivals()
        bench.ref.cast(.note("kept"))
        holds[1].open()
        await bench.waitForLife(3)
        #expect(try await bench.ref.notes() == ["kept"])
        try await bench.stop(tree)
    }

    @Test("S2 S3 discarded: what a hung server had taken goes as well, when it is given up")
    func givenUp() async throws {
        let tree = try await bench.start(bench.desk().mail(.discarded))
        let first = await bench.hangingDesk()
        let hold = HoldPoint()
        bench.ref.hang(at: hold)
        bench.ref.cast(.note("never"))
        let taken = await bench.queued(1) { try await $0.call(timeout: .seconds(60)) { $0.note("never") } }
        first.open()
        await hold.waitForArrivals()
        let waiting = await bench.queued(2) { try await $0.call(timeout: .seconds(60)) { $0.note("never") } }
        bench.ref.exit(.normal)
        bench.clock.advance(by: .seconds(5))
        #expect(await ending(of: taken) == "exited: unstoppable")
        #expect(await ending(of: waiting) == "exited: unstoppable")
        await bench.waitForLife(2)
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S2 discarded: calls are served in place as ever")
    func inPlace() async throws {
        let tree = try await bench.start(bench.desk().mail(.discarded))
        try await bench.waitForIdleness()
        #expect(try bench.isGateOpen())
        try await bench.stop(tree)
    }

    @Test("S2 kept is the rule, and can be said")
    func kept() async throws {
        let tree = try await bench.start(bench.desk().mail(.discarded).mail(.kept))
        let hold = await bench.hangingDesk()
        bench.ref.crash()
        bench.ref.cast(.note("kept"))
        hold.open()
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes() == ["kept"])
        try await bench.stop(tree)
    }

    @Test("S2 R20 discarded: a child that stays down has told those who waited, and is not running")
    func staysDown() async throws {
        let tree = try await bench.start(bench.desk(restart: .temporary).mail(.discarded))
        let ref = bench.ref
        let hold = await bench.hangingDesk()
        bench.ref.crash()
        let call = await bench.queued { try await $0.call { $0.note("never") } }
        hold.open()
        #expect(await ending(of: call) == "exited: mishap")
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; is removed")
        #expect(await ending { try await ref.call { $0.notes } } == "not running: desk")
        try await bench.stop(tree)
    }
}
