import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: answers that end the server")
struct PartingReplyTests {
    let bench = ServerBench()
    let hold = HoldPoint()

    /// A call that the server answers with its end.
    private func lastCall(_ reason: ExitReason = .normal) async -> Task<Int, any Error> {
        await bench.queued { ref in
            try await ref.call(timeout: .seconds(60)) { (desk: isolated Desk, reply: Reply<Int>) in
                desk.note("answer")
                reply(7, ending: reason)
                desk.note("still here")
            }
        }
    }

    private func holdingDesk(restart: Restart = .transient) -> Child {
        bench.desk(
            restart: restart,
            onTerminate: { [hold] desk, reason in
                await hold.hold()
                desk.note("terminate: \(reason)")
            }
        )
    }

    @Test("C-V05 G7 an answer that ends the server is given after terminate has run")
    func afterTerminate() async throws {
        let tree = try await bench.start(holdingDesk())
        let call = Task { [bench] in
            let value = try await bench.ref.call { (desk: isolated Desk, reply: Reply<Int>) in
                desk.note("answer")
                reply(7, ending: .shutdownWith("done"))
                desk.note("still here")
            }
            bench.journal.note("answered \(value)")
            return value
        }
        await hold.waitForArrivals()
        #expect(bench.journal.lines == ["answer", "still here"])
        hold.open()
        #expect(try await call.value == 7)
        let expected = ["answer", "still here", "terminate: shutdown: done", "answered 7"]
        #expect(bench.journal.lines == expected)
        await bench.recorder.waitFor(line: "app/desk ended (shutdown: done); stays down")
        try await bench.stop(tree)
    }

    @Test("G7 S10 an abnormal reason is a crash, and the caller gets the answer all the same")
    func crash() async throws {
        let tree = try await bench.start(bench.farewellDesk())
        let answer = try await bench.ref.call { (_: isolated Desk, reply: Reply<Int>) in
            reply(3, ending: .error(Mishap("broken")))
        }
        #expect(answer == 3)
        await bench.waitForLife(2)
        #expect(bench.journal.lines == ["terminate: broken"])
        #expect(bench.events[1] == "crashed: broken; restarts now")
        try await bench.stop(tree)
    }

    @Test("G7 it can be given later and from elsewhere; what waits then is kept for the next life")
    func fromElsewhere() async throws {
        let tree = try await bench.start(bench.farewellDesk())
        let owed = LateReply()
        let call = await bench.queued { ref in
            try await ref.call { (_: isolated Desk, reply: Reply<Int>) in owed.keep(reply) }
        }
        await owed.waitForReply()
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("kept"))
        owed.answer(5, ending: .normal)
        #expect(bench.clock.sleeperCount == 2)
        hold.open()
        #expect(try await call.value == 5)
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes() == ["kept"])
        #expect(bench.journal.lines == ["terminate: normal", "kept"])
        try await bench.stop(tree)
    }

    @Test("G7 other calls that it owes fail with the reason, each with its own")
    func others() async throws {
        let tree = try await bench.start(bench.farewellDesk())
        let (first, second) = (LateReply(), LateReply())
        var calls: [Task<Int, any Error>] = []
        for (number, owed) in [first, second].enumerated() {
            calls.append(
                await bench.queued(number + 1) { ref in
                    try await ref.call { (_: isolated Desk, reply: Reply<Int>) in owed.keep(reply) }
                }
            )
            await owed.waitForReply()
        }
        second.answer(2, ending: .shutdown)
        #expect(try await calls[1].value == 2)
        #expect(await ending(of: calls[0]) == "exited: shutdown")
        await bench.waitForLife(2)
        try await bench.stop(tree)
    }

    @Test("G7 the first answer counts, whether it ends the server or not")
    func firstCounts() async throws {
        let tree = try await bench.start(bench.farewellDesk())
        let plain = try await bench.ref.call { (_: isolated Desk, reply: Reply<Int>) in
            reply(1)
            reply(2, ending: .normal)
        }
        #expect(plain == 1)
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.events == ["started"])
        let ending = try await bench.ref.call { (_: isolated Desk, reply: Reply<Int>) in
            reply(3, ending: .normal)
            reply(4)
        }
        #expect(ending == 3)
        await bench.waitForLife(2)
        try await bench.stop(tree)
    }

    @Test("G7 when the server ends for another reason first, the answer is given with that end")
    func otherReason() async throws {
        let tree = try await bench.start(holdingDesk(restart: .permanent))
        let owed = LateReply()
        let call = await bench.queued { ref in
            try await ref.call(timeout: .seconds(60)) { (_: isolated Desk, reply: Reply<Int>) in owed.keep(reply) }
        }
        await owed.waitForReply()
        bench.ref.crash()
        await hold.waitForArrivals()
        owed.answer(6, ending: .normal)
        hold.open()
        #expect(try await call.value == 6)
        await bench.waitForLife(2)
        #expect(bench.journal.lines == ["terminate: mishap"])
        try await bench.stop(tree)
    }

    @Test("G7 S3 when the clean-up hangs, the answer comes when the server is given up")
    func hungCleanUp() async throws {
        let tree = try await bench.start(holdingDesk(restart: .permanent))
        let call = await lastCall()
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(5))
        #expect(try await call.value == 7)
        await bench.waitForLife(2)
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        try await bench.stop(tree)
    }

    @Test("G7 S16 a caller that gives up meanwhile is back at once, and the server ends all the same")
    func callerGivesUp() async throws {
        let tree = try await bench.start(holdingDesk())
        let call = await lastCall()
        await hold.waitForArrivals()
        call.cancel()
        #expect(await ending(of: call) == "cancelled")
        hold.open()
        await bench.recorder.waitFor(line: "app/desk ended (normal); stays down")
        try await bench.stop(tree)
    }

    @Test("G7 S1 an answer of a life that is over ends nothing")
    func ofFormerLife() async throws {
        let tree = try await bench.start(bench.farewellDesk())
        let owed = LateReply()
        let call = await bench.queued { ref in
            try await ref.call { (_: isolated Desk, reply: Reply<Int>) in owed.keep(reply) }
        }
        await owed.waitForReply()
        bench.ref.crash()
        #expect(await ending(of: call) == "exited: mishap")
        await bench.waitForLife(2)
        owed.answer(1, ending: .normal)
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.events.count == 3)
        try await bench.stop(tree)
    }

    @Test("G7 S14 it ends a server that drains before all is served, and what is left fails")
    func whileDraining() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let owed = LateReply()
        let call = await bench.queued { ref in
            try await ref.call { (_: isolated Desk, reply: Reply<Int>) in owed.keep(reply) }
        }
        await owed.waitForReply()
        try await bench.waitForIdleness()
        let termination = Task { try await tree.terminateChild("desk") }
        await bench.clock.waitForSleepers(3)
        owed.answer(8, ending: .shutdown)
        #expect(try await call.value == 8)
        try await termination.value
        #expect(bench.events == ["started", "stopped"])
        try await bench.stop(tree)
    }
}
