import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Operations: suspend, resume, inspect")
struct SuspendTests {
    let bench = ServerBench()

    @Test("G17 a suspended server handles nothing until it is resumed, and then everything, in order")
    func suspendAndResume() async throws {
        let tree = try await bench.start()
        try await bench.ref.suspend()
        bench.ref.cast(.note("1"))
        let call = await bench.queued(1) { try await $0.call { $0.note("2") } }
        let asynchronous = await bench.queued(2) { try await $0.call { desk async in desk.note("3") } }
        bench.ref.cast(.note("4"))
        #expect(try await bench.ref.inspect { $0.notes } == [])
        #expect(try bench.ref.statistics().isSuspended)
        #expect(try bench.ref.statistics().mailboxDepth == 4)
        try bench.ref.resume()
        try await call.value
        try await asynchronous.value
        #expect(try await bench.ref.notes() == ["1", "2", "3", "4"])
        #expect(try !bench.ref.statistics().isSuspended)
        #expect(bench.clock.sleeperCount == 0)
        try await bench.stop(tree)
    }

    @Test("G17 S16 a call that waits for a suspended server keeps its own deadline")
    func deadline() async throws {
        let tree = try await bench.start()
        try await bench.ref.suspend()
        let call = await bench.queued { try await $0.call { $0.note("never") } }
        bench.clock.advance(by: .seconds(5))
        #expect(await ending(of: call) == "timed out after 5.0 seconds")
        try bench.ref.resume()
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("G17 suspend returns when the message in work is through, and comes before what waits")
    func busy() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("later"))
        let suspension = await bench.queued { try await $0.suspend() }
        #expect(bench.journal.lines.isEmpty)
        hold.open()
        try await suspension.value
        #expect(try await bench.ref.inspect { $0.notes } == [])
        try bench.ref.resume()
        #expect(try await bench.ref.notes() == ["later"])
        try await bench.stop(tree)
    }

    @Test("G17 a hung server: suspend times out, and holds as soon as the message has ended")
    func hung() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("later"))
        let suspension = await bench.queued { try await $0.suspend(timeout: .seconds(2)) }
        bench.clock.advance(by: .seconds(2))
        #expect(await ending(of: suspension) == "timed out after 2.0 seconds")
        #expect(try bench.ref.statistics().isSuspended)
        hold.open()
        try await bench.waitForIdleness()
        #expect(bench.journal.lines.isEmpty)
        try bench.ref.resume()
        #expect(try await bench.ref.notes() == ["later"])
        try await bench.stop(tree)
    }

    @Test("G17 resuming before the message has ended leaves it running as if nothing had been")
    func resumedMeanwhile() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        let suspension = await bench.queued { try await $0.suspend() }
        bench.ref.cast(.note("1"))
        try bench.ref.resume()
        hold.open()
        try await suspension.value
        #expect(try await bench.ref.notes() == ["1"])
        try await bench.stop(tree)
    }

    @Test("G17 suspending twice needs one resume; resuming a server that runs changes nothing")
    func twice() async throws {
        let tree = try await bench.start()
        try await bench.ref.suspend()
        try await bench.ref.suspend()
        bench.ref.cast(.note("1"))
        try bench.ref.resume()
        try bench.ref.resume()
        #expect(try await bench.ref.notes() == ["1"])
        try await bench.stop(tree)
    }

    @Test("G17 a batch is cut off behind the message in work, and goes on where it was")
    func inBatch() async throws {
        let tree = try await bench.start()
        let first = await bench.hangingDesk()
        let hold = HoldPoint()
        bench.ref.hang(at: hold)
        for number in 1...3 { bench.ref.cast(.note("\(number)")) }
        first.open()
        await hold.waitForArrivals()
        let suspension = await bench.queued { try await $0.suspend() }
        bench.ref.cast(.note("4"))
        hold.open()
        try await suspension.value
        #expect(try await bench.ref.inspect { $0.notes } == [])
        #expect(try bench.ref.statistics().mailboxDepth == 4)
        try bench.ref.resume()
        #expect(try await bench.ref.notes() == ["1", "2", "3", "4"])
        try await bench.stop(tree)
    }

    @Test("G17 with a visitor in place: the request comes when it has left")
    func visitor() async throws {
        let tree = try await bench.start()
        try await bench.waitForIdleness()
        let place = try bench.place()
        try await bench.ref.call { desk in
            #expect(place.setSuspended(true))
            place.post(.message(.note("later")))
            desk.note("visitor")
        }
        try await bench.waitForIdleness()
        #expect(try await bench.ref.inspect { $0.notes } == ["visitor"])
        #expect(try !bench.isGateOpen())
        try bench.ref.resume()
        #expect(try await bench.ref.notes() == ["visitor", "later"])
        try await bench.waitForIdleness()
        #expect(try bench.isGateOpen())
        try await bench.stop(tree)
    }

    @Test("G17 G8 timers, tasks and what is to be continued with wait as well, and come when it is resumed")
    func ownMessages() async throws {
        let tree = try await bench.start()
        let context = try #require(try await bench.ref.call { $0.context })
        context.send(.note("timer"), after: .seconds(1))
        try await bench.ref.suspend()
        bench.clock.advance(by: .seconds(1))
        context.continue(with: .note("continued"))
        try await bench.waitForIdleness()
        #expect(try await bench.ref.inspect { $0.notes } == [])
        try bench.ref.resume()
        #expect(try await bench.ref.notes() == ["continued", "timer"])
        try await bench.stop(tree)
    }

    @Test("G17 G8 a suspended server that has nothing but something to continue with goes on with that")
    func onlyContinue() async throws {
        let tree = try await bench.start()
        let context = try #require(try await bench.ref.call { $0.context })
        try await bench.ref.suspend()
        context.continue(with: .note("continued"))
        try bench.ref.resume()
        try await bench.waitForIdleness()
        #expect(bench.journal.lines == ["continued"])
        try await bench.stop(tree)
    }

    @Test("G17 S14 a suspended server that is asked to stop stops; its mail fails")
    func stop() async throws {
        let tree = try await bench.start(bench.farewellDesk())
        try await bench.ref.suspend()
        bench.ref.cast(.note("never"))
        let call = await bench.queued { try await $0.call { $0.note("never") } }
        try await tree.terminateChild("desk")
        #expect(await ending(of: call) == "exited: shutdown")
        #expect(bench.journal.lines == ["terminate: shutdown"])
        #expect(bench.events == ["started", "stopped"])
        try await bench.stop(tree)
    }

    @Test("G17 S2 the next life of a suspended server is not suspended, and has the mail")
    func restart() async throws {
        let tree = try await bench.start()
        try await bench.ref.suspend()
        bench.ref.cast(.note("kept"))
        bench.ref.exit(.error(Mishap()))
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes() == ["kept"])
        #expect(try !bench.ref.statistics().isSuspended)
        try await bench.stop(tree)
    }

    @Test(
        "G17 R50 a suspended supervisor that is asked to stop stops its children and itself",
        arguments: [true, false]
    )
    func supervisor(isNested: Bool) async throws {
        let desk = bench.farewellDesk()
        let tree = try await Supervisor {
            if isNested { Child(ServerName<Supervisor>("inner")) { Supervisor { desk } } } else { desk }
        }.start(in: bench.runtime)
        let suspended = isNested ? ServerRef(ServerName<Supervisor>("inner"), in: bench.runtime) : tree
        try await suspended.suspend()
        #expect(try suspended.statistics().isSuspended)
        try await bench.stop(tree)
        #expect(bench.journal.lines == ["terminate: shutdown"])
    }

    @Test("G17 S8 a suspended supervisor restarts nobody until it is resumed")
    func supervisorWaits() async throws {
        let tree = try await bench.start()
        try await tree.suspend()
        let ref = bench.ref
        ref.crash()
        _ = await ref.waitForExit()
        try await bench.waitForIdleness()
        #expect("\(ref.status)" == "restarting")
        #expect(bench.events == ["started"])
        try tree.resume()
        await bench.waitForLife(2)
        try await bench.stop(tree)
    }

    @Test("G17 a suspended supervisor that is told to stop while it was only about to be suspended")
    func supervisorBusy() async throws {
        let tree = try await bench.start()
        let place = try tree.resolve()
        try await tree.inspect { _ in
            #expect(place.setSuspended(true))
            place.exit(.shutdown, of: nil)
        }
        #expect("\(await tree.waitForExit())" == "shutdown")
    }

    // MARK: Inspect

    @Test("G17 inspect comes before all that waits; what it throws goes to the caller")
    func inspect() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("later"))
        let inspection = await bench.queued { try await $0.inspect { $0.notes } }
        hold.open()
        #expect(try await inspection.value == [])
        #expect(await ending { try await bench.ref.inspect { _ in throw Mishap("mine") } } == "threw mine")
        #expect(try await bench.ref.notes() == ["later"])
        try await bench.stop(tree)
    }

    @Test("G17 S16 a request that is given up is never begun", arguments: [true, false])
    func givenUp(byDeadline: Bool) async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        let inspection = await bench.queued { try await $0.inspect { $0.note("never") } }
        if byDeadline { bench.clock.advance(by: .seconds(5)) } else { inspection.cancel() }
        #expect(await ending(of: inspection) == (byDeadline ? "timed out after 5.0 seconds" : "cancelled"))
        hold.open()
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.clock.sleeperCount == 0)
        try await bench.stop(tree)
    }

    @Test("G17 requests to a suspended server are handled in order, whatever comes between them")
    func severalWhileSuspended() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        let suspension = await bench.queued(1) { try await $0.suspend() }
        // The first one has the drain look again before it goes on.
        let first = await bench.queued(2) { [bench] ref in
            try await ref.inspect { desk in
                desk.note("first")
                try bench.ref.observe()
            }
        }
        let second = await bench.queued(3) { try await $0.inspect { $0.note("second") } }
        let third = await bench.queued(4) { try await $0.inspect { $0.note("third") } }
        hold.open()
        try await suspension.value
        try await first.value
        try await bench.waitForIdleness()
        #expect(bench.clock.sleeperCount == 0)
        try bench.ref.resume()
        try await second.value
        try await third.value
        #expect(bench.journal.lines == ["first", "second", "third"])
        try await bench.stop(tree)
    }

    @Test("G17 G9 requests of operators do not end an idle timeout, and a suspended server is not told of one")
    func idleTimeout() async throws {
        let tree = try await bench.start()
        try await bench.ref.call { $0.context?.idleTimeout(.seconds(10), .note("idle")) }
        bench.clock.advance(by: .seconds(5))
        _ = try await bench.ref.inspect { $0.notes }
        try await bench.ref.suspend()
        try bench.ref.resume()
        try await bench.waitForIdleness()
        bench.clock.advance(by: .seconds(5))
        try await bench.waitForIdleness()
        #expect(bench.journal.take() == ["idle"])
        // Suspended when the time is over: it waits its time again, and mail that came first ends it.
        try await bench.ref.call { $0.context?.idleTimeout(.seconds(10), .note("idle")) }
        try await bench.ref.suspend()
        bench.ref.cast(.note("mail"))
        bench.clock.advance(by: .seconds(10))
        try bench.ref.resume()
        try await bench.waitForIdleness()
        bench.clock.advance(by: .seconds(10))
        try await bench.waitForIdleness()
        #expect(bench.journal.lines == ["mail"])
        try await bench.stop(tree)
    }

    @Test("G17 who is not there cannot be suspended, resumed, looked into or replaced")
    func absent() async throws {
        let tree = try await bench.start(bench.desk(restart: .transient, backoff: .constant(.seconds(10))))
        bench.ref.crash()
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; restarts in 10 s")
        let ref = bench.ref
        for _ in 1...2 {
            #expect(await ending { try await ref.suspend() } == "not running: desk")
            #expect(await ending { try ref.resume() } == "not running: desk")
            #expect(await ending { try await ref.inspect { $0.notes } } == "not running: desk")
            #expect(await ending { try await ref.replace { $0 } } == "not running: desk")
            try await tree.terminateChild("desk")
        }
        let nobody = ServerRef(ServerName<Desk>("nobody"), in: bench.runtime)
        #expect(await ending { try await nobody.suspend() } == "not running: nobody")
        #expect(await ending { _ = try nobody.statistics() } == "not running: nobody")
        #expect(await ending { try nobody.observe() } == "not running: nobody")
        #expect(await ending { try nobody.stopObserving() } == "not running: nobody")
        #expect(await ending { try nobody.messageLog().count } == "not running: nobody")
        try await bench.stop(tree)
    }

    @Test("S12 G17 a server that inspects or suspends itself is told so at once")
    func itself() async throws {
        let tree = try await bench.start()
        bench.ref.cast(
            .run { desk, context in
                desk.note(await ending { try await context.ref.inspect { $0.notes } })
                desk.note(await ending { try await context.ref.suspend() })
            }
        )
        try await bench.waitForIdleness()
        let cycle = "call cycle: [\"app/desk\", \"app/desk\"]"
        #expect(bench.journal.lines == [cycle, cycle])
        #expect(try !bench.ref.statistics().isSuspended)
        #expect(try await bench.ref.notes().count == 2)
        try await bench.stop(tree)
    }

    @Test("G17 S14 the last drain answers requests, and ends when they are through")
    func lastDrain() async throws {
        let tree = try await bench.start(bench.farewellDesk().drain(for: .seconds(20)))
        let hold = await bench.hangingDesk()
        let termination = Task { try await tree.terminateChild("desk") }
        await bench.clock.waitForSleepers(2)
        let inspection = await bench.queued(3) { try await $0.inspect { $0.notes.count } }
        hold.open()
        #expect(await ending(of: inspection) == "0")
        try await termination.value
        try await bench.stop(tree)
    }

    @Test("G17 requests that wait when the server ends are told so, also those that were taken")
    func end() async throws {
        let tree = try await bench.start(bench.farewellDesk())
        let hold = await bench.hangingDesk()
        let first = await bench.queued(1) { [bench] ref in
            try await ref.inspect { _ in bench.ref.exit(.error(Mishap("meanwhile"))) }
        }
        let second = await bench.queued(2) { try await $0.inspect { $0.note("never") } }
        hold.open()
        try await first.value
        #expect(await ending(of: second) == "exited: meanwhile")
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }
}
