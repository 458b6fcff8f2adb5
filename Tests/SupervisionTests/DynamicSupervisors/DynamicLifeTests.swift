import SupervisionTesting
import Testing

@testable import Supervision

extension ServerName where Server == DynamicSupervisor {
    static var sessions: Self { .init("sessions") }
}

@Suite("Dynamic supervisors: in a tree")
struct DynamicLifeTests {
    let bench = Bench()
    let hold = HoldPoint()

    private var sessions: ServerRef<DynamicSupervisor> { ServerRef(.sessions, in: bench.runtime) }

    private func start(_ intensity: RestartIntensity) async throws -> ServerRef<DynamicSupervisor> {
        try await DynamicSupervisor(intensity: intensity).start(in: bench.runtime)
    }

    @Test("R3 R73 as a child it is a supervisor, with all the time it takes to stop, and is drawn with its children")
    func tree() async throws {
        let tree = try await Supervisor {
            Child(.sessions) { DynamicSupervisor(maxChildren: 10) }
            bench.probe("users")
        }.start(in: bench.runtime)
        #expect(Child(.sessions) { DynamicSupervisor() }.shutdown == .infinity)
        try await sessions.startChild("session") { Probe("a") }
        try await sessions.startChild("inner") { [bench] in Supervisor(strategy: .oneForAll) { bench.probe("b") } }
        let ref = try await sessions.startChild("session") { Probe("c") }
        ref.crash()
        await bench.recorder.waitFor(line: "app/sessions/session#3 restarted, life 2")
        #expect(
            try await tree.tree().description == """
                app              supervisor, one-for-one  running
                ├─ sessions      dynamic supervisor       running
                │  ├─ session#1  Probe                    running
                │  ├─ inner#2    supervisor, one-for-all  running
                │  │  └─ b       Probe                    running
                │  └─ session#3  Probe                    running, 1 restart
                └─ users         Probe                    running
                """
        )
        #expect(try await tree.counts().supervisors == 1)
        #expect(try await sessions.tree().path == "app/sessions")
        try await tree.stop(.shutdown)
        #expect(bench.events(of: "app/sessions") == ["started", "stopped 3 children", "stopped"])
    }

    @Test("C-I04 R33 R34 a restart that fails once too often ends it with shutdown, and its parent restarts it empty")
    func escalation() async throws {
        let starts = LifeJournal()
        let tree = try await Supervisor {
            Child(.sessions) { DynamicSupervisor(intensity: .init(1, within: .seconds(5))) }
        }.start(in: bench.runtime)
        let ref = try await sessions.startChild("a") {
            starts.note("start")
            if starts.lines.count > 1 { throw Mishap("again") }
            return Probe("a")
        }
        try await sessions.startChild("b") { [bench] in Probe("b", bench.journal) }
        ref.crash()
        await bench.recorder.waitFor(line: "app/sessions restarted, life 2")
        #expect(bench.journal.lines == ["start b", "stop b"])
        #expect(bench.events(of: "app/sessions").contains("ended (shutdown); restarts now"))
        #expect(starts.lines.count == 2)
        #expect(try await sessions.counts().specs == 0)
        #expect(try await sessions.counts().recentRestarts == 0)
        try await tree.stop(.shutdown)
    }

    @Test(
        "C-I03 R30 R46 a child whose start fails at each retry ends it when the intensity is used up",
        arguments: [4, 10]
    )
    func failingRetries(intensity: Int) async throws {
        let starts = LifeJournal()
        let tree = try await start(RestartIntensity(intensity, within: .seconds(5)))
        let ref = try await tree.startChild("a") {
            starts.note("start")
            if starts.lines.count > 1 { throw Mishap("again") }
            return Probe("a")
        }
        try await tree.startChild("b") { [bench] in Probe("b", bench.journal) }
        ref.crash()
        #expect("\(await tree.waitForExit())" == "shutdown")
        #expect(starts.lines.count == 1 + intensity)
        #expect(bench.journal.lines == ["start b", "stop b"])
        #expect(
            bench.events(of: "app/a#1").last?.hasPrefix("would have been restarted more than \(intensity) times")
                == true
        )
    }

    @Test("R33 run() throws which child used the intensity up")
    func runThrows() async throws {
        let supervisor = DynamicSupervisor(intensity: .init(0, within: .seconds(5)))
        let run = Task { [bench] in try await supervisor.run(in: bench.runtime, stoppingOn: []) }
        await bench.recorder.waitFor(line: "app started")
        let ref = try await ServerRef(ServerName<DynamicSupervisor>("app"), in: bench.runtime)
            .startChild("a") { Probe("a") }
        ref.crash()
        let error = await #expect(throws: SupervisorError.self) { try await run.value }
        #expect(error.map(MachineWords.words) == "gave up at app/a#1: mishap")
        await #expect(throws: SupervisorError.self) { try await supervisor.start(in: bench.runtime) }
    }

    @Test("S8 starts run side by side, and none holds up a question, a restart or another start")
    func concurrentStarts() async throws {
        let tree = try await start(RestartIntensity(1000, within: .seconds(1)))
        let slow = (0..<2).map { _ in
            Task { [hold] in try await tree.startChild("slow") { Probe("slow", onStart: { await hold.hold() }) } }
        }
        await hold.waitForArrivals(2)
        let ref = try await tree.startChild("quick") { Probe("quick") }
        ref.crash()
        await bench.recorder.waitFor(line: "app/quick#3 restarted, life 2")
        #expect(try await tree.counts().active == 1)
        #expect(
            try await tree.children().map { "\($0.id) \($0.status)" } == [
                "quick#3 running", "slow#2 starting", "slow#1 starting",
            ]
        )
        hold.open()
        for start in slow { #expect(try await start.value.call { $0.add(1) } == 1) }
        try await tree.stop(.shutdown)
    }

    @Test("S8 S12 a child may start others from its own start, as nobody waits for it but who asked")
    func startFromStart() async throws {
        let tree = try await start(RestartIntensity(1000, within: .seconds(1)))
        let outer = try await tree.startChild("outer") {
            Probe("outer", onStart: { try await tree.startChild("inner") { Probe("inner") } })
        }
        #expect(try await outer.call { $0.name } == "outer")
        #expect(try await tree.children().map(\.id) == ["inner#2", "outer#1"])
        try await tree.stop(.shutdown)
    }

    @Test("S8 S3 a stop is obeyed while a start hangs, and its caller is told")
    func stopWhileStarting() async throws {
        let tree = try await start(RestartIntensity(1000, within: .seconds(1)))
        let slow = Task { [hold] in
            try await tree.startChild("slow") { Probe("slow", onStart: { await hold.hold() }) }
        }
        await hold.waitForArrivals()
        let stop = Task { try await tree.stop(.shutdown) }
        let error = await #expect(throws: SupervisorError.self) { try await slow.value }
        #expect(error.map(MachineWords.words) == "shutting down")
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(5))
        try await stop.value
        #expect(
            bench.events(of: "app/slow#1") == [
                "did not stop within 5 s and was given up; its code still runs, cut off from the rest. Look for a wait that "
                    + "ignores cancellation"
            ]
        )
        hold.open()
        await bench.waitForZombieEnd(of: "app/slow#1")
    }

    @Test("R55 all children are asked at once, each within a time of its own")
    func allAtOnce() async throws {
        let tree = try await start(RestartIntensity(1000, within: .seconds(1)))
        for number in 1...3 {
            try await tree.startChild("a", shutdown: .timeout(.seconds(number))) { [bench, hold] in
                Probe(
                    "a",
                    onTerminate: {
                        bench.journal.note("asked")
                        await hold.hold()
                    }
                )
            }
        }
        let stop = Task { try await tree.stop(.shutdown) }
        await hold.waitForArrivals(3)
        await bench.clock.waitForSleepers(3)
        for number in 1...3 {
            bench.clock.advance(by: .seconds(1))
            #expect(await bench.waitForGivingUp(of: "app/a#\(number)") == .seconds(number))
        }
        try await stop.value
        #expect("\(await tree.waitForExit())" == "shutdown")
        hold.open()
        for number in 1...3 { await bench.waitForZombieEnd(of: "app/a#\(number)") }
    }

    @Test(
        "C-D02 C-D10 R51 R54 S3 a busy child is given up when its time is over, which is an error event; the other stops"
    )
    func busyChild() async throws {
        let tree = try await start(RestartIntensity(1000, within: .seconds(1)))
        let busy = try await tree.startChild("busy", shutdown: .timeout(.seconds(1))) { Probe("busy") }
        let other = try await tree.startChild("other", shutdown: .timeout(.seconds(1))) { Probe("other") }
        busy.cast(.hang(hold))
        await hold.waitForArrivals()
        let stop = Task { try await tree.stop(.shutdown) }
        #expect("\(await other.waitForExit())" == "shutdown")
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(1))
        try await stop.value
        #expect("\(await tree.waitForExit())" == "shutdown")
        #expect("\(await busy.waitForExit())" == "unstoppable")
        let levels = bench.recorder.events.filter { $0.description.hasPrefix("app/busy#1 did not stop") }.map(\.level)
        #expect(levels == [.error])
        #expect(bench.events(of: "app").contains("stopped 1 child"))
        hold.open()
    }

    @Test("C-D03 R52 ten children with brutalKill end at once and without clean-up")
    func brutalKill() async throws {
        let tree = try await start(RestartIntensity(1000, within: .seconds(1)))
        for _ in 0..<10 {
            try await tree.startChild(shutdown: .brutalKill) { [bench] in Probe("a", bench.journal) }
        }
        try await tree.stop(.shutdown)
        #expect(bench.journal.take() == Array(repeating: "start a", count: 10))
        #expect(bench.events(of: "app") == ["started", "stopped 10 children", "stopped"])
    }

    @Test(
        "C-M12 R55 R53 children that end badly in the shutdown are told of in one event for each reason, with a count"
    )
    func groups() async throws {
        let tree = try await start(RestartIntensity(1000, within: .seconds(1)))
        for word in ["disk", "net", "disk"] {
            try await tree.startChild(
                Worker(ChildID(word)) {
                    do { try await Runtime.current.sleep(for: .seconds(1000)) } catch { throw Mishap(word) }
                }
            )
        }
        try await tree.startChild { Probe("fine") }
        await bench.clock.waitForSleepers(3)
        try await tree.stop(.shutdown)
        let events = bench.recorder.events.filter { $0.description.contains("child") }.map { "\($0.level) \($0)" }
        #expect(
            events == [
                "info app stopped 1 child", "error app had 2 children end badly while it stopped them: disk",
                "error app had 1 child end badly while it stopped them: net",
            ]
        )
        for case let event as SupervisionEvent in bench.recorder.events {
            if case .childrenStopped(_, let count, isExpected: false) = event.kind { #expect([1, 2].contains(count)) }
        }
    }

    @Test("S3 a zombie counts until it ends, also when its child is gone; it takes no room")
    func zombie() async throws {
        let tree = try await DynamicSupervisor(maxChildren: 1).start(in: bench.runtime)
        let ref = try await tree.startChild("a") { Probe("a") }
        ref.cast(.hang(hold))
        await hold.waitForArrivals()
        let termination = Task { try await tree.terminateChild(ref) }
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(5))
        try await termination.value
        #expect(try await tree.counts().zombies == 1)
        #expect(try await tree.counts().specs == 0)
        try await tree.startChild("b") { Probe("b") }
        hold.open()
        await bench.waitForZombieEnd(of: "app/a#1")
        #expect(try await tree.counts().zombies == 0)
        try await tree.stop(.shutdown)
    }

    @Test("S3 escalate: it stops its other children and ends with the error, and run() throws it")
    func escalate() async throws {
        let supervisor = DynamicSupervisor()
        let run = Task { [bench] in try await supervisor.run(in: bench.runtime, stoppingOn: []) }
        await bench.recorder.waitFor(line: "app started")
        let tree = ServerRef(ServerName<DynamicSupervisor>("app"), in: bench.runtime)
        try await tree.startChild { [bench] in Probe("other", bench.journal) }
        let ref = try await tree.startChild(Child("a") { Probe("a") }.whenUnstoppable(.escalate), as: Probe.self)
        ref.cast(.hang(hold))
        await hold.waitForArrivals()
        let termination = Task { try await tree.terminateChild(ref) }
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(5))
        try await termination.value
        let error = await #expect(throws: SupervisorError.self) { try await run.value }
        #expect(error.map(MachineWords.words) == "app/a#2 unstoppable")
        #expect(bench.journal.lines == ["start other", "stop other"])
        hold.open()
        await bench.waitForZombieEnd(of: "app/a#2")
    }

    @Test("S3 R56 the children of one that is given up are asked to stop, and tell nobody")
    func orphans() async throws {
        let tree = try await Supervisor {
            Child(.sessions, shutdown: .timeout(.seconds(1))) { DynamicSupervisor() }
        }.start(in: bench.runtime)
        try await sessions.startChild("a", shutdown: .infinity) { [hold] in
            Probe("a", onTerminate: { await hold.hold() })
        }
        let orphan = try await sessions.startChild("b") { [bench] in
            Probe("b", onTerminate: { bench.journal.note("stopped") })
        }
        let stop = Task { try await tree.stop(.shutdown) }
        await hold.waitForArrivals()
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(1))
        try await stop.value
        #expect("\(await orphan.waitForExit())" == "shutdown")
        #expect(bench.journal.lines == ["stopped"])
        hold.open()
    }

    @Test("R57 a root ends when the task that runs it is cancelled, and stops its children")
    func cancelledRun() async throws {
        let supervisor = DynamicSupervisor()
        let run = Task { [bench] in try await supervisor.run(in: bench.runtime, stoppingOn: []) }
        await bench.recorder.waitFor(line: "app started")
        try await ServerRef(ServerName<DynamicSupervisor>("app"), in: bench.runtime).startChild { [bench] in
            Probe("a", bench.journal)
        }
        run.cancel()
        try await run.value
        #expect(bench.journal.lines == ["start a", "stop a"])
    }
}
