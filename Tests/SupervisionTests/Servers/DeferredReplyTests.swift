import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: deferred replies")
struct DeferredReplyTests {
    let bench = ServerBench()
    let owed = LateReply()

    /// A call that the server will answer later. It waits as the `number`th of those that do.
    private func call(_ number: Int = 1, timeout: Duration = .seconds(5)) async -> Task<Int, any Error> {
        let task = Task { [bench, owed] in
            try await bench.ref.call(timeout: timeout) { (_: isolated Desk, reply: Reply<Int>) in owed.keep(reply) }
        }
        await owed.waitForReply()
        await bench.clock.waitForSleepers(number)
        return task
    }

    @Test("G7 C-V05 an answer is given later, from elsewhere, and the server goes on meanwhile")
    func fromElsewhere() async throws {
        let tree = try await bench.start()
        let call = await call()
        #expect(try await bench.ref.notes().isEmpty)
        owed.answer(7)
        #expect(try await call.value == 7)
        try await bench.stop(tree)
    }

    @Test("G7 an answer within the body, and one that is an error")
    func atOnce() async throws {
        let tree = try await bench.start()
        let answered = try await bench.ref.call { (_: isolated Desk, reply: Reply<Int>) in reply(3) }
        #expect(answered == 3)
        let failed = await ending {
            try await bench.ref.call { (_: isolated Desk, reply: Reply<Int>) in reply(throwing: Mishap("no")) }
        }
        #expect(failed == "threw no")
        // An Exit that is an answer ends nothing.
        let exit = await ending {
            try await bench.ref.call { (_: isolated Desk, reply: Reply<Int>) in reply(throwing: Exit(.normal)) }
        }
        #expect(exit == "threw exit: normal")
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("G5 the first answer counts, a second one is dropped")
    func twice() async throws {
        let tree = try await bench.start()
        let call = await call()
        owed.answer(1)
        owed.answer(2)
        #expect(try await call.value == 1)
        owed.answer(3)
        try await bench.stop(tree)
    }

    @Test("A reply that is dropped without an answer is told to the caller")
    func dropped() async throws {
        let tree = try await bench.start()
        let dropped = await ending { try await bench.ref.call { (_: isolated Desk, _: Reply<Int>) in } }
        #expect(dropped == "no reply")
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S16 G5 a caller whose deadline passes is back at once, and the late answer is dropped")
    func deadline() async throws {
        let tree = try await bench.start()
        let call = await call(timeout: .seconds(2))
        bench.clock.advance(by: .seconds(2))
        #expect(await ending(of: call) == "timed out after 2.0 seconds")
        owed.answer(1)
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S16 a caller that is cancelled is back at once")
    func cancellation() async throws {
        let tree = try await bench.start()
        let call = await call()
        call.cancel()
        #expect(await ending(of: call) == "cancelled")
        owed.answer(1)
        #expect(bench.runtime.deadlines.pendingCount == 0)
        try await bench.stop(tree)
    }

    @Test("S1 G7 the end of the server fails what it still owes, and its later answer is refused")
    func serverEnds() async throws {
        let tree = try await bench.start()
        let call = await call()
        try await bench.ref.stop(.shutdownWith("closing time"))
        #expect(await ending(of: call) == "exited: shutdown: closing time")
        await bench.waitForLife(2)
        owed.answer(1)
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("G7 terminate may still answer what is owed")
    func answeredByTerminate() async throws {
        let tree = try await bench.start(bench.desk(onTerminate: { [owed] _, _ in owed.answer(9) }))
        let call = await call()
        try await bench.ref.stop()
        #expect(try await call.value == 9)
        await bench.waitForLife(2)
        try await bench.stop(tree)
    }

    @Test("A body that throws after it has given its reply away: the caller gets the error")
    func throwsAfterKeeping() async throws {
        let tree = try await bench.start()
        let failed = await ending {
            try await bench.ref.call { [owed] (_: isolated Desk, reply: Reply<Int>) in
                owed.keep(reply)
                throw Mishap("after all")
            }
        }
        #expect(failed == "threw after all")
        owed.answer(1)
        try await bench.stop(tree)
    }

    @Test("S16 a deferred call that is not begun in time is never begun")
    func notBegun() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        let call = await bench.queued { ref in
            try await ref.call { (desk: isolated Desk, reply: Reply<Int>) in
                desk.note("begun")
                reply(1)
            }
        }
        bench.clock.advance(by: .seconds(5))
        #expect(await ending(of: call) == "timed out after 5.0 seconds")
        hold.open()
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }
}
