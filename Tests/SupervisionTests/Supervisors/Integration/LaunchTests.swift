import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

/// In which tasks what a supervisor has decided is run.
struct LaunchTests {
    private struct Run: Equatable {
        var what: String
        var task: Int?
        var isCancelled: Bool

        init(_ what: String) {
            self.what = what
            task = withUnsafeCurrentTask { $0?.hashValue }
            isCancelled = Task.isCancelled
        }
    }

    private final class Runs: Sendable {
        private let list = Mutex<[Run]>([])
        var all: [Run] { list.withLock { $0 } }
        func note(_ what: String) { list.withLock { $0.append(Run(what)) } }
    }

    private actor Fragile: GenServer {
        enum Message: Sendable { case crash }
        private let runs: Runs

        init(_ runs: Runs) {
            self.runs = runs
            runs.note("made")
        }

        func handle(_ message: Message, _ context: ServerContext<Fragile>) throws {
            runs.note("crashes")
            throw Exit(.shutdownWith("enough"))
        }

        func terminate(reason: ExitReason) { runs.note("ends") }
    }

    @Test("S4 R40 a crash, the clean-up after it and the next start follow each other in one task, uncancelled")
    func crash() async throws {
        let runs = Runs()
        let recorder = EventRecorder()
        let runtime = Runtime(clock: ManualClock(), events: recorder)
        let tree = try await Supervisor { Child("fragile") { Fragile(runs) } }.start(in: runtime)
        let place = try tree.resolve()
        while let work = place.withState({ $0.work }) { await work.value }
        let child = try #require(try await tree.call { $0.residents.first?.place as? ServerPlace<Fragile> })
        ServerRef(place: child).cast(.crash)
        await recorder.waitFor(line: "app/fragile restarted, life 2")
        #expect(runs.all.map(\.what) == ["made", "crashes", "ends", "made"])
        #expect(Set(runs.all.dropFirst().map(\.task)).count == 1)
        #expect(!runs.all.contains { $0.isCancelled })
        try await tree.stop()
    }

    @Test("S4 a server that is stopped in the middle of a message cleans up uncancelled, in another task")
    func stop() async throws {
        let (started, isStarted) = (Runs(), AsyncStream<Void>.makeStream())
        let runtime = Runtime(clock: ManualClock(), events: SilentSink())
        let tree = try await DynamicSupervisor().start(in: runtime)
        let child = try await tree.startChild { Patient(started) { isStarted.continuation.yield() } }
        child.cast(.wait)
        for await _ in isStarted.stream { break }
        try await tree.terminateChild(child)
        let runs = started.all
        #expect(runs.map(\.what) == ["was told", "ends"])
        #expect(runs.map(\.isCancelled) == [true, false])
        try await tree.stop()
    }

    @Test("R10 the start of a nested supervisor and of those after it goes on in the task that starts its children")
    func nestedStart() async throws {
        let runs = Runs()
        let runtime = Runtime(clock: ManualClock(), events: SilentSink())
        let tree = try await Supervisor {
            Child("first") { Fragile(runs) }
            Child("nested") { Supervisor { Child("inner") { Fragile(runs) } } }
            Child("empty") { Supervisor {} }
            Child("dynamic") { DynamicSupervisor() }
            Child("last") { Fragile(runs) }
        }.start(in: runtime)
        #expect(runs.all.map(\.what) == ["made", "made", "made"])
        #expect(Set(runs.all.map(\.task)).count == 1)
        try await tree.stop()
    }

    @Test("S18 a nested supervisor is not left before its parent knows that it has started: its end is told after that")
    func endAfterStart() async throws {
        let sink = NestedSink()
        let runtime = Runtime(clock: ManualClock(), events: sink)
        let tree = try await Supervisor {
            Child("nested") { Supervisor { Child("inner") { Fragile(Runs()) } } }
        }.start(in: runtime)
        let nested = try #require(
            try await tree.call { $0.residents.first?.place as? ServerPlace<Supervisor> }
        )
        try await rest(ServerRef(place: nested))
        sink.onSecondStart.withLock { action in
            action = {
                // Asked to end while its parent is being told.
                ServerRef(place: nested).exit(.error(Mishap("late")))
                return nested.withState { $0.phase } == .visited
            }
        }
        ServerRef(place: nested).exit(.error(Mishap("early")))
        await sink.recorder.waitFor(line: "app/nested restarted, life 3")
        #expect(sink.wasVisited.withLock { $0 } == true)
        let lines = sink.recorder.lines.filter { $0.hasPrefix("app/nested ") }
        #expect(
            lines.suffix(4).map { $0.prefix { $0 != ":" } } == [
                "app/nested crashed", "app/nested restarted, life 2", "app/nested crashed",
                "app/nested restarted, life 3",
            ]
        )
        try await tree.stop()
    }

    @Test("S18 S8 a supervisor that gives up at once for what has happened during its start has started")
    func endWithStart() async throws {
        let recorder = EventRecorder()
        let runtime = Runtime(clock: ManualClock(), events: recorder)
        let fragile = ServerName<Fragile>("fragile")
        let tree = try await Supervisor {
            Child("nested", restart: .temporary) {
                Supervisor(intensity: RestartIntensity(0, within: .seconds(5))) {
                    Child(fragile) { Fragile(Runs()) }
                    Child("nothing") { () async throws -> Fragile in
                        // Its end is known to the supervisor, which deals with it when the start is complete.
                        let waiter = ExitWaiter()
                        let ref = ServerRef(fragile, in: runtime)
                        _ = try ref.resolve().observe(waiter)
                        ref.cast(.crash)
                        _ = await waiter.outcome()
                        throw Ignore()
                    }
                }
            }
        }.start(in: runtime)
        await recorder.waitFor(line: "app/nested ended (shutdown); is removed")
        #expect(recorder.lines.contains("app/nested started"))
        try await tree.stop()
    }

    /// Does something when the nested supervisor has started for the second time, while its parent is told of it.
    private final class NestedSink: EventSink {
        let recorder = EventRecorder()
        let onSecondStart = Mutex<(@Sendable () -> Bool)?>(nil)
        let wasVisited = Mutex<Bool?>(nil)

        func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
            recorder.receive(event, at: time)
            guard let event = event as? SupervisionEvent, event.path == "app/nested" else { return }
            guard case .restarted(incarnation: 2) = event.kind, let action = onSecondStart.withLock({ $0 }) else {
                return
            }
            let wasVisited = action()
            self.wasVisited.withLock { $0 = wasVisited }
        }
    }

    @Test("R50 the children of a nested supervisor are stopped in the task that stops the supervisor's siblings")
    func nestedStop() async throws {
        let runs = Runs()
        let runtime = Runtime(clock: ManualClock(), events: SilentSink())
        let tree = try await Supervisor {
            Child("first") { Fragile(runs) }
            Child("nested") {
                Supervisor {
                    Child("inner") { Fragile(runs) }
                    Child("other") { Fragile(runs) }
                }
            }
            Child("last") { Fragile(runs) }
        }.start(in: runtime)
        try await rest(tree)
        for resident in try await tree.call({ $0.residents }) {
            if let nested = resident.place as? ServerPlace<Supervisor> { try await rest(ServerRef(place: nested)) }
        }
        try await rest(tree)
        try await tree.stop()
        let ends = runs.all.filter { $0.what == "ends" }
        #expect(ends.count == 4)
        #expect(Set(ends.map(\.task)).count == 1)
        #expect(!ends.contains { $0.isCancelled })
    }

    @Test("S8 what comes to a supervisor while a child's task is at it is seen to by that task")
    func mailMeanwhile() async throws {
        let sink = PostingSink()
        let runtime = Runtime(clock: ManualClock(), events: sink)
        let tree = try await Supervisor(strategy: .oneForOne) {
            Child("first") { Fragile(Runs()) }
            Child("second") { Fragile(Runs()) }
        }.start(in: runtime)
        let children = try await tree.call { $0.residents.reversed().map(\.place) }
        try await rest(tree)
        // While the supervisor is told of the first, it is posted that the second has ended too.
        sink.post = { [second = children[1]] in
            let reason = ExitReason.error(PostingSink.Posted())
            second.parent.place(
                second.key,
                did: .ended(incarnation: 1, reason, askedFor: .zero, isAbandoned: false)
            )
        }
        ServerRef(place: try #require(children[0] as? ServerPlace<Fragile>)).cast(.crash)
        await sink.hasSeenBoth()
        let crashes = sink.crashes
        #expect(crashes.map(\.what) == ["app/first", "app/second"])
        #expect(Set(crashes.map(\.task)).count == 1)
        try await tree.stop()
    }

    @Test("S8 a call that hangs on a supervisor holds up no child's task that saw to the supervisor's mail")
    func hangingCall() async throws {
        let sink = PostingSink()
        let runtime = Runtime(clock: ManualClock(), events: sink)
        let tree = try await Supervisor { Child("first") { Fragile(Runs()) } }.start(in: runtime)
        let place = try #require(
            try await tree.call { $0.residents.first?.place as? ServerPlace<Fragile> }
        )
        try await rest(tree)
        let hanging = Mutex<ServerRequest<Void>?>(nil)
        let isOver = AsyncStream<Void>.makeStream()
        sink.post = {
            let request = try? tree.request { _ in
                for await _ in isOver.stream { break }
            }
            hanging.withLock { $0 = request }
        }
        let waiter = ExitWaiter()
        _ = place.observe(waiter)
        ServerRef(place: place).cast(.crash)
        // Told by the task of the child's end, once the supervisor has been told.
        #expect(await waiter.outcome()?.isClean == true)
        let request = try #require(hanging.withLock { $0 })
        #expect(request.check() == nil)
        isOver.continuation.yield()
        _ = try await request.response()
        try await tree.stop()
    }

    /// Waits until nobody is at the supervisor any more, not even on the way out.
    private func rest(_ supervisor: ServerRef<Supervisor>) async throws {
        let place = try supervisor.resolve()
        while place.isBusy { await Task.yield() }
    }

    /// Posts something while it is told of a child's crash, on the supervisor.
    private final class PostingSink: EventSink {
        struct Posted: Error {}

        private let runs = Runs()
        private let action = Mutex<(@Sendable () -> Void)?>(nil)
        private let bothSeen = AsyncStream<Void>.makeStream()

        var post: (@Sendable () -> Void)? {
            get { action.withLock { $0 } }
            set { action.withLock { $0 = newValue } }
        }

        var crashes: [Run] { runs.all }

        func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
            guard let event = event as? SupervisionEvent, case .ended = event.kind else { return }
            runs.note(event.path)
            if runs.all.count == 1 { post?() } else { bothSeen.continuation.yield() }
        }

        func hasSeenBoth() async {
            for await _ in bothSeen.stream { break }
        }
    }

    private actor Patient: GenServer {
        enum Message: Sendable { case wait }
        private let runs: Runs
        private let onWait: @Sendable () -> Void

        init(_ runs: Runs, onWait: @escaping @Sendable () -> Void) {
            self.runs = runs
            self.onWait = onWait
        }

        func handle(_ message: Message, _ context: ServerContext<Patient>) async throws {
            onWait()
            defer { runs.note("was told") }
            try await context.runtime.sleep(for: .seconds(1_000))
        }

        func terminate(reason: ExitReason) { runs.note("ends") }
    }
}
