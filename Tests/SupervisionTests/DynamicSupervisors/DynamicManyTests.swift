import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Dynamic supervisors: very many children")
struct DynamicManyTests {
    private actor Session: GenServer {
        enum Message: Sendable { case crash }
        private let ends: HoldPoint

        init(_ ends: HoldPoint) {
            self.ends = ends
        }

        deinit {
            ends.note()
        }

        func handle(_ message: Message, _ context: ServerContext<Session>) throws {
            throw Mishap()
        }
    }

    @Test(
        "C-M07 R74 named children, 100,000 in a release build, start, crash, start again and stop: nothing is left",
        .timeLimit(.minutes(5))
    )
    func all() async throws {
        // A debug build takes too long for all of them.
        #if DEBUG
        let count = 10_000
        #else
        let count = 100_000
        #endif
        let tally = Tally()
        let frees = HoldPoint()
        let runtime = Runtime(clock: ManualClock(), events: tally)
        let tree = try await DynamicSupervisor(intensity: RestartIntensity(count, within: .seconds(1)))
            .start(in: runtime)
        for number in 0..<count {
            let session = try await tree.startChild(ServerName("session-\(number)")) { Session(frees) }
            session.cast(.crash)
        }
        await tally.waitForRestarts(count)
        #expect(tally.crashes == count)
        let counts = try await tree.counts()
        #expect([counts.specs, counts.active, counts.recentRestarts] == [count, count, count])
        #expect(runtime.names.count == count + 1)
        try await tree.stop()
        #expect(tally.stopped == count)
        #expect(runtime.deadlines.pendingCount == 0)
        #expect(runtime.names.count == 0)
        // Each server of both lives is freed, the last of them when the last task of the tree has ended.
        await frees.waitForArrivals(2 * count)
    }
}
