import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

@Suite("Servers: the mail of incarnations that were given up")
struct StrayMailTests {
    let bench = ServerBench()

    /// Makes the server hang with `letters` behind in the same batch, and then gives it up.
    private func giveUp(with letters: () async -> Void) async throws -> HoldPoint {
        let first = await bench.hangingDesk()
        let hold = HoldPoint()
        bench.ref.hang(at: hold)
        await letters()
        first.open()
        await hold.waitForArrivals()
        bench.ref.exit(.normal)
        bench.clock.advance(by: .seconds(5))
        return hold
    }

    @Test("S2 S3 what a hung server had taken and not begun is handled by the next incarnation, in order")
    func mail() async throws {
        let tree = try await bench.start()
        let calls = Mutex<[Task<Int, any Error>]>([])
        let hold = try await giveUp {
            bench.ref.cast(.note("1"))
            let call = await bench.queued { try await $0.call(timeout: .seconds(60)) { $0.notes.count } }
            calls.withLock { $0 = [call] }
            bench.ref.cast(.note("2"))
        }
        await bench.waitForLife(2)
        bench.ref.cast(.note("3"))
        #expect(try await bench.ref.notes() == ["1", "2", "3"])
        for call in calls.withLock({ $0 }) { #expect(await ending(of: call) == "1") }
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        #expect(bench.journal.lines == ["1", "2", "3"])
        try await bench.stop(tree)
    }

    @Test("S2 S3 when a hung server is not restarted, the calls that it had taken fail at once")
    func notRestarted() async throws {
        let tree = try await bench.start(bench.desk(shutdown: .brutalKill))
        let first = await bench.hangingDesk()
        let hold = HoldPoint()
        bench.ref.hang(at: hold)
        let call = await bench.queued { try await $0.call { $0.notes.count } }
        first.open()
        await hold.waitForArrivals()
        try await tree.terminateChild("desk")
        #expect(bench.runtime.deadlines.pendingCount == 0)
        if bench.runtime.deadlines.pendingCount > 0 { bench.clock.advance(by: .seconds(5)) }
        #expect(await ending(of: call) == "exited: unstoppable")
        hold.open()
        try await bench.stop(tree)
    }
}
