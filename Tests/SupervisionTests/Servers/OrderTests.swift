import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

@Suite("Servers: one message at a time, in order")
struct OrderTests {
    let bench = ServerBench()

    @Test("S15 G4 a message waits until the one before it has ended, its awaits included")
    func noInterleaving() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        let slow = Task { [bench] in
            try await bench.ref.call { desk async throws in
                desk.note("call begins")
                await hold.hold()
                desk.note("call ends")
            }
        }
        await hold.waitForArrivals()
        bench.ref.cast(.note("cast"))
        let fast = await bench.queued(2) { try await $0.call { $0.note("fast") } }
        bench.ref.cast(
            .run { desk, _ in
                desk.note("handler begins")
                await Task.yield()
                desk.note("handler ends")
            }
        )
        #expect(bench.journal.lines == ["call begins"])
        hold.open()
        try await slow.value
        try await fast.value
        let expected = ["call begins", "call ends", "cast", "fast", "handler begins", "handler ends"]
        #expect(try await bench.ref.notes() == expected)
        try await bench.stop(tree)
    }

    @Test("S15 a plain actor is re-entrant where a server is not")
    func contrast() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        let desk = try await bench.ref.call { desk in desk }
        let slow = Task { [bench] in
            try await bench.ref.call { desk async in
                await hold.hold()
                desk.note("message")
            }
        }
        await hold.waitForArrivals()
        await desk.note("past the mailbox")
        hold.open()
        try await slow.value
        #expect(try await bench.ref.notes() == ["past the mailbox", "message"])
        try await bench.stop(tree)
    }

    @Test("S15 G4 the order of one sender is kept between casts and calls", arguments: 0..<4)
    func senderOrder(seed: UInt64) async throws {
        let tree = try await bench.start()
        var random = SeededGenerator(seed: seed)
        var expected: [String] = []
        for number in 0..<300 {
            let line = "\(number)"
            expected.append(line)
            switch Int.random(in: 0...3, using: &random) {
            case 0: bench.ref.cast(.note(line))
            case 1: try await bench.ref.call { $0.note(line) }
            case 2: try await bench.ref.call { desk async in desk.note(line) }
            default:
                try await bench.ref.call { (desk: isolated Desk, reply: Reply<Void>) in
                    desk.note(line)
                    reply()
                }
            }
        }
        #expect(try await bench.ref.notes() == expected)
        try await bench.stop(tree)
    }

    @Test("S15 the calls of several senders are served in order of arrival")
    func arrivalOrder() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        var calls: [Task<Void, any Error>] = []
        for number in 1...20 {
            calls.append(
                await bench.queued(number) { ref in
                    switch number % 3 {
                    case 0: try await ref.call { $0.note("\(number)") }
                    case 1: try await ref.call { desk async in desk.note("\(number)") }
                    default:
                        try await ref.call { (desk: isolated Desk, reply: Reply<Void>) in
                            desk.note("\(number)")
                            reply()
                        }
                    }
                }
            )
            bench.ref.cast(.note("after \(number)"))
        }
        hold.open()
        for call in calls { try await call.value }
        #expect(try await bench.ref.notes() == (1...20).flatMap { ["\($0)", "after \($0)"] })
        try await bench.stop(tree)
    }

    @Test("S15 mail that comes while a visitor is in comes after it")
    func mailDuringVisit() async throws {
        let tree = try await bench.start()
        try await bench.waitForIdleness()
        try await bench.ref.call { [bench] desk in
            bench.ref.cast(.note("second"))
            desk.note("first")
        }
        #expect(try await bench.ref.notes() == ["first", "second"])
        try await bench.stop(tree)
    }

    @Test("G4 a server may cast to itself: it comes after what waits already")
    func castToItself() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        bench.ref.cast(
            .run { _, context in
                await hold.hold()
                context.ref.cast(.note("its own"))
            }
        )
        await hold.waitForArrivals()
        bench.ref.cast(.note("waiting"))
        hold.open()
        // The first call may come between the two.
        _ = try await bench.ref.notes()
        #expect(try await bench.ref.notes() == ["waiting", "its own"])
        try await bench.stop(tree)
    }

    @Test("An idle server has no task, and calls in place make none")
    func idle() async throws {
        let executor = CountingExecutor()
        let bench = ServerBench(executor: executor)
        let tree = try await bench.start()
        try await bench.ref.call { (_: isolated Desk) async in }
        try await bench.waitForIdleness()
        let place = try bench.ref.resolve()
        #expect(place.withState(\.work) == nil)
        let count = executor.taskCount
        #expect(count > 0)
        for _ in 0..<1_000 { try await bench.ref.call { $0.note("in place") } }
        #expect(executor.taskCount == count)
        // A message to an idle server makes one.
        try await bench.ref.call { (_: isolated Desk) async in }
        #expect(executor.taskCount == count + 1)
        try await bench.waitForIdleness()
        #expect(place.withState(\.phase) == .idle)
        try await bench.stop(tree)
    }
}
