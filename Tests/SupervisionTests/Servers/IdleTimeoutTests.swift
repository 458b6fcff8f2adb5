import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: idle timeouts and what ends them")
struct IdleTimeoutTests {
    let bench = ServerBench()

    /// What the server has written down when it was idle for 10 seconds after a batch of `letters`.
    private func notes(after letters: [Desk.Message]) async throws -> [String] {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        for letter in letters { bench.ref.cast(letter) }
        hold.open()
        try await bench.waitForIdleness()
        bench.clock.advance(by: .seconds(10))
        try await bench.waitForIdleness()
        let notes = bench.journal.lines
        try await bench.stop(tree)
        return notes
    }

    private static let wait = Desk.Message.run { _, context in context.idleTimeout(.seconds(10), .note("idle")) }

    @Test("C-V11 G9 a message of the same batch ends the wait that one before it has set")
    func sameBatch() async throws {
        #expect(try await notes(after: [.note("1"), Self.wait, .note("2")]) == ["1", "2"])
    }

    @Test("C-V11 G9 messages before the one that sets it do not")
    func before() async throws {
        #expect(try await notes(after: [.note("1"), .note("2"), Self.wait]) == ["1", "2", "idle"])
    }

    @Test("G9 when several set it, the last one counts")
    func several() async throws {
        #expect(try await notes(after: [Self.wait, Self.wait]) == ["idle"])
    }

    @Test("C-V11 G9 one that is over during the message that set it begins again after it")
    func busy() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        bench.ref.cast(
            .run { _, context in
                context.idleTimeout(.seconds(10), .note("idle"))
                await hold.hold()
            }
        )
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(15))
        hold.open()
        try await bench.waitForIdleness()
        #expect(bench.journal.lines.isEmpty)
        bench.clock.advance(by: .seconds(5))
        try await bench.waitForIdleness()
        #expect(bench.journal.lines == ["idle"])
        try await bench.stop(tree)
    }

    @Test("C-V11 G9 one of zero that is over during its own message comes after it, and does not go round")
    func busyWithoutTime() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        bench.ref.cast(
            .run { _, context in
                context.idleTimeout(.zero, .note("idle"))
                await hold.hold()
            }
        )
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(1))
        #expect(bench.clock.sleeperCount == 0)
        #expect(bench.journal.lines.isEmpty)
        hold.open()
        try await bench.waitForIdleness()
        bench.clock.advance(by: .zero)
        try await bench.waitForIdleness()
        #expect(bench.journal.lines == ["idle"])
        try await bench.stop(tree)
    }
}
