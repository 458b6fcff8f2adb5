import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: deadlines and cancellation of calls")
struct DeadlineTests {
    let bench = ServerBench()

    enum GivingUp: CaseIterable {
        case deadline, cancellation
    }

    /// Makes the caller give up, and checks that it is told so.
    private func giveUp<Value>(_ call: Task<Value, any Error>, _ how: GivingUp, _ what: Comment) async {
        switch how {
        case .deadline:
            bench.clock.advance(by: .seconds(5))
            #expect(await ending(of: call) == "timed out after 5.0 seconds", what)
        case .cancellation:
            call.cancel()
            #expect(await ending(of: call) == "cancelled", what)
        }
    }

    @Test("S16 a call not yet begun is taken out when its caller gives up", arguments: GivingUp.allCases)
    func notBegun(how: GivingUp) async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        let synchronous = await bench.queued { try await $0.call { $0.note("synchronous") } }
        await giveUp(synchronous, how, "synchronous")
        let asynchronous = await bench.queued { try await $0.call { desk async in desk.note("asynchronous") } }
        await giveUp(asynchronous, how, "asynchronous")
        #expect(bench.runtime.deadlines.pendingCount == 0)
        #expect(try bench.ref.resolve().depth == 0)
        bench.ref.cast(.note("after"))
        hold.open()
        #expect(try await bench.ref.notes() == ["after"])
        try await bench.stop(tree)
    }

    @Test("S16 also when the drain has taken it already", arguments: GivingUp.allCases)
    func takenNotBegun(how: GivingUp) async throws {
        let tree = try await bench.start()
        let first = await bench.hangingDesk()
        let second = HoldPoint()
        bench.ref.hang(at: second)
        let call = await bench.queued { try await $0.call { $0.note("never") } }
        bench.ref.cast(.note("after"))
        // The drain takes the second hanging message, the call and the note in one batch.
        first.open()
        await second.waitForArrivals()
        await giveUp(call, how, "taken")
        second.open()
        #expect(try await bench.ref.notes() == ["after"])
        try await bench.stop(tree)
    }

    @Test("S16 a running call is cancelled, its caller back at once, its server free", arguments: GivingUp.allCases)
    func running(how: GivingUp) async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        let call = await bench.queued { ref in
            try await ref.call { desk async in
                await hold.hold()
                desk.note("cancelled: \(Task.isCancelled)")
            }
        }
        await hold.waitForArrivals()
        // The server is deaf: it has not returned when the caller does.
        await giveUp(call, how, "running")
        let next = await bench.queued { try await $0.call { desk async in desk.note("next: \(Task.isCancelled)") } }
        bench.ref.cast(.run { desk, _ in desk.note("cast: \(Task.isCancelled)") })
        hold.open()
        try await next.value
        #expect(try await bench.ref.notes() == ["cancelled: true", "next: false", "cast: false"])
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S16 the messages behind a cancelled call keep their order", arguments: GivingUp.allCases)
    func orderAfterCancellation(how: GivingUp) async throws {
        let tree = try await bench.start()
        let busy = await bench.hangingDesk()
        let hold = HoldPoint()
        let call = await bench.queued { ref in try await ref.call { _ async in await hold.hold() } }
        for number in 1...5 { bench.ref.cast(.note("\(number)")) }
        busy.open()
        await hold.waitForArrivals()
        await giveUp(call, how, "running")
        for number in 6...8 { bench.ref.cast(.note("\(number)")) }
        hold.open()
        #expect(try await bench.ref.notes() == (1...8).map { "\($0)" })
        try await bench.stop(tree)
    }

    @Test("S16 a body that heeds the cancellation ends, and its error reaches nobody", arguments: GivingUp.allCases)
    func heeded(how: GivingUp) async throws {
        let tree = try await bench.start()
        let call = await bench.queued(2) { ref in
            try await ref.call { desk async throws in
                defer { desk.note("interrupted") }
                try await Runtime.current.sleep(for: .seconds(1_000))
            }
        }
        await giveUp(call, how, "sleeping")
        #expect(try await bench.ref.notes() == ["interrupted"])
        #expect(bench.events == ["started"])
        #expect(bench.runtime.deadlines.pendingCount == 0)
        try await bench.stop(tree)
    }

    @Test("S10 S16 an Exit of a body whose caller is gone still ends the incarnation")
    func exitAfterDeadline() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        let call = await bench.queued { ref in
            try await ref.call { _ async throws in
                await hold.hold()
                throw Exit(.error(Mishap("late")))
            }
        }
        await hold.waitForArrivals()
        await giveUp(call, .deadline, "running")
        hold.open()
        await bench.waitForLife(2)
        #expect(bench.events.contains("crashed: late; restarts now"))
        try await bench.stop(tree)
    }

    @Test("S16 a call that has ended leaves no deadline behind")
    func noneLeft() async throws {
        let tree = try await bench.start()
        for _ in 0..<50 {
            try await bench.ref.call { desk async in desk.note("served") }
            try await bench.ref.call { (_: isolated Desk, reply: Reply<Void>) in reply() }
        }
        #expect(bench.runtime.deadlines.pendingCount == 0)
        try await bench.stop(tree)
    }

    @Test("S16 the default deadline is five seconds")
    func defaultDeadline() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        let call = await bench.queued { try await $0.call { $0.notes } }
        #expect(bench.runtime.deadlines.earliest == .seconds(5))
        bench.clock.advance(by: .nanoseconds(4_999_999_999))
        #expect(bench.runtime.deadlines.pendingCount == 1)
        bench.clock.advance(by: .nanoseconds(1))
        #expect(await ending(of: call) == "timed out after 5.0 seconds")
        hold.open()
        try await bench.stop(tree)
    }

    @Test("S16 a deadline without end, and one that is past", arguments: [Duration.seconds(Int64.max), .seconds(-1)])
    func extremes(timeout: Duration) async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        let call = await bench.queued { try await $0.call(timeout: timeout) { $0.notes.count } }
        bench.clock.advance(by: timeout < .zero ? .zero : .seconds(1_000_000))
        if timeout < .zero {
            #expect(await ending(of: call) == "timed out after -1.0 seconds")
            hold.open()
        } else {
            hold.open()
            #expect(try await call.value == 0)
        }
        try await bench.stop(tree)
    }

    @Test("S16 a caller that is cancelled already does not wait for its turn")
    func cancelledBefore() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        let call = Task { [bench] in
            withUnsafeCurrentTask { $0?.cancel() }
            try await bench.ref.call { $0.note("never") }
        }
        #expect(await ending(of: call) == "cancelled")
        hold.open()
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }
}
