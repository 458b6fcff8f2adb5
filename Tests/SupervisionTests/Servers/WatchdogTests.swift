import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: the watchdog")
struct WatchdogTests {
    let bench = ServerBench()
    private let crash = "crashed: \(ServerError.messageTimedOut(after: .seconds(10))); restarts now"

    private func start(_ child: Child? = nil) async throws -> ServerRef<Supervisor> {
        try await bench.start((child ?? bench.farewellDesk()).watchdog(.seconds(10)))
    }

    /// A message that heeds its cancellation, and would take very long.
    private func sleep() async {
        bench.ref.cast(.run { _, _ in try await Runtime.current.sleep(for: .seconds(1_000)) })
        // The watchdog, and the sleep.
        await bench.clock.waitForSleepers(2)
    }

    @Test("S10 a message that takes too long is cancelled, and is a crash with messageTimedOut")
    func heeded() async throws {
        let tree = try await start()
        await sleep()
        bench.ref.cast(.note("kept"))
        bench.clock.advance(by: .nanoseconds(9_999_999_999))
        #expect(bench.clock.sleeperCount == 2)
        bench.clock.advance(by: .nanoseconds(1))
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes() == ["kept"])
        #expect(bench.journal.lines.first == "terminate: \(ServerError.messageTimedOut(after: .seconds(10)))")
        #expect(bench.events == ["started", crash, "restarted, life 2"])
        let report = bench.recorder.events.compactMap { ($0 as? SupervisionEvent)?.crash }.first
        #expect(report?.message == "cast Message")
        #expect(bench.clock.sleeperCount == 0)
        try await bench.stop(tree)
    }

    @Test("S10 what a message throws after its time was over does not hide that it was")
    func throwsOtherwise() async throws {
        let tree = try await start()
        bench.ref.cast(
            .run { _, _ in
                do { try await Runtime.current.sleep(for: .seconds(1_000)) } catch { throw Mishap("clumsy") }
            }
        )
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(10))
        await bench.waitForLife(2)
        #expect(bench.events == ["started", crash, "restarted, life 2"])
        try await bench.stop(tree)
    }

    @Test("S10 S3 one that does not heed its cancellation is given up after the shutdown time, and restarted")
    func deaf() async throws {
        let tree = try await start()
        let hold = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(10))
        #expect(bench.clock.sleeperCount == 1)
        bench.clock.advance(by: .seconds(5))
        await bench.waitForLife(2)
        #expect(bench.events[1].hasPrefix("did not stop within 5 s"))
        #expect(bench.events[2] == crash)
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        #expect(bench.journal.lines.isEmpty)
        try await bench.stop(tree)
    }

    @Test("S10 each message has the whole time, and leaves no deadline behind")
    func eachAnew() async throws {
        let tree = try await start()
        for number in 1...5 {
            let hold = await bench.hangingDesk()
            bench.ref.cast(.note("\(number)"))
            bench.clock.advance(by: .seconds(9))
            hold.open()
            try await bench.waitForIdleness()
            #expect(bench.clock.sleeperCount == 0)
        }
        #expect(bench.journal.lines == ["1", "2", "3", "4", "5"])
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S10 a watchdog that is told too late, of a message or a life that is over, ends nothing")
    func stale() async throws {
        let tree = try await start()
        _ = try await bench.ref.notes()
        // The message that runs is the second one, whose watchdog has not gone off.
        try await bench.ref.call { [bench] _ in
            let place = try bench.place()
            place.deadlinePassed(tag: PlaceDeadline.watchdog.tag(1, message: 1))
            place.deadlinePassed(tag: PlaceDeadline.watchdog.tag(0, message: 2))
            place.deadlinePassed(tag: PlaceDeadline.watchdog.tag(2, message: 2))
            place.deadlinePassed(tag: PlaceDeadline.watchdog.tag(1, message: 0))
        }
        try bench.place().deadlinePassed(tag: PlaceDeadline.watchdog.tag(1, message: 2))
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.events == ["started"])
        // And one that comes in time does, also when the message is about to return.
        let call = Task { [bench] in
            try await bench.ref.call { _ in
                try bench.place().deadlinePassed(tag: PlaceDeadline.watchdog.tag(1, message: 4))
                return 4
            }
        }
        #expect(await ending(of: call) == "4")
        await bench.waitForLife(2)
        #expect(bench.events == ["started", crash, "restarted, life 2"])
        try await bench.stop(tree)
    }

    @Test("S10 no call of a watched server runs in place, so that all are watched")
    func nothingInPlace() async throws {
        let tree = try await start()
        try await bench.waitForIdleness()
        #expect(try !bench.isGateOpen())
        let call = await bench.queued(3) { ref in
            try await ref.call(timeout: .seconds(60)) { _ async throws in
                try await Runtime.current.sleep(for: .seconds(1_000))
            }
        }
        bench.clock.advance(by: .seconds(10))
        let error = ServerError.messageTimedOut(after: .seconds(10))
        #expect(await ending(of: call) == "exited: \(error)")
        await bench.waitForLife(2)
        #expect(bench.clock.sleeperCount == 0)
        try await bench.stop(tree)
    }

    @Test("S10 the caller of a call that is given up is told of the watchdog")
    func deafCall() async throws {
        let tree = try await start()
        let hold = HoldPoint()
        let call = await bench.queued(1) { ref in
            try await ref.call(timeout: .seconds(60)) { _ async in await hold.hold() }
        }
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(15))
        let error = ServerError.messageTimedOut(after: .seconds(10))
        #expect(await ending(of: call) == "exited: \(error)")
        await bench.waitForLife(2)
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        try await bench.stop(tree)
    }

    @Test("S10 S16 a message that its caller's deadline has ended is no matter for the watchdog")
    func callersDeadline() async throws {
        let tree = try await start()
        let call = await bench.queued(3) { ref in
            try await ref.call(timeout: .seconds(3)) { _ async throws in
                try await Runtime.current.sleep(for: .seconds(1_000))
            }
        }
        bench.clock.advance(by: .seconds(3))
        #expect(await ending(of: call) == "timed out after 3.0 seconds")
        _ = try await bench.ref.notes()
        bench.clock.advance(by: .seconds(20))
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S1 S10 the return of a message that was given up does not disarm the watchdog of the next life")
    func strayReturns() async throws {
        let tree = try await start()
        let first = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(15))
        await bench.waitForLife(2)
        let second = await bench.hangingDesk()
        first.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        bench.clock.advance(by: .seconds(10))
        #expect(bench.clock.sleeperCount == 1)
        if bench.clock.sleeperCount == 1 {
            bench.clock.advance(by: .seconds(5))
            await bench.waitForLife(3)
        }
        second.open()
        try await bench.stop(tree)
    }

    @Test("S10 timers, tasks and what the server continues with are watched, too", arguments: ["timer", "continue"])
    func ownMessages(kind: String) async throws {
        let tree = try await start()
        let hold = HoldPoint()
        bench.ref.cast(
            .run { _, context in
                let message = Desk.Message.run { _, _ in
                    await hold.hold()
                    try Task.checkCancellation()
                }
                if kind == "timer" { context.send(message, after: .zero) } else { context.continue(with: message) }
            }
        )
        if kind == "timer" {
            await bench.clock.waitForSleepers(1)
            try await bench.waitForIdleness()
            bench.clock.advance(by: .zero)
        }
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(10))
        hold.open()
        await bench.waitForLife(2)
        #expect(bench.events[1] == crash)
        try await bench.stop(tree)
    }

    @Test("S10 S14 it bites during the last drain as well")
    func lastDrain() async throws {
        let tree = try await start(bench.farewellDesk().drain(for: .seconds(60)))
        await sleep()
        let termination = Task { try await tree.terminateChild("desk") }
        await bench.clock.waitForSleepers(4)
        bench.clock.advance(by: .seconds(10))
        try await termination.value
        let error = ServerError.messageTimedOut(after: .seconds(10))
        #expect(bench.events[1] == "ended badly while it was being stopped: \(error)")
        try await bench.stop(tree)
    }

    @Test("S10 R52 with brutalKill the message is given up at once")
    func brutalKill() async throws {
        let tree = try await start(bench.farewellDesk(shutdown: .brutalKill))
        let hold = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(10))
        await bench.waitForLife(2)
        #expect(bench.events.contains(crash))
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        #expect(bench.journal.lines.isEmpty)
        try await bench.stop(tree)
    }

    @Test("S10 a server that was asked to stop meanwhile was stopped, and not timed out")
    func stopFirst() async throws {
        let tree = try await start(bench.farewellDesk(shutdown: .timeout(.seconds(30))))
        let hold = await bench.hangingDesk()
        let termination = Task { try await tree.terminateChild("desk") }
        await bench.clock.waitForSleepers(3)
        bench.clock.advance(by: .seconds(10))
        hold.open()
        try await termination.value
        #expect(bench.journal.lines == ["terminate: shutdown"])
        #expect(bench.events == ["started", "stopped"])
        try await bench.stop(tree)
    }
}
