import Supervision
import SupervisionTesting
import Testing

/// What is left of a child that is cut off without a clean-up, and of the mail that it had taken.
@Suite("Cut off")
struct CutOffTests {
    /// Holds its server in a message, deaf to cancellation, until it is let go.
    private actor Stubborn: GenServer {
        enum Message: Sendable { case hang, count }
        private let hold: AsyncStream<Void>
        private let begun: AsyncStream<Void>.Continuation
        private(set) var count = 0

        init(_ hold: AsyncStream<Void>, begun: AsyncStream<Void>.Continuation) {
            self.hold = hold
            self.begun = begun
        }

        func handle(_ message: Message, _ context: ServerContext<Stubborn>) async {
            switch message {
            case .hang:
                begun.finish()
                // In a task of its own, because a stream ends when the task that waits for it is cancelled.
                let hold = hold
                await Task { for await _ in hold {} }.value
            case .count: count += 1
            }
        }
    }

    private let clock = ManualClock()
    private let recorder = EventRecorder()
    private let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, events: recorder)
    }

    @Test("S2 what a hung server had taken and not begun is handled by the next incarnation")
    func mailOfHungServer() async throws {
        let (hold, letGo) = AsyncStream<Void>.makeStream()
        let (hasBegun, begun) = AsyncStream<Void>.makeStream()
        let name = ServerName<Stubborn>("a")
        let tree = try await Supervisor { Child(name) { Stubborn(hold, begun: begun) } }.start(in: runtime)
        let a = ServerRef(name, in: runtime)
        // Posted while the server is held, so that one batch has them all.
        try await a.call { (_: isolated Stubborn) in
            a.cast(.hang)
            a.cast(.count)
            a.cast(.count)
        }
        for await _ in hasBegun {}
        a.exit(.error(CancellationError()))
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(5))
        await recorder.waitFor(line: "app/a restarted, life 2")
        #expect(try await a.call { $0.count } == 2)
        letGo.finish()
        await recorder.waitFor(line: "app/a has ended at last, after it had been given up")
        // Handled once: the stray has given up what was taken from it.
        #expect(try await a.call { $0.count } == 2)
        try await tree.stop()
    }

    @Test("S3 a crash stays the reason when the clean-up after it does not end")
    func crashWithHungCleanUp() async throws {
        actor Dirty: GenServer {
            let hold: AsyncStream<Void>
            init(_ hold: AsyncStream<Void>) { self.hold = hold }
            func fail() throws { throw Exit(.error(Lost())) }
            func terminate(reason: ExitReason) async {
                let hold = hold
                await Task { for await _ in hold {} }.value
            }
        }
        struct Lost: Error, CustomStringConvertible { var description: String { "lost" } }
        let (hold, letGo) = AsyncStream<Void>.makeStream()
        let name = ServerName<Dirty>("dirty")
        let tree = try await Supervisor { Child(name) { Dirty(hold) } }.start(in: runtime)
        _ = try? await ServerRef(name, in: runtime).call { try $0.fail() }
        clock.advance(by: .seconds(5))
        await recorder.waitFor(line: "app/dirty restarted, life 2")
        #expect(recorder.lines.contains("app/dirty crashed: lost; restarts now"))
        letGo.finish()
        await recorder.waitFor(line: "app/dirty has ended at last, after it had been given up")
        try await tree.stop()
    }

    @Test("R52 a worker that is killed and heeds its cancellation is no zombie for long")
    func killedWorker() async throws {
        let tree = try await Supervisor {
            Worker("w", shutdown: .brutalKill) { try await Runtime.current.sleep(for: .seconds(1_000)) }
        }.start(in: runtime)
        await clock.waitForSleepers(1)
        try await tree.terminateChild("w")
        await recorder.waitFor(line: "app/w has ended at last, after it had been given up")
        #expect(try await tree.counts().zombies == 0)
        try await tree.stop()
    }

    @Test("R56 a supervisor that is killed takes its children with it, and frees their names")
    func killedSupervisor() async throws {
        let tree = try await Supervisor {
            Child("inner", shutdown: .brutalKill) { Supervisor { Child(.a) { Notes() } } }
        }.start(in: runtime)
        let notes = ServerRef(ServerName<Notes>.a, in: runtime)
        _ = try await notes.call { $0.log }
        try await tree.terminateChild("inner")
        while notes.status.description == "running" { await Task.yield() }
        try await tree.restartChild("inner")
        #expect(try await notes.call { $0.log } == [])
        try await tree.stop()
    }

    @Test("R52 R56 a supervisor to be killed that is ended from outside takes its children with it as well")
    func endedKillableSupervisor() async throws {
        let inner = ServerName<Supervisor>("inner")
        let tree = try await Supervisor {
            Child(inner, restart: .temporary, shutdown: .brutalKill) { Supervisor { Child(.a) { Notes() } } }
        }.start(in: runtime)
        let notes = ServerRef(ServerName<Notes>.a, in: runtime)
        _ = try await notes.call { $0.log }
        try await ServerRef(inner, in: runtime).stop(.error(Notes.Crash()))
        while notes.status.description == "running" { await Task.yield() }
        #expect(try await tree.counts().active == 0)
        try await tree.stop()
    }

    @Test("R52 a child to be killed runs no clean-up after a crash either")
    func crashOfKillable() async throws {
        let name = ServerName<Notes>("k")
        let tree = try await Supervisor { Child(name, shutdown: .brutalKill) { Notes() } }.start(in: runtime)
        ServerRef(name, in: runtime).cast(.crash)
        await recorder.waitFor(line: "app/k restarted, life 2")
        try await tree.stop()
    }

    @Test("G15 a server that waits for its restart cannot be stopped: it does not run")
    func stopWhileRestarting() async throws {
        let name = ServerName<Notes>("k")
        let tree = try await Supervisor {
            Child(name, backoff: .constant(.seconds(10))) { Notes() }
        }.start(in: runtime)
        let k = ServerRef(name, in: runtime)
        k.cast(.crash)
        await recorder.waitFor(line: "app/k crashed: crash; restarts in 10 s")
        await #expect(throws: ServerError.self) { try await k.stop() }
        try await tree.stop()
    }
}
