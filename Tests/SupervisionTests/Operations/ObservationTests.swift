import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Operations: statistics, log and trace")
struct ObservationTests {
    let bench = ServerBench()

    private func observed() throws -> ServerStatistics.Observed {
        try #require(try bench.ref.statistics().observed)
    }

    private var traces: [String] {
        bench.recorder.events.compactMap { ($0 as? ServerTraceEvent)?.description }
    }

    @Test("G17 the statistics of a server that nobody observes")
    func plain() async throws {
        let tree = try await bench.start(bench.desk(backoff: .constant(.seconds(10))))
        bench.clock.advance(by: .seconds(3))
        var statistics = try bench.ref.statistics()
        #expect(statistics.path == "app/desk")
        #expect("\(statistics.status)" == "running")
        #expect(statistics.mailboxDepth == 0)
        #expect(statistics.restarts == 0)
        #expect(statistics.uptime == .seconds(3))
        #expect(statistics.observed == nil)
        bench.ref.crash()
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; restarts in 10 s")
        await bench.clock.waitForSleepers(1)
        bench.ref.cast(.note("1"))
        statistics = try bench.ref.statistics()
        #expect("\(statistics.status)" == "restarting")
        #expect(statistics.uptime == nil)
        #expect(statistics.mailboxDepth == 1)
        bench.clock.advance(by: .seconds(10))
        await bench.waitForLife(2)
        try await bench.waitForIdleness()
        bench.clock.advance(by: .seconds(1))
        statistics = try bench.ref.statistics()
        #expect(statistics.restarts == 1)
        #expect(statistics.uptime == .seconds(1))
        try await bench.stop(tree)
    }

    @Test("G17 what was received and handled is counted to the message, calls, casts and its own alike")
    func counts() async throws {
        let tree = try await bench.start()
        try await bench.waitForIdleness()
        try bench.ref.observe()
        bench.clock.advance(by: .seconds(1))
        let hold = await bench.hangingDesk()  // 1
        let call = await bench.queued { try await $0.call { _ in 1 } }  // 2
        bench.ref.cast(
            .run { _, context in  // 3
                context.continue(with: .note("continued"))  // 4
                context.task({}) { _ in .note("task") }  // 5
                context.send(.note("timer"), after: .seconds(1))  // 6
                context.idleTimeout(.seconds(7), .note("idle"))
            }
        )
        bench.clock.advance(by: .seconds(2))
        hold.open()
        _ = try await call.value
        try await bench.waitForIdleness()
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(1))
        try await bench.waitForIdleness()
        try await bench.ref.call { $0.context?.idleTimeout(.seconds(7), .note("idle")) }  // 7
        try await bench.waitForIdleness()
        bench.clock.advance(by: .seconds(7))  // 8
        try await bench.waitForIdleness()
        let counts = try observed()
        #expect(bench.journal.lines == ["continued", "task", "timer", "idle"])
        #expect(counts.received == 8)
        #expect(counts.handled == 8)
        #expect(counts.refused == 0)
        #expect(counts.failed == 0)
        #expect(counts.timeInHandlers == .seconds(2))
        #expect(counts.time == .seconds(11))
        #expect(counts.highWater == 2)
        try await bench.stop(tree)
    }

    @Test("G17 the highest depth counts what waits, not what is handled", arguments: [1, 5])
    func highWater(count: Int) async throws {
        let tree = try await bench.start()
        try bench.ref.observe()
        try await bench.ref.call { desk in
            for _ in 0..<count { desk.context?.send(.note("timer"), after: .seconds(1)) }
        }
        let hold = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(1))
        #expect(try observed().highWater == count)
        hold.open()
        try await bench.waitForIdleness()
        #expect(try observed().highWater == count)
        try await bench.stop(tree)
    }

    @Test("G17 requests of operators, and calls that were given up before their turn, are not handled messages")
    func notCounted() async throws {
        let tree = try await bench.start()
        try bench.ref.observe()
        _ = try await bench.ref.inspect { $0.notes }
        try await bench.ref.suspend()
        try bench.ref.resume()
        let hold = await bench.hangingDesk()
        let call = await bench.queued { try await $0.call { $0.note("never") } }
        call.cancel()
        #expect(await ending(of: call) == "cancelled")
        hold.open()
        try await bench.waitForIdleness()
        let counts = try observed()
        #expect(counts.received == 2)
        #expect(counts.handled == 1)
        #expect(try bench.ref.messageLog().count == 1)
        try await bench.stop(tree)
    }

    @Test("G17 S17 letters that were turned away, or had to make room, are counted as refused")
    func refused() async throws {
        let tree = try await bench.start(bench.desk().mailbox(limit: 1, overflow: .dropOldest))
        try bench.ref.observe()
        let hold = await bench.hangingDesk()
        for number in 1...3 { bench.ref.cast(.note("\(number)")) }
        #expect(try observed().received == 4)
        #expect(try observed().refused == 2)
        hold.open()
        try await bench.waitForIdleness()
        #expect(try observed().handled == 2)
        try await bench.stop(tree)
    }

    @Test("G17 S17 who waits for room has come in, and is not refused", arguments: MailboxOverflow.allOfThem)
    func waitingForRoom(overflow: MailboxOverflow) async throws {
        let tree = try await bench.start(bench.desk().mailbox(limit: 1, overflow: overflow))
        try bench.ref.observe()
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        let send = Task { [bench] in try await bench.ref.send(.note("2")) }
        if overflow == .suspend { await bench.clock.waitForSleepers(1) } else { _ = await send.result }
        hold.open()
        _ = await send.result
        try await bench.waitForIdleness()
        let counts = try observed()
        #expect(counts.received == (overflow == .reject ? 2 : 3))
        #expect(counts.refused == (overflow == .suspend ? 0 : 1))
        #expect(counts.handled == (overflow == .suspend ? 3 : 2))
        try await bench.stop(tree)
    }

    @Test("G17 observation goes on over a restart, and counts what ended the incarnation")
    func overRestart() async throws {
        let tree = try await bench.start()
        try bench.ref.observe(trace: true)
        bench.ref.cast(.note("1"))
        bench.ref.crash()
        await bench.waitForLife(2)
        bench.ref.cast(.note("2"))
        try await bench.waitForIdleness()
        let counts = try observed()
        #expect(counts.received == 3)
        #expect(counts.handled == 3)
        #expect(counts.failed == 1)
        #expect(try bench.ref.messageLog().map(\.endedServer) == [false, true, false])
        #expect(traces.count == 6)
        #expect(traces[3] == "app/desk was ended by cast Message after 0 s")
        try await bench.stop(tree)
    }

    @Test("G17 the log keeps the last messages, ten if nothing else is said, the oldest first")
    func log() async throws {
        let tree = try await bench.start()
        #expect(try bench.ref.messageLog().isEmpty)
        try bench.ref.observe()
        for _ in 1...9 { bench.ref.cast(.note("")) }
        bench.clock.advance(by: .seconds(1))
        _ = try await bench.ref.call { _ in 1 }
        _ = try await bench.ref.call { _ async in "" }
        let hold = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(2))
        hold.open()
        try await bench.waitForIdleness()
        let log = try bench.ref.messageLog()
        #expect(log.count == 10)
        #expect(log.map(\.description).suffix(3) == ["call for Int, 0 s", "call for String, 0 s", "cast Message, 2 s"])
        #expect(log.last?.at == .seconds(1))
        #expect(log.last?.took == .seconds(2))
        try bench.ref.observe(log: 2)
        #expect(try bench.ref.messageLog().isEmpty)
        for number in 1...3 { _ = try await bench.ref.call { _ in number } }
        #expect(try bench.ref.messageLog().count == 2)
        for size in [0, -1] {
            try bench.ref.observe(log: size)
            _ = try await bench.ref.call { _ in 1 }
            #expect(try bench.ref.messageLog().isEmpty)
            #expect(try observed().handled == 1)
        }
        try await bench.stop(tree)
    }

    @Test("G17 a trace tells each message as it begins and as it ends, at debug level")
    func trace() async throws {
        let tree = try await bench.start()
        try bench.ref.observe(log: 0, trace: true)
        let hold = await bench.hangingDesk()
        #expect(traces == ["app/desk begins cast Message"])
        bench.clock.advance(by: .seconds(3))
        hold.open()
        _ = try await bench.ref.call { _ in 1 }
        try await bench.waitForIdleness()
        #expect(
            traces == [
                "app/desk begins cast Message", "app/desk has handled cast Message in 3 s",
                "app/desk begins call for Int", "app/desk has handled call for Int in 0 s",
            ]
        )
        #expect(bench.recorder.events.compactMap { $0 as? ServerTraceEvent }.allSatisfy { $0.level == .debug })
        try bench.ref.stopObserving()
        bench.ref.cast(.note("untold"))
        try await bench.waitForIdleness()
        #expect(traces.count == 4)
        try await bench.stop(tree)
    }

    @Test("S13 G17 neither log nor trace nor event tells what a message says, or what the server knows")
    func hidesData() async throws {
        let secret = "secret-4711"
        let child = bench.desk().mailbox(limit: 2).watchdog(.seconds(60)).drain(for: .seconds(5))
        let tree = try await bench.start(child)
        try bench.ref.observe(trace: true)
        let hold = await bench.hangingDesk()
        for _ in 1...3 { bench.ref.cast(.note(secret)) }
        hold.open()
        try await bench.waitForIdleness()
        _ = try await bench.ref.call { _ in secret }
        _ = await ending { try await bench.ref.call { _ in throw Mishap(secret) } }
        try await bench.ref.call { desk in
            desk.context?.send(.note(secret), after: .seconds(1))
            desk.context?.task({ secret }) { _ in .note(secret) }
        }
        bench.clock.advance(by: .seconds(1))
        try await bench.waitForIdleness()
        let stuck = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(65))
        await bench.waitForLife(2)
        stuck.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        _ = try await bench.ref.call { _ in secret }
        #expect(bench.journal.lines.contains(secret))
        var told = ""
        for event in bench.recorder.events { dump(event, to: &told) }
        dump(try bench.ref.messageLog(), to: &told)
        dump(try bench.ref.statistics(), to: &told)
        #expect(told.contains("call for String"))
        #expect(!told.contains(secret))
        try await bench.stop(tree)
    }

    @Test("G17 observing ends calls in place, and stopping it brings them back")
    func inPlace() async throws {
        let tree = try await bench.start()
        try await bench.waitForIdleness()
        #expect(try bench.isGateOpen())
        try bench.ref.observe()
        #expect(try !bench.isGateOpen())
        try bench.ref.stopObserving()
        #expect(try bench.isGateOpen())
        // In the middle of a visit: from the next message on.
        let place = try bench.place()
        try await bench.ref.call { _ in try ServerRef(place: place).observe() }
        _ = try await bench.ref.call { _ in 1 }
        #expect(try observed().handled == 1)
        try await bench.stop(tree)
    }

    @Test("G17 what only looks at the mailbox does not wait for a hung or a suspended server")
    func hung() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        try bench.ref.observe()
        bench.ref.cast(.note("2"))
        #expect(try bench.ref.statistics().mailboxDepth == 2)
        #expect(try observed().received == 1)
        #expect(try bench.ref.messageLog().isEmpty)
        try bench.ref.stopObserving()
        #expect(try bench.ref.statistics().observed == nil)
        hold.open()
        try await bench.ref.suspend()
        #expect(try bench.ref.statistics().isSuspended)
        try await bench.stop(tree)
    }

    @Test("G17 a server that is down can be asked, and observed from its next start on")
    func down() async throws {
        let tree = try await bench.start(bench.desk(restart: .transient))
        let ref = try #require(try await bench.ref.call { $0.context?.ref })
        try await tree.terminateChild("desk")
        #expect("\(try ref.statistics().status)" == "stopped (shutdown)")
        #expect(try ref.statistics().uptime == nil)
        try ref.observe()
        try await tree.restartChild("desk")
        bench.ref.cast(.note("1"))
        try await bench.waitForIdleness()
        #expect(try observed().handled == 1)
        try await bench.stop(tree)
    }

    @Test("G17 a supervisor can be observed and suspended like any server")
    func supervisor() async throws {
        let tree = try await bench.start()
        try tree.observe()
        bench.ref.crash()
        await bench.waitForLife(2)
        _ = try await tree.counts()
        let statistics = try tree.statistics()
        #expect(statistics.path == "app")
        // The crash, the start, and the question.
        #expect(statistics.observed?.handled == 3)
        #expect(statistics.observed?.received == 3)
        try await bench.stop(tree)
    }
}
