import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: bounded mailboxes")
struct BoundedMailboxTests {
    let bench = ServerBench()

    private func start(limit: Int, _ overflow: MailboxOverflow) async throws -> ServerRef<Supervisor> {
        try await bench.start(bench.desk().mailbox(limit: limit, overflow: overflow))
    }

    /// Holds the server in the first letter of a batch, with `letters` behind it in the same batch.
    private func hang(with letters: () async -> Void) async -> HoldPoint {
        let first = await bench.hangingDesk()
        let hold = HoldPoint()
        bench.ref.hang(at: hold)
        await letters()
        first.open()
        await hold.waitForArrivals()
        return hold
    }

    // MARK: Reject

    @Test("S17 reject: over the limit a caller and a sender are told, a cast is dropped, and the order is kept")
    func reject() async throws {
        let tree = try await start(limit: 3, .reject)
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        let call = await bench.queued { try await $0.call { $0.note("2") } }
        try await bench.ref.send(.note("3"))
        bench.ref.cast(.note("late"))
        #expect(await ending { try await bench.ref.call { $0.note("late") } } == "overloaded: 3")
        #expect(await ending { try await bench.ref.call { desk async in desk.note("late") } } == "overloaded: 3")
        #expect(
            await ending { try await bench.ref.call { (_: isolated Desk, reply: Reply<Int>) in reply(1) } }
                == "overloaded: 3"
        )
        #expect(await ending { try await bench.ref.send(.note("late")) } == "overloaded: 3")
        #expect(try bench.place().depth == 3)
        hold.open()
        try await call.value
        #expect(try await bench.ref.notes() == ["1", "2", "3"])
        try await bench.stop(tree)
    }

    @Test("S17 what a drain has taken and not begun counts; what it handles does not", arguments: [1, 2, 3])
    func taken(limit: Int) async throws {
        let tree = try await start(limit: limit, .reject)
        // A full batch, with the server in its first letter: one is handled, so there is room for one more.
        let hold = await hang { for number in 1..<limit { bench.ref.cast(.note("\(number)")) } }
        bench.ref.cast(.note("more"))
        bench.ref.cast(.note("late"))
        #expect(try bench.place().depth == limit)
        hold.open()
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == (1..<limit).map { "\($0)" } + ["more"])
        try await bench.stop(tree)
    }

    @Test("S17 S16 calls that were given up make room, waiting or taken", arguments: [true, false])
    func givenUp(isTaken: Bool) async throws {
        let tree = try await start(limit: 3, .reject)
        var calls: [Task<Void, any Error>] = []
        var hold = await bench.hangingDesk()
        let first = hold
        if isTaken {
            hold = HoldPoint()
            bench.ref.hang(at: hold)
        }
        for number in 1...2 { calls.append(await bench.queued(number) { try await $0.call { $0.note("never") } }) }
        if isTaken {
            first.open()
            await hold.waitForArrivals()
        }
        bench.ref.cast(.note("1"))
        #expect(await ending { try await bench.ref.call { $0.note("late") } } == "overloaded: 3")
        for call in calls {
            call.cancel()
            #expect(await ending(of: call) == "cancelled")
        }
        bench.ref.cast(.note("2"))
        bench.ref.cast(.note("3"))
        #expect(await ending { try await bench.ref.call { $0.note("late") } } == "overloaded: 3")
        hold.open()
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["1", "2", "3"])
        try await bench.stop(tree)
    }

    @Test("S17 calls that were given up make room also after they went back behind an interrupted letter")
    func givenUpAndPutBack() async throws {
        let tree = try await start(limit: 2, .reject)
        let hold = HoldPoint()
        let first = await bench.hangingDesk()
        // An interrupted call puts what is behind it in its batch back into the mailbox.
        let interrupted = await bench.queued { ref in try await ref.call { _ async in await hold.hold() } }
        let behind = await bench.queued(2) { try await $0.call { $0.note("never") } }
        first.open()
        await hold.waitForArrivals()
        behind.cancel()
        #expect(await ending(of: behind) == "cancelled")
        interrupted.cancel()
        #expect(await ending(of: interrupted) == "cancelled")
        let last = HoldPoint()
        bench.ref.hang(at: last)
        hold.open()
        await last.waitForArrivals()
        bench.ref.cast(.note("1"))
        bench.ref.cast(.note("2"))
        bench.ref.cast(.note("late"))
        last.open()
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["1", "2"])
        try await bench.stop(tree)
    }

    @Test("S17 the bound holds while the server is restarted, and for the next life")
    func restarting() async throws {
        let child = bench.desk(backoff: .constant(.seconds(10))).mailbox(limit: 2, overflow: .reject)
        let tree = try await bench.start(child)
        bench.ref.crash()
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; restarts in 10 s")
        await bench.clock.waitForSleepers(1)
        for number in 1...3 { bench.ref.cast(.note("\(number)")) }
        #expect(await ending { try await bench.ref.call { $0.notes } } == "overloaded: 2")
        bench.clock.advance(by: .seconds(10))
        await bench.waitForLife(2)
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["1", "2"])
        try await bench.stop(tree)
    }

    // MARK: Drop the oldest

    @Test("S17 dropOldest: the oldest letter makes room, and its caller is told", arguments: [true, false])
    func dropOldest(isTaken: Bool) async throws {
        let tree = try await start(limit: 3, .dropOldest)
        var call: Task<Void, any Error>?
        let letters = {
            call = await bench.queued { try await $0.call { $0.note("never") } }
            bench.ref.cast(.note("dropped"))
        }
        let hold: HoldPoint
        if isTaken {
            hold = await hang(with: letters)
        } else {
            hold = await bench.hangingDesk()
            await letters()
        }
        bench.ref.cast(.note("1"))
        bench.ref.cast(.note("2"))
        if let call { #expect(await ending(of: call) == "overloaded: 3") }
        try await bench.ref.send(.note("3"))
        #expect(try bench.place().depth == 3)
        hold.open()
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["1", "2", "3"])
        try await bench.stop(tree)
    }

    @Test("S17 dropOldest: its own letters stay, wherever they stand, and the oldest from outside goes")
    func dropOldestBehindOwn() async throws {
        let tree = try await start(limit: 3, .dropOldest)
        _ = try await bench.ref.call { $0.context?.send(.note("own"), after: .seconds(1)) }
        let hold = await hang {
            bench.clock.advance(by: .seconds(1))
            bench.ref.cast(.note("dropped"))
        }
        bench.ref.cast(.note("1"))
        bench.ref.cast(.note("2"))
        #expect(try bench.place().depth == 3)
        hold.open()
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["own", "1", "2"])
        try await bench.stop(tree)
    }

    @Test("S17 dropOldest: what was taken back from an interrupted drain comes once", arguments: [true, false])
    func takenBack(byGivingUp: Bool) async throws {
        let tree = try await start(limit: 3, .dropOldest)
        let first = await bench.hangingDesk()
        let hold = HoldPoint()
        let call = await bench.queued { ref in
            try await ref.call { desk async in
                await hold.hold()
                if !byGivingUp { desk.context?.continue(with: .note("continued")) }
            }
        }
        bench.ref.cast(.note("dropped"))
        bench.ref.cast(.note("1"))
        first.open()
        await hold.waitForArrivals()
        bench.ref.cast(.note("2"))
        bench.ref.cast(.note("3"))
        if byGivingUp { call.cancel() }
        hold.open()
        _ = await call.result
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == (byGivingUp ? [] : ["continued"]) + ["1", "2", "3"])
        try await bench.stop(tree)
    }

    @Test("S17 dropOldest: when all that waits is its own, there is nothing to drop, and who comes is told")
    func nothingToDrop() async throws {
        let tree = try await start(limit: 2, .dropOldest)
        try await bench.ref.call { desk in
            for number in 1...2 { desk.context?.send(.note("own \(number)"), after: .seconds(1)) }
        }
        let hold = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(1))
        #expect(await ending { try await bench.ref.call { $0.notes } } == "overloaded: 2")
        #expect(await ending { try await bench.ref.send(.note("late")) } == "overloaded: 2")
        hold.open()
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["own 1", "own 2"])
        try await bench.stop(tree)
    }

    @Test("S17 G17 a request of an operator is never what makes room", arguments: MailboxOverflow.allOfThem)
    func requestsStay(overflow: MailboxOverflow) async throws {
        let tree = try await start(limit: 1, overflow)
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        let first = await bench.queued { [bench] ref in
            // While this request runs, the other one has been taken by the drain and has not begun.
            try await ref.inspect { _ in bench.ref.cast(.note("2")) } as Void
        }
        let second = await bench.queued(2) { try await $0.inspect { _ in 7 } }
        hold.open()
        try await first.value
        #expect(await ending(of: second) == "7")
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == [overflow == .dropOldest ? "2" : "1"])
        try await bench.stop(tree)
    }

    // MARK: Its own messages

    @Test("S17 what a server sends to itself is always let in, and counts", arguments: MailboxOverflow.allOfThem)
    func ownMessages(overflow: MailboxOverflow) async throws {
        let tree = try await start(limit: 1, overflow)
        try await bench.ref.call { desk in
            desk.context?.send(.note("timer"), after: .seconds(1))
            desk.context?.send(.note("another"), after: .seconds(1))
        }
        let hold = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(1))
        #expect(try bench.place().depth == 2)
        bench.ref.cast(.note("late"))
        try bench.place().postUrgent(.note("continued"), from: 1)
        hold.open()
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["continued", "timer", "another"])
        try await bench.stop(tree)
    }

    // MARK: Suspend

    @Test("S17 suspend: callers and senders wait for room, in the order in which they came; a cast is dropped")
    func suspend() async throws {
        let tree = try await start(limit: 2, .suspend)
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        bench.ref.cast(.note("2"))
        var calls: [Task<Void, any Error>] = []
        for number in 3...8 {
            calls.append(
                await bench.queued(number - 2) { ref in
                    if number % 2 == 0 {
                        try await ref.call { $0.note("\(number)") }
                    } else {
                        try await ref.send(.note("\(number)"))
                    }
                }
            )
        }
        bench.ref.cast(.note("late"))
        #expect(try bench.place().depth == 2)
        hold.open()
        for call in calls { try await call.value }
        #expect(try await bench.ref.notes() == (1...8).map { "\($0)" })
        #expect(bench.clock.sleeperCount == 0)
        try await bench.stop(tree)
    }

    @Test("S17 suspend: a send on a server with room returns at once")
    func sendWithRoom() async throws {
        let tree = try await start(limit: 2, .suspend)
        let hold = await bench.hangingDesk()
        try await bench.ref.send(.note("1"))
        try await bench.ref.send(.note("2"))
        #expect(bench.clock.sleeperCount == 0)
        hold.open()
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["1", "2"])
        try await bench.stop(tree)
    }

    @Test("S16 S17 suspend: who waits for room has a deadline, and can be cancelled; its letter never comes in")
    func givingUpTheWait() async throws {
        let tree = try await start(limit: 1, .suspend)
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        let sender = await bench.queued(1) { try await $0.send(.note("never"), timeout: .seconds(3)) }
        let caller = await bench.queued(2) { try await $0.call(timeout: .seconds(3)) { $0.note("never") } }
        let cancelledSender = await bench.queued(3) { try await $0.send(.note("never")) }
        let cancelledCaller = await bench.queued(4) { try await $0.call { desk async in desk.note("never") } }
        let patient = await bench.queued(5) { try await $0.send(.note("2"), timeout: .seconds(60)) }
        bench.clock.advance(by: .seconds(3))
        #expect(await ending(of: sender) == "timed out after 3.0 seconds")
        #expect(await ending(of: caller) == "timed out after 3.0 seconds")
        cancelledSender.cancel()
        cancelledCaller.cancel()
        #expect(await ending(of: cancelledSender) == "cancelled")
        #expect(await ending(of: cancelledCaller) == "cancelled")
        hold.open()
        try await patient.value
        #expect(try await bench.ref.notes() == ["1", "2"])
        #expect(bench.clock.sleeperCount == 0)
        try await bench.stop(tree)
    }

    @Test("S16 S17 suspend: a sender that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        let tree = try await start(limit: 1, .suspend)
        let send = Task { [bench] in
            withUnsafeCurrentTask { $0?.cancel() }
            try await bench.ref.send(.note("never"))
        }
        #expect(await ending(of: send) == "cancelled")
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S16 S17 suspend: when a call that waits is given up, there is room, though the server hangs")
    func roomByGivingUp() async throws {
        let tree = try await start(limit: 2, .suspend)
        let hold = await bench.hangingDesk()
        let first = await bench.queued(1) { try await $0.call { $0.note("never") } }
        let second = await bench.queued(2) { try await $0.call { $0.note("never") } }
        let sender = await bench.queued(3) { try await $0.send(.note("1")) }
        let caller = await bench.queued(4) { try await $0.call { $0.note("2") } }
        first.cancel()
        #expect(await ending(of: first) == "cancelled")
        // It is in, and does not wait any more.
        try await sender.value
        second.cancel()
        #expect(await ending(of: second) == "cancelled")
        #expect(try bench.place().depth == 2)
        #expect(try bench.place().withState { $0.rareMail.suspended.count } == 0)
        hold.open()
        try await caller.value
        #expect(try await bench.ref.notes() == ["1", "2"])
        try await bench.stop(tree)
    }

    @Test("S17 suspend: a letter that is begun makes room at once, though the server hangs in it")
    func roomByBeginning() async throws {
        let tree = try await start(limit: 2, .suspend)
        let first = await bench.hangingDesk()
        let hold = HoldPoint()
        bench.ref.hang(at: hold)
        bench.ref.cast(.note("1"))
        let sender = await bench.queued(1) { try await $0.send(.note("2")) }
        let next = await bench.queued(2) { try await $0.send(.note("3")) }
        first.open()
        await hold.waitForArrivals()
        // The one that hangs does not count: there is room for one.
        try await sender.value
        #expect(try bench.place().depth == 2)
        #expect(bench.clock.sleeperCount == 1)
        hold.open()
        try await next.value
        #expect(try await bench.ref.notes() == ["1", "2", "3"])
        try await bench.stop(tree)
    }

    @Test("S17 suspend: those that gave up the wait do not pile up while a server hangs", arguments: [true, false])
    func noPile(isSender: Bool) async throws {
        let tree = try await start(limit: 1, .suspend)
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        for _ in 0..<500 {
            let waiting = await bench.queued { ref in
                if isSender { try await ref.send(.note("never")) } else { try await ref.call { $0.note("never") } }
            }
            waiting.cancel()
            #expect(await ending(of: waiting) == "cancelled")
        }
        #expect(try bench.place().withState { $0.rareMail.suspended.count } < 100)
        hold.open()
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["1"])
        try await bench.stop(tree)
    }

    @Test("S2 S17 suspend: who waits for room goes on waiting over a restart, behind what waits already")
    func suspendOverRestart() async throws {
        let tree = try await bench.start(
            bench.desk(backoff: .constant(.seconds(1))).mailbox(limit: 2, overflow: .suspend)
        )
        let hold = await bench.hangingDesk()
        bench.ref.crash()
        bench.ref.cast(.note("1"))
        let sender = await bench.queued(1) { try await $0.send(.note("2"), timeout: .seconds(60)) }
        let caller = await bench.queued(2) { try await $0.call(timeout: .seconds(60)) { $0.note("3") } }
        hold.open()
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; restarts in 1 s")
        // The message that crashed has made room for one.
        try await sender.value
        await bench.clock.waitForSleepers(2)
        let late = await bench.queued(3) { try await $0.send(.note("4"), timeout: .seconds(60)) }
        bench.clock.advance(by: .seconds(1))
        for task in [caller, late] { try await task.value }
        #expect(try await bench.ref.notes() == ["1", "2", "3", "4"])
        try await bench.stop(tree)
    }

    @Test("S2 S17 suspend: room that a waiting call leaves during a back-off goes to who waits for it")
    func roomDuringBackoff() async throws {
        let tree = try await bench.start(
            bench.desk(backoff: .constant(.seconds(30))).mailbox(limit: 1, overflow: .suspend)
        )
        bench.ref.crash()
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; restarts in 30 s")
        await bench.clock.waitForSleepers(1)
        let call = await bench.queued(2) { try await $0.call { $0.note("never") } }
        let sender = await bench.queued(3) { try await $0.send(.note("1")) }
        call.cancel()
        #expect(await ending(of: call) == "cancelled")
        try await sender.value
        bench.clock.advance(by: .seconds(30))
        await bench.waitForLife(2)
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["1"])
        try await bench.stop(tree)
    }

    @Test("S17 suspend: who comes while others wait for room waits behind them, though there is some")
    func behindOthers() async throws {
        let cleanUp = HoldPoint()
        let tree = try await bench.start(
            bench.desk(onTerminate: { desk, _ in
                if desk.context?.incarnation == 1 { await cleanUp.hold() }
            }).mailbox(limit: 1, overflow: .suspend)
        )
        bench.ref.crash()
        await cleanUp.waitForArrivals()
        // The time for the clean-up, and the call's.
        let call = await bench.queued(2) { try await $0.call { $0.note("never") } }
        let first = await bench.queued(3) { try await $0.send(.note("1")) }
        call.cancel()
        #expect(await ending(of: call) == "cancelled")
        // Nothing comes in while the incarnation ends, so its room is free, but not for one who comes later.
        let second = await bench.queued(3) { try await $0.send(.note("2")) }
        cleanUp.open()
        try await first.value
        try await second.value
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["1", "2"])
        try await bench.stop(tree)
    }

    @Test("S16 S17 a sender that has given up just before its message was let in has sent nothing")
    func givenUpJustBefore() async throws {
        let tree = try await start(limit: 1, .suspend)
        let sender = TimedWait(timeout: .seconds(5))
        sender.end(CancellationError())
        #expect(try bench.place().postByRules(.message(.note("never")), from: sender) == nil)
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S2 S17 suspend: when the child is not restarted, who waits for room is told at once")
    func suspendAndClose() async throws {
        let tree = try await bench.start(bench.desk().mailbox(limit: 1, overflow: .suspend))
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("never"))
        let sender = await bench.queued(1) { try await $0.send(.note("never")) }
        let caller = await bench.queued(2) { try await $0.call { $0.note("never") } }
        let termination = Task { try await tree.terminateChild("desk") }
        await bench.clock.waitForSleepers(4)
        hold.open()
        try await termination.value
        #expect(await ending(of: sender) == "exited: shutdown")
        #expect(await ending(of: caller) == "exited: shutdown")
        #expect(await ending { try await bench.ref.send(.note("never")) } == "not running: desk")
        #expect(bench.clock.sleeperCount == 0)
        try await bench.stop(tree)
    }

    @Test("S2 S17 suspend with discarded mail: who waits for room is told of the crash")
    func suspendAndDiscard() async throws {
        let tree = try await bench.start(
            bench.desk().mailbox(limit: 1, overflow: .suspend).mail(.discarded)
        )
        let hold = await bench.hangingDesk()
        bench.ref.crash()
        // The first gets the room of the message that crashes, and its own message goes with the others.
        let first = await bench.queued(1) { try await $0.send(.note("never")) }
        let sender = await bench.queued(2) { try await $0.send(.note("never")) }
        let caller = await bench.queued(3) { try await $0.call { $0.note("never") } }
        hold.open()
        try await first.value
        #expect(await ending(of: sender) == "exited: mishap")
        #expect(await ending(of: caller) == "exited: mishap")
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S12 S17 suspend: a server that waits for room in its own mailbox would wait for itself, and is told")
    func ownRoom() async throws {
        let tree = try await start(limit: 1, .suspend)
        bench.ref.cast(
            .run { desk, context in
                try await context.ref.send(.note("first"))
                desk.note(await ending { try await context.ref.send(.note("second")) })
            }
        )
        try await bench.waitForIdleness()
        #expect(try await bench.ref.notes() == ["call cycle: [\"app/desk\", \"app/desk\"]", "first"])
        try await bench.stop(tree)
    }

    // MARK: Elsewhere

    @Test("S17 a call on an idle server is served in place, whatever the bound")
    func inPlace() async throws {
        let tree = try await start(limit: 1, .reject)
        try await bench.waitForIdleness()
        for number in 1...3 { try await bench.ref.call { $0.note("\(number)") } }
        #expect(try bench.place().withState(\.work) == nil)
        #expect(bench.journal.lines == ["1", "2", "3"])
        try await bench.stop(tree)
    }

    @Test("S17 send on a plain server: its message comes in its turn; who is not there is told")
    func sendPlain() async throws {
        let tree = try await bench.start(bench.desk(restart: .transient))
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        try await bench.ref.send(.note("2"))
        bench.ref.cast(.note("3"))
        hold.open()
        #expect(try await bench.ref.notes() == ["1", "2", "3"])
        try await tree.terminateChild("desk")
        #expect(await ending { try await bench.ref.send(.note("late")) } == "not running: desk")
        let nobody = ServerRef(ServerName<Desk>("nobody"), in: bench.runtime)
        #expect(await ending { try await nobody.send(.note("late")) } == "not running: nobody")
        try await bench.stop(tree)
    }

    @Test("S17 a flood over a high limit costs no more for each letter than for the first", .timeLimit(.minutes(1)))
    func flood() async throws {
        let tree = try await start(limit: 200_000, .reject)
        let hold = await bench.hangingDesk()
        for _ in 0..<400_000 { bench.ref.cast(.run { _, _ in }) }
        #expect(try bench.place().depth == 200_000)
        hold.open()
        try await bench.waitForIdleness()
        try await bench.stop(tree)
    }
}

extension MailboxOverflow {
    static var allOfThem: [MailboxOverflow] { [.reject, .dropOldest, .suspend] }
}
