import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: timers")
struct TimerTests {
    let bench = ServerBench()

    /// Sets a timer of the present incarnation.
    private func set(_ work: @escaping @Sendable (ServerContext<Desk>) -> TimerToken) async throws -> TimerToken {
        let token = try await bench.ref.call { desk in desk.context.map { work($0) } }
        return try #require(token)
    }

    @Test("A timer is a message that comes once its time has passed, and not before")
    func after() async throws {
        let tree = try await bench.start()
        _ = try await set { $0.send(.note("tick"), after: .seconds(3)) }
        bench.clock.advance(by: .nanoseconds(2_999_999_999))
        #expect(try await bench.ref.notes().isEmpty)
        bench.clock.advance(by: .nanoseconds(1))
        #expect(try await bench.ref.notes() == ["tick"])
        bench.clock.advance(by: .seconds(100))
        #expect(try await bench.ref.notes() == ["tick"])
        #expect(bench.runtime.deadlines.pendingCount == 0)
        try await bench.stop(tree)
    }

    @Test("Timers set in started, of zero or negative delay, come as soon as time is looked at")
    func zero() async throws {
        let child = bench.desk(onStart: { _, context in
            context.send(.note("zero"), after: .zero)
            context.send(.note("negative"), after: .seconds(-1))
        })
        let tree = try await bench.start(child)
        bench.clock.advance(by: .zero)
        #expect(try await bench.ref.notes() == ["negative", "zero"])
        try await bench.stop(tree)
    }

    @Test("A timer waits for its turn like any other message")
    func turn() async throws {
        let tree = try await bench.start()
        _ = try await set { $0.send(.note("tick"), after: .seconds(1)) }
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("before"))
        bench.clock.advance(by: .seconds(1))
        bench.ref.cast(.note("behind"))
        hold.open()
        #expect(try await bench.ref.notes() == ["before", "tick", "behind"])
        try await bench.stop(tree)
    }

    @Test("A cancelled timer does not come, and leaves no deadline")
    func cancel() async throws {
        let tree = try await bench.start()
        let once = try await set { $0.send(.note("once"), after: .seconds(1)) }
        let again = try await set { $0.send(.note("again"), every: .seconds(1)) }
        #expect(bench.runtime.deadlines.pendingCount == 2)
        once.cancel()
        again.cancel()
        again.cancel()
        #expect(bench.runtime.deadlines.pendingCount == 0)
        bench.clock.advance(by: .seconds(10))
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("A timer can be taken back while its message waits in the mailbox", arguments: [true, false])
    func cancelWaiting(isPeriodic: Bool) async throws {
        let tree = try await bench.start()
        let token = try await set {
            isPeriodic ? $0.send(.note("tick"), every: .seconds(1)) : $0.send(.note("tick"), after: .seconds(1))
        }
        let hold = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(1))
        #expect(try bench.ref.resolve().depth == 1)
        token.cancel()
        #expect(try bench.ref.resolve().depth == 0)
        hold.open()
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("A periodic timer comes each period, first after one")
    func every() async throws {
        let tree = try await bench.start()
        _ = try await set { $0.send(.note("tick"), every: .seconds(2)) }
        for count in 0..<5 {
            #expect(try await bench.ref.notes().count == count)
            bench.clock.advance(by: .seconds(2))
        }
        #expect(bench.runtime.deadlines.earliest == .seconds(12))
        try await bench.stop(tree)
    }

    @Test("Ticks that come while one still waits are left out")
    func coalesced() async throws {
        let tree = try await bench.start()
        _ = try await set { $0.send(.note("tick"), every: .seconds(1)) }
        let hold = await bench.hangingDesk()
        bench.clock.advance(by: .seconds(7))
        #expect(try bench.ref.resolve().depth == 1)
        hold.open()
        #expect(try await bench.ref.notes() == ["tick"])
        // After it has been handled the beat goes on.
        bench.clock.advance(by: .seconds(1))
        #expect(try await bench.ref.notes() == ["tick", "tick"])
        try await bench.stop(tree)
    }

    @Test("A tick that is being handled does not hold back the next")
    func tickDuringTick() async throws {
        let hold = HoldPoint()
        let child = bench.desk(onStart: { _, context in
            context.send(
                .run { desk, _ in
                    desk.note("tick")
                    await hold.hold()
                },
                every: .seconds(1)
            )
        })
        let tree = try await bench.start(child)
        bench.clock.advance(by: .seconds(1))
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(3))
        hold.open()
        #expect(try await bench.ref.notes() == ["tick", "tick"])
        try await bench.stop(tree)
    }

    @Test("A late expiry leaves out the ticks that were missed, and the beat of the first tick is kept")
    func beat() async throws {
        let clock = HandClock()
        let runtime = Runtime(clock: clock, events: SilentSink())
        let tree = try await Supervisor { bench.desk() }.start(in: runtime)
        let ref = ServerRef(.desk, in: runtime)
        clock.set(to: .seconds(100))
        _ = try await ref.call { $0.context?.send(.note("tick"), every: .seconds(10)) }
        #expect(runtime.deadlines.earliest == .seconds(110))
        clock.set(to: .seconds(147))
        runtime.deadlines.expire(upTo: .seconds(147))
        #expect(try await ref.notes() == ["tick"])
        #expect(runtime.deadlines.earliest == .seconds(150))
        clock.set(to: .seconds(150))
        runtime.deadlines.expire(upTo: .seconds(150))
        #expect(try await ref.notes() == ["tick", "tick"])
        #expect(runtime.deadlines.earliest == .seconds(160))
        try await tree.stop(.shutdown)
    }

    @Test("A period that is not positive is taken as one nanosecond", arguments: [Duration.zero, .seconds(-1)])
    func noPeriod(period: Duration) async throws {
        let tree = try await bench.start()
        let token = try await set { $0.send(.note("tick"), every: period) }
        #expect(bench.runtime.deadlines.earliest == RuntimeInstant(nanoseconds: 1))
        token.cancel()
        try await bench.stop(tree)
    }

    @Test("S1 the timers of a dead incarnation never come, neither set nor waiting in the mailbox")
    func dead() async throws {
        let tree = try await bench.start()
        _ = try await set { $0.send(.note("waiting"), after: .seconds(1)) }
        _ = try await set { $0.send(.note("set"), after: .seconds(2)) }
        _ = try await set { $0.send(.note("periodic"), every: .seconds(2)) }
        let hold = await bench.hangingDesk()
        bench.ref.crash()
        bench.clock.advance(by: .seconds(1))
        bench.ref.cast(.note("mail"))
        hold.open()
        await bench.waitForLife(2)
        bench.clock.advance(by: .seconds(10))
        #expect(try await bench.ref.notes() == ["mail"])
        #expect(bench.journal.lines == ["mail"])
        #expect(bench.runtime.deadlines.pendingCount == 0)
        try await bench.stop(tree)
    }

    @Test("S1 an incarnation takes all its timers along, however many, and whichever of them have gone before")
    func takenAlong() async throws {
        let tree = try await bench.start()
        let tokens = try await bench.ref.call { desk in
            (0..<300).map { desk.context?.send(.note("\($0)"), after: .seconds(Int64(1 + $0 % 3))) }
        }
        for index in stride(from: 0, to: 300, by: 7) { tokens[index]?.cancel() }
        bench.clock.advance(by: .seconds(1))
        let rest = (0..<300).filter { $0 % 7 != 0 && $0 % 3 != 0 }
        #expect(bench.runtime.deadlines.pendingCount == rest.count)
        for number in rest.dropLast(150) { tokens[number]?.cancel() }
        #expect(bench.runtime.deadlines.pendingCount == 150)
        let expected = (0..<300).filter { $0 % 7 != 0 && $0 % 3 == 0 }.map(\.description)
        #expect(try await bench.ref.notes() == expected)
        bench.ref.crash()
        await bench.waitForLife(2)
        #expect(bench.runtime.deadlines.pendingCount == 0)
        try await bench.stop(tree)
    }

    @Test("S1 a context that outlives its incarnation sets no timer, and its token cancels nothing of the next")
    func deadContext() async throws {
        let tree = try await bench.start()
        let old = try #require(try await bench.ref.call { $0.context })
        let token = old.send(.note("old"), after: .seconds(1))
        try await bench.ref.stop()
        await bench.waitForLife(2)
        old.send(.note("too late"), after: .seconds(1))
        #expect(bench.runtime.deadlines.pendingCount == 0)
        _ = try await set { $0.send(.note("new"), after: .seconds(1)) }
        token.cancel()
        bench.clock.advance(by: .seconds(1))
        #expect(try await bench.ref.notes() == ["new"])
        try await bench.stop(tree)
    }
}
