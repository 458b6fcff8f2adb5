import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Nothing is left")
struct NothingIsLeftTests {
    private actor Ticker: GenServer {
        enum Message: Sendable { case tick, done, crash }
        struct Crash: Error {}
        private var context: ServerContext<Ticker>?

        func started(_ context: ServerContext<Ticker>) {
            // Kept on purpose: a server that holds its own context must not keep itself alive.
            self.context = context
            context.send(.tick, every: .seconds(1))
            context.task({ try await context.runtime.sleep(for: .seconds(100)) }, { _ in .done })
        }

        func handle(_ message: Message, _ context: ServerContext<Ticker>) throws {
            if case .crash = message { throw Crash() }
        }

        func wait() async throws {
            try await context?.runtime.sleep(for: .seconds(100))
        }
    }

    private struct Weak: Sendable {
        weak let object: (any AnyObject & Sendable)?
    }

    /// Waits until the last task that held the object has let it go. It has nothing left to wait for, so this ends.
    private func isGone(_ weak: Weak) async -> Bool {
        for _ in 0..<10_000 {
            if weak.object == nil { return true }
            await Task.yield()
        }
        return false
    }

    @Test("a tree whose children use every rule, and that operators have looked at, leaves nothing behind either")
    func everyRule() async throws {
        let clock = ManualClock()
        let runtime = Runtime(clock: clock, events: SilentSink())
        let name = ServerName<Ticker>("ticker")
        var places: [Weak] = []
        do {
            let tree = try await Supervisor {
                Child(name) { Ticker() }
                    .startTimeout(.seconds(10)).watchdog(.seconds(10)).drain(for: .seconds(10)).mail(.discarded)
                    .mailbox(limit: 1, overflow: .suspend).crashes { _ in false }
            }.start(in: runtime)
            let ticker = ServerRef(name, in: runtime)
            try ticker.observe()
            try await ticker.suspend()
            places.append(try await ticker.inspect { Weak(object: $0) })
            try await ticker.replace { _ in Ticker() }
            ticker.cast(.done)
            let sender = Task { try await ticker.send(.done) }
            let caller = Task { try await ticker.call { _ in } }
            // The ticker's timer and its sleep, which go on, and those who wait for room.
            await clock.waitForSleepers(4)
            try ticker.resume()
            try await sender.value
            try await caller.value
            places.append(try await ticker.inspect { Weak(object: $0) })
            places.append(Weak(object: try ticker.resolve()))
            try await tree.stop()
        }
        for place in places { #expect(await isGone(place)) }
        #expect(runtime.deadlines.pendingCount == 0)
        #expect(clock.sleeperCount == 0)
    }

    @Test("a stopped tree leaves no deadline, no place and no server behind")
    func stoppedTree() async throws {
        let clock = ManualClock()
        let recorder = EventRecorder()
        let runtime = Runtime(clock: clock, events: recorder)
        let name = ServerName<Ticker>("ticker")
        var places: [Weak] = []
        do {
            let supervisor = Supervisor {
                Child(name) { Ticker() }
                Worker("worker") { try await Runtime.current.sleep(for: .seconds(100)) }
                Child("nested") {
                    Supervisor { Child("inner") { Ticker() } }
                }
            }
            let tree = try await supervisor.start(in: runtime)
            let ticker = ServerRef(name, in: runtime)
            let first = try await ticker.call { Weak(object: $0) }
            let waiting = Task { try await ticker.call { try await $0.wait() } }
            await clock.waitForSleepers(7)
            ticker.cast(.crash)
            waiting.cancel()
            _ = await waiting.result
            await recorder.waitFor(line: "app/ticker restarted, life 2")
            #expect(await isGone(first), "the server of the first life is still there")

            places.append(try await ticker.call { Weak(object: $0) })
            places.append(Weak(object: try ticker.resolve()))
            places.append(Weak(object: try tree.resolve()))
            places.append(Weak(object: supervisor))
            try await tree.stop()
        }
        for place in places { #expect(await isGone(place)) }
        #expect(runtime.deadlines.pendingCount == 0)
        #expect(clock.sleeperCount == 0)
    }
}
