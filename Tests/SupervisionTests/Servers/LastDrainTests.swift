import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: the last drain before a stop")
struct LastDrainTests {
    let bench = ServerBench()
    let owed = LateReply()
    let hold = HoldPoint()

    /// A call that the server will answer later. It waits as the `number`th of those that do.
    private func owedCall(_ number: Int = 1) async -> Task<Int, any Error> {
        let task = Task { [bench, owed] in
            try await bench.ref.call(timeout: .seconds(600)) { (_: isolated Desk, reply: Reply<Int>) in
                owed.keep(reply)
            }
        }
        await owed.waitForReply()
        await bench.clock.waitForSleepers(number)
        return task
    }

    /// Asks for the server's stop, and returns when `number` deadlines wait: its own for one, and that of the drain.
    private func terminate(_ tree: ServerRef<Supervisor>, _ number: Int) async -> Task<Void, any Error> {
        let task = Task { try await tree.terminateChild("desk") }
        await bench.clock.waitForSleepers(number)
        return task
    }

    @Test("S14 what is queued is served in order, then it stops; what comes later is told that it is shutting down")
    func served() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let point = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        let call = await bench.queued { try await $0.call { $0.note("2") } }
        bench.ref.cast(.note("3"))
        let termination = await terminate(tree, 3)
        #expect(await ending { try await bench.ref.call { $0.note("late") } } == "shutting down")
        #expect(await ending { try await bench.ref.call { desk async in desk.note("late") } } == "shutting down")
        #expect(await ending { try await bench.ref.send(.note("late")) } == "shutting down")
        bench.ref.cast(.note("late"))
        point.open()
        try await termination.value
        try await call.value
        #expect(bench.journal.lines == ["1", "2", "3", "terminate: shutdown"])
        #expect(await ending { try await bench.ref.call { $0.note("late") } } == "not running: desk")
        #expect(bench.events == ["started", "stopped"])
        try await bench.stop(tree)
    }

    @Test("S14 the message in work is not cancelled by the drain")
    func notCancelled() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let call = await bench.queued(2) { ref in
            try await ref.call(timeout: .seconds(60)) { _ async throws in
                try await Runtime.current.sleep(for: .seconds(10))
                return Task.isCancelled
            }
        }
        let termination = await terminate(tree, 4)
        bench.clock.advance(by: .seconds(10))
        #expect(try await call.value == false)
        try await termination.value
        try await bench.stop(tree)
    }

    @Test("S14 G8 what a server has given itself in its start is served, also when it is stopped right after that")
    func stoppedRightAfterItsStart() async throws {
        for _ in 0..<100 {
            let journal = LifeJournal()
            let tree = try await DynamicSupervisor().start(as: "app", in: bench.runtime)
            for _ in 0..<2 {
                _ = try await tree.startChild(Child("starter") { Starter(journal) }.drain(for: .seconds(20)))
            }
            try await tree.stop()
            #expect(journal.lines == ["served", "served"])
        }
    }

    @Test("S14 an idle server has nothing to serve, and stops at once")
    func idle() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        try await bench.waitForIdleness()
        try await tree.terminateChild("desk")
        #expect(bench.journal.lines == ["terminate: shutdown"])
        try await bench.stop(tree)
    }

    @Test("S14 when the drain time is over it is asked to stop, and has its shutdown time from then")
    func overTime() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let point = await bench.hangingDesk()
        let call = await bench.queued { try await $0.call(timeout: .seconds(600)) { $0.note("never") } }
        let termination = await terminate(tree, 3)
        bench.clock.advance(by: .nanoseconds(19_999_999_999))
        #expect(try bench.place().withState(\.exit) == nil)
        bench.clock.advance(by: .nanoseconds(1))
        #expect(try bench.place().withState(\.exit) != nil)
        bench.clock.advance(by: .nanoseconds(4_999_999_999))
        #expect("\(bench.ref.status)" == "running")
        bench.clock.advance(by: .nanoseconds(1))
        try await termination.value
        #expect(await ending(of: call) == "exited: unstoppable")
        #expect(bench.events[1].hasPrefix("did not stop within 5 s"))
        point.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        #expect(bench.journal.lines.isEmpty)
        try await bench.stop(tree)
    }

    @Test("S14 R52 a child that is to be killed is killed when the drain time is over")
    func killed() async throws {
        let tree = try await bench.start(bench.farewellDesk(shutdown: .brutalKill).drain(for: .seconds(20)))
        let point = await bench.hangingDesk()
        let termination = await terminate(tree, 2)
        bench.clock.advance(by: .seconds(20))
        #expect(try !bench.place().isOccupied)
        point.open()
        try await termination.value
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        #expect(bench.journal.lines.isEmpty)
        try await bench.stop(tree)
    }

    @Test("S14 S3 a clean-up that hangs after the drain is given up, and the event says how long it was asked")
    func hungCleanUp() async throws {
        let tree = try await bench.start(
            bench.desk(onTerminate: { [hold] _, _ in await hold.hold() }).drain(for: .seconds(20))
        )
        let point = await bench.hangingDesk()
        let termination = await terminate(tree, 2)
        bench.clock.advance(by: .seconds(3))
        point.open()
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(5))
        try await termination.value
        #expect(bench.events[1].hasPrefix("did not stop within 5 s"))
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        try await bench.stop(tree)
    }

    @Test("S14 G7 an answer that the server owes is waited for, and its clean-up comes after it")
    func owedAnswer() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let call = await owedCall()
        try await bench.waitForIdleness()
        let termination = await terminate(tree, 3)
        #expect(await ending { try await bench.ref.call { $0.note("late") } } == "shutting down")
        #expect(bench.journal.lines.isEmpty)
        owed.answer(7)
        #expect(try await call.value == 7)
        try await termination.value
        #expect(bench.journal.lines == ["terminate: shutdown"])
        try await bench.stop(tree)
    }

    @Test("S14 an answer that does not come within the drain time fails with the end")
    func owedTooLong() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let call = await owedCall()
        let termination = await terminate(tree, 3)
        bench.clock.advance(by: .seconds(20))
        try await termination.value
        #expect(await ending(of: call) == "exited: shutdown")
        try await bench.stop(tree)
    }

    @Test("S14 a caller that gives up its call is not waited for any longer")
    func owedAndGivenUp() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let call = await owedCall()
        try await bench.waitForIdleness()
        let termination = await terminate(tree, 3)
        call.cancel()
        try await termination.value
        #expect(await ending(of: call) == "cancelled")
        try await bench.stop(tree)
    }

    @Test("S14 timers and tasks of its own still reach it, and can give what it owes")
    func ownMessages() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let call = await owedCall()
        try await bench.ref.call { [owed] desk in
            guard let context = desk.context else { return }
            context.send(
                .run { desk, context in
                    desk.note("timer")
                    context.task({ 3 }) { result in
                        .run { desk, _ in
                            desk.note("task")
                            owed.answer((try? result.get()) ?? 0)
                        }
                    }
                },
                after: .seconds(4)
            )
        }
        try await bench.waitForIdleness()
        let termination = await terminate(tree, 4)
        bench.clock.advance(by: .seconds(4))
        #expect(try await call.value == 3)
        try await termination.value
        #expect(bench.journal.lines == ["timer", "task", "terminate: shutdown"])
        try await bench.stop(tree)
    }

    @Test("S14 G17 a suspended server serves when it is resumed")
    func suspended() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        try await bench.ref.suspend()
        bench.ref.cast(.note("1"))
        try await bench.waitForIdleness()
        let termination = await terminate(tree, 2)
        #expect(bench.journal.lines.isEmpty)
        try bench.ref.resume()
        try await termination.value
        #expect(bench.journal.lines == ["1", "terminate: shutdown"])
        try await bench.stop(tree)
    }

    @Test("S14 G17 a suspended server that nobody resumes stops when the drain time is over; with no mail at once")
    func suspendedForGood() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        try await bench.ref.suspend()
        bench.ref.cast(.note("never"))
        try await bench.waitForIdleness()
        let termination = await terminate(tree, 2)
        bench.clock.advance(by: .seconds(20))
        try await termination.value
        #expect(bench.journal.take() == ["terminate: shutdown"])
        try await tree.restartChild("desk")
        try await bench.ref.suspend()
        try await tree.terminateChild("desk")
        #expect(bench.journal.lines == ["terminate: shutdown"])
        try await bench.stop(tree)
    }

    @Test("S14 R53 a crash while it drains is told, and what waits fails with it")
    func crash() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let point = await bench.hangingDesk()
        bench.ref.crash("clumsy")
        let call = await bench.queued { try await $0.call { $0.note("never") } }
        let termination = await terminate(tree, 3)
        point.open()
        try await termination.value
        #expect(await ending(of: call) == "exited: clumsy")
        #expect(bench.events[1] == "ended badly while it was being stopped: clumsy")
        try await tree.restartChild("desk")
        // The next life takes calls again.
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S14 a visitor in place and what it sends before the stop are served; what it sends after is refused")
    func visitor() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        try await bench.waitForIdleness()
        let place = try bench.place()
        let value = try await bench.ref.call { [bench] desk in
            bench.ref.cast(.note("before"))
            place.stop(.shutdown, now: place.runtime.now)?.spawn()
            bench.ref.cast(.note("after"))
            return 5
        }
        #expect(value == 5)
        await bench.waitForLife(2)
        #expect(bench.journal.lines == ["before", "terminate: shutdown"])
        try await bench.stop(tree)
    }

    @Test("S14 a second request to stop cuts the drain short; stop and exit do without one")
    func cutShort() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        var point = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        let place = try bench.place()
        place.stop(.shutdown, now: place.runtime.now)?.spawn()
        place.stop(.shutdown, now: place.runtime.now)?.spawn()
        point.open()
        await bench.waitForLife(2)
        // Kept, because the supervisor has not asked for it.
        _ = try await bench.ref.notes()
        #expect(bench.journal.take() == ["terminate: shutdown", "1"])
        point = await bench.hangingDesk()
        bench.ref.cast(.note("2"))
        let stop = Task { [bench] in try await bench.ref.stop() }
        await bench.clock.waitForSleepers(1)
        point.open()
        try await stop.value
        #expect(bench.journal.lines.first == "terminate: normal")
        await bench.waitForLife(3)
        try await bench.stop(tree)
    }

    @Test("S14 R41 siblings that are stopped with their group drain, too, and take calls again when they are back")
    func group() async throws {
        let desk = bench.farewellDesk().drain(for: .seconds(20))
        let tree = try await Supervisor(strategy: .oneForAll) {
            // No shutdown time, so that the one deadline is that of the drain.
            Child(.a, shutdown: .infinity) { Notes() }
            desk
        }.start(in: bench.runtime)
        let point = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        ServerRef(.a, in: bench.runtime).cast(.crash)
        await bench.clock.waitForSleepers(1)
        #expect(await ending { try await bench.ref.call { $0.note("late") } } == "shutting down")
        point.open()
        await bench.waitForLife(2)
        #expect(bench.journal.lines == ["1", "terminate: shutdown"])
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S14 S17 senders that wait for room come in while it drains")
    func waitingSenders() async throws {
        let tree = try await bench.start(
            bench.farewellDesk().drain(for: .seconds(20)).mailbox(limit: 1, overflow: .suspend)
        )
        let point = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        let sender = await bench.queued(1) { try await $0.send(.note("2")) }
        let caller = await bench.queued(2) { try await $0.call { $0.note("3") } }
        let termination = await terminate(tree, 4)
        point.open()
        try await sender.value
        try await caller.value
        try await termination.value
        #expect(bench.journal.lines == ["1", "2", "3", "terminate: shutdown"])
        try await bench.stop(tree)
    }

    @Test("S14 R50 when a tree stops, each child drains in its turn")
    func wholeTree() async throws {
        let hold = hold
        let last = Child("last") { [bench] in
            Desk(
                bench.journal,
                onStart: { _, context in
                    context.ref.cast(.run { _, _ in await hold.hold() })
                    context.ref.cast(.run { desk, _ in desk.note("last serves") })
                }
            ) { desk, _ in desk.note("last stops") }
        }
        let desk = bench.farewellDesk().drain(for: .seconds(20))
        let tree = try await Supervisor {
            desk
            last.drain(for: .seconds(20))
        }.start(in: bench.runtime)
        await hold.waitForArrivals()
        let point = await bench.hangingDesk()
        bench.ref.cast(.note("desk serves"))
        let stop = Task { try await tree.stop(.shutdown) }
        await bench.clock.waitForSleepers(1)
        // The first child is not asked yet, and takes messages.
        bench.ref.cast(.note("desk still serves"))
        hold.open()
        await bench.recorder.waitFor(line: "app/last stopped")
        await bench.clock.waitForSleepers(1)
        point.open()
        try await stop.value
        let expected = ["last serves", "last stops", "desk serves", "desk still serves", "terminate: shutdown"]
        #expect(bench.journal.lines == expected)
    }
}

/// A server that gives itself something to do in its start.
private actor Starter: GenServer {
    enum Message: Sendable { case served }

    private let journal: LifeJournal

    init(_ journal: LifeJournal) {
        self.journal = journal
    }

    func started(_ context: ServerContext<Starter>) {
        context.continue(with: .served)
    }

    func handle(_ message: Message, _ context: ServerContext<Starter>) {
        journal.note("\(message)")
    }
}
