import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: the high-water mark of a mailbox")
struct HighWaterTests {
    let bench = ServerBench()

    private var warnings: [String] { bench.events.filter { $0.contains("messages waiting") } }

    private func fill(_ count: Int) {
        for number in 0..<count { bench.ref.cast(.note("\(number)")) }
    }

    @Test("S17 one event when the mark is reached, none above it, and another when half of it was emptied meanwhile")
    func once() async throws {
        let tree = try await bench.start(bench.desk().mailbox(highWater: 4))
        var hold = await bench.hangingDesk()
        fill(3)
        #expect(warnings.isEmpty)
        fill(1)
        #expect(warnings == ["has 4 messages waiting"])
        fill(20)
        #expect(warnings.count == 1)
        hold.open()
        _ = try await bench.ref.notes()
        hold = await bench.hangingDesk()
        fill(3)
        #expect(warnings.count == 1)
        fill(1)
        #expect(warnings == ["has 4 messages waiting", "has 4 messages waiting"])
        hold.open()
        _ = try await bench.ref.notes()
        try await bench.stop(tree)
    }

    @Test("S17 falling to more than half of the mark does not make another event")
    func notEmptied() async throws {
        let tree = try await bench.start(bench.desk().mailbox(highWater: 4))
        let hold = await bench.hangingDesk()
        let second = HoldPoint()
        fill(1)
        bench.ref.hang(at: second)
        fill(3)
        #expect(warnings.count == 1)
        hold.open()
        await second.waitForArrivals()
        // Three are left of five; then it rises to the mark again.
        fill(4)
        #expect(warnings.count == 1)
        second.open()
        _ = try await bench.ref.notes()
        try await bench.stop(tree)
    }

    @Test("S17 the event is a warning that tells path, depth and limit, and nothing of the letters")
    func event() async throws {
        let tree = try await bench.start(bench.desk().mailbox(limit: 2, overflow: .reject))
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("secret"))
        bench.ref.cast(.note("secret"))
        let event = try #require(bench.recorder.events.compactMap { $0 as? SupervisionEvent }.last)
        guard case .mailboxHigh(depth: 2, limit: 2) = event.kind else {
            Issue.record("unexpected: \(event)")
            return
        }
        #expect(event.path == "app/desk")
        #expect(event.level == .warning)
        #expect(event.text == "has 2 messages waiting, and takes no more than 2")
        hold.open()
        try await bench.waitForIdleness()
        try await bench.stop(tree)
    }

    @Test(
        "S17 the mark is four fifths of the limit when none is given",
        arguments: [(2, 2), (5, 4), (10, 8), (100, 80)]
    )
    func usual(limit: Int, mark: Int) async throws {
        let tree = try await bench.start(bench.desk().mailbox(limit: limit))
        let hold = await bench.hangingDesk()
        fill(mark - 1)
        #expect(warnings.isEmpty)
        fill(1)
        #expect(warnings.count == 1)
        hold.open()
        try await bench.waitForIdleness()
        try await bench.stop(tree)
    }

    @Test("S17 a mark of one is reached each time that a letter waits")
    func markOfOne() async throws {
        let tree = try await bench.start(bench.desk().mailbox(highWater: 1))
        for count in 1...4 {
            try await bench.waitForIdleness()
            bench.ref.cast(.note("\(count)"))
            #expect(warnings.count == count)
        }
        try await bench.stop(tree)
    }

    @Test("S17 a server's own letters can make it reach the mark", arguments: ["timer", "task"])
    func ownLetters(kind: String) async throws {
        let tree = try await bench.start(bench.desk().mailbox(highWater: 2))
        let hold = HoldPoint()
        bench.ref.cast(
            .run { [bench] _, context in
                for number in 1...2 {
                    if kind == "timer" {
                        context.send(.note("\(number)"), after: .seconds(1))
                    } else {
                        context.task({}) { _ in .note("\(number)") }
                    }
                }
                if kind == "timer" { bench.clock.advance(by: .seconds(1)) }
                await hold.hold()
            }
        )
        await bench.recorder.waitFor(line: "app/desk has 2 messages waiting")
        hold.open()
        try await bench.waitForIdleness()
        #expect(warnings.count == 1)
        try await bench.stop(tree)
    }

    @Test("S2 S17 mail that waits for a restart counts, and a mark that was passed is not passed again by it")
    func overRestart() async throws {
        let tree = try await bench.start(bench.desk(backoff: .constant(.seconds(1))).mailbox(highWater: 2))
        bench.ref.crash()
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; restarts in 1 s")
        await bench.clock.waitForSleepers(1)
        fill(3)
        #expect(warnings.count == 1)
        bench.clock.advance(by: .seconds(1))
        await bench.waitForLife(2)
        _ = try await bench.ref.notes()
        #expect(warnings.count == 1)
        try await bench.stop(tree)
    }
}
