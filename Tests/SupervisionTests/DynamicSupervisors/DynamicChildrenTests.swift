import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

@Suite("Dynamic supervisors: children")
struct DynamicChildrenTests {
    let bench = Bench()
    let hold = HoldPoint()

    private func start(
        maxChildren: Int? = nil,
        intensity: RestartIntensity = RestartIntensity(1000, within: .seconds(1))
    ) async throws -> ServerRef<DynamicSupervisor> {
        try await DynamicSupervisor(maxChildren: maxChildren, intensity: intensity).start(in: bench.runtime)
    }

    @Test("R82 a child is reached by the address that its start gives, and equal ids are told apart by number")
    func addresses() async throws {
        let tree = try await start()
        let first = try await tree.startChild("session") { Probe("a") }
        let second = try await tree.startChild("session") { Probe("b") }
        let third = try await tree.startChild { Probe("c") }
        #expect(try await first.call { $0.name } == "a")
        #expect(try await second.call { $0.name } == "b")
        #expect(try await third.call { $0.name } == "c")
        #expect(try await tree.children().map(\.path) == ["app/Probe#3", "app/session#2", "app/session#1"])
        #expect(try await tree.children().map(\.id) == ["Probe#3", "session#2", "session#1"])
        second.crash()
        await bench.recorder.waitFor(line: "app/session#2 restarted, life 2")
        #expect(try await second.call { $0.name } == "b")
        #expect(try await tree.children().map(\.restarts) == [0, 1, 0])
        try await tree.stop(.shutdown)
        #expect(bench.events(of: "app/session#1") == ["started"])
        #expect(bench.events(of: "app").last == "stopped")
        #expect(bench.events(of: "app").contains("stopped 3 children"))
    }

    @Test("C-S15 R7 it begins without children and without a specification; each start brings exactly one")
    func empty() async throws {
        let tree = try await start()
        #expect(try await tree.children().isEmpty)
        try await tree.startChild("a") { Probe("a") }
        #expect(try await tree.counts().specs == 1)
        try await tree.stop(.shutdown)
    }

    @Test("C-T09 R20 permanent is restarted for shutdown and crash, transient only for a crash, temporary never")
    func restartTypes() async throws {
        let tree = try await start()
        let permanent = try await tree.startChild("permanent") { Probe("p") }
        let transient = try await tree.startChild("transient", restart: .transient) { Probe("t") }
        let temporary = try await tree.startChild("temporary", restart: .temporary) { Probe("x") }
        permanent.cast(.end(.shutdown))
        await bench.recorder.waitFor(line: "app/permanent#1 restarted, life 2")
        permanent.cast(.end(.shutdownWith("info")))
        await bench.recorder.waitFor(line: "app/permanent#1 restarted, life 3")
        permanent.crash()
        await bench.recorder.waitFor(line: "app/permanent#1 restarted, life 4")
        transient.crash()
        await bench.recorder.waitFor(line: "app/transient#2 restarted, life 2")
        transient.cast(.end(.shutdownWith("info")))
        await bench.recorder.waitFor(line: "app/transient#2 ended (shutdown: info); is removed")
        temporary.crash()
        await bench.recorder.waitFor(line: "app/temporary#3 crashed: mishap; is removed")
        #expect(try await tree.children().map(\.id) == ["permanent#1"])
        await #expect(throws: ServerError.self) { try await temporary.call { $0.name } }
        try await tree.stop(.shutdown)
    }

    @Test("R72 a child is terminated by its address or by its listed id, for good; after that it is no child")
    func terminate() async throws {
        let tree = try await start()
        let first = try await tree.startChild("session") { [bench] in Probe("a", bench.journal) }
        try await tree.startChild("session") { [bench] in Probe("b", bench.journal) }
        try await tree.terminateChild(first)
        #expect(bench.journal.lines == ["start a", "start b", "stop a"])
        #expect(bench.events(of: "app/session#1") == ["started", "stopped"])
        try await tree.terminateChild("session#2")
        #expect(try await tree.counts().specs == 0)
        for id: ChildID in ["session#2", "session#1", "session", "other#2", "session#x", "#", ""] {
            let error = await #expect(throws: SupervisorError.self) { try await tree.terminateChild(id) }
            #expect(error.map(MachineWords.words) == "'\(id)' is no child")
        }
        let error = await #expect(throws: SupervisorError.self) { try await tree.terminateChild(first) }
        #expect(error.map(MachineWords.words) == "app/session#1 is no child")
        try await tree.stop(.shutdown)
    }

    @Test("R72 a server of another supervisor is no child, and neither is a name that leads nowhere")
    func foreign() async throws {
        let tree = try await start()
        let own = try await tree.startChild { Probe("own") }
        // The second one of its supervisor, too: with the same key as the own child.
        let other = try await Supervisor {
            bench.probe("a")
            bench.probe("b")
        }.start(as: "other", in: bench.runtime)
        for ref in [bench.ref("a"), bench.ref("b"), bench.ref("nobody")] {
            await #expect(throws: SupervisorError.self) { try await tree.terminateChild(ref) }
        }
        for ref in [bench.ref("a"), bench.ref("b"), own] { #expect(try await ref.call { $0.add(1) } == 1) }
        try await other.stop(.shutdown)
        try await tree.stop(.shutdown)
    }

    @Test("R72 S7 terminating a child that waits for its restart cancels the retry and removes it")
    func terminateWaiting() async throws {
        let tree = try await start()
        let ref = try await tree.startChild("a", backoff: .constant(.seconds(60))) { Probe("a") }
        ref.crash()
        await bench.recorder.waitFor(line: "app/a#1 crashed: mishap; restarts in 60 s")
        #expect(try await tree.children().map { "\($0.status)" } == ["restarting"])
        #expect(try await tree.counts().active == 0)
        await bench.clock.waitForSleepers(1)
        try await tree.terminateChild(ref)
        #expect(try await tree.children().isEmpty)
        #expect(bench.runtime.deadlines.pendingCount == 0)
        bench.clock.advance(by: .seconds(100))
        #expect(try await tree.counts().specs == 0)
        try await tree.stop(.shutdown)
    }

    @Test("S7 a child with a back-off is started again when its delay is over")
    func backoff() async throws {
        let tree = try await start()
        let ref = try await tree.startChild("a", backoff: .constant(.seconds(60))) { Probe("a") }
        ref.crash()
        await bench.recorder.waitFor(line: "app/a#1 crashed: mishap; restarts in 60 s")
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(60))
        await bench.recorder.waitFor(line: "app/a#1 restarted, life 2")
        #expect(try await ref.call { $0.add(1) } == 1)
        try await tree.stop(.shutdown)
    }

    @Test("S12 a child that would wait for its own end fails at once")
    func terminateSelf() async throws {
        let tree = try await start()
        let words = LifeJournal()
        let ref = try await tree.startChild("a", restart: .temporary) {
            Probe(
                "a",
                onTerminate: {
                    do {
                        try await tree.terminateChild("a#1")
                    } catch {
                        words.note("\(error)")
                    }
                }
            )
        }
        ref.crash()
        await bench.recorder.waitFor(line: "app/a#1 crashed: mishap; is removed")
        #expect(words.lines.first?.hasPrefix("the call would wait for itself: app/a#1 → app/a#1") == true)
        try await tree.stop(.shutdown)
    }

    @Test("C-Z05 R7 R82 a significant child is refused: a dynamic supervisor does not end with its children")
    func significant() async throws {
        let tree = try await start()
        let child = Child("a", restart: .temporary, significant: true) { Probe("a") }
        let error = await #expect(throws: SupervisorError.self) { try await tree.startChild(child) }
        #expect(error.map(MachineWords.words) == "invalid significant of child 'a'")
        // The remedy is not that of a supervisor that could have automatic shutdown.
        #expect(error.map { "\($0)" }?.hasSuffix("a dynamic supervisor does not end with its children") == true)
        #expect(try await tree.counts().specs == 0)
        try await tree.stop(.shutdown)
    }

    @Test("R8 a specification that cannot be is refused, and so is a child of another type than was asked for")
    func invalid() async throws {
        let tree = try await start()
        await #expect(throws: SupervisorError.self) { try await tree.startChild("a/b") { Probe("a") } }
        await #expect(throws: SupervisorError.self) {
            try await tree.startChild("a", shutdown: .timeout(.seconds(-1))) { Probe("a") }
        }
        let error = await #expect(throws: SupervisorError.self) {
            try await tree.startChild(Worker("w") { bench.journal.note("ran") }, as: Probe.self)
        }
        #expect(error.map(MachineWords.words) == "invalid the server of child 'w'")
        #expect(bench.journal.lines.isEmpty)
        #expect(try await tree.counts().specs == 0)
        try await tree.stop(.shutdown)
    }

    @Test("R2 R80 settings that cannot be fail the start", arguments: [-1, -100])
    func settings(limit: Int) async throws {
        let error = await #expect(throws: SupervisorError.self) { try await start(maxChildren: limit) }
        #expect(error.map(MachineWords.words) == "invalid maxChildren")
        await #expect(throws: SupervisorError.self) {
            try await start(intensity: RestartIntensity(limit, within: .seconds(1)))
        }
    }

    @Test("R80 over maxChildren the error names the limit; a child that has gone makes room")
    func maxChildren() async throws {
        let tree = try await start(maxChildren: 2)
        let first = try await tree.startChild("a", backoff: .constant(.seconds(60))) { Probe("a") }
        try await tree.startChild("b") { Probe("b") }
        first.crash()
        await bench.recorder.waitFor(line: "app/a#1 crashed: mishap; restarts in 60 s")
        let error = await #expect(throws: SupervisorError.self) { try await tree.startChild { Probe("c") } }
        #expect(error.map(MachineWords.words) == "more than 2 children")
        try await tree.terminateChild(first)
        try await tree.startChild("c") { Probe("c") }
        try await tree.stop(.shutdown)
    }

    @Test("C-M10 R81 what a child's closure has captured is given at its first start and at each restart")
    func arguments() async throws {
        let tree = try await start()
        let (shared, own) = ("database", 7)
        let ref = try await tree.startChild("a") { [bench] in
            bench.journal.note("start with \(shared) and \(own)")
            return Probe("a")
        }
        ref.crash()
        await bench.recorder.waitFor(line: "app/a#1 restarted, life 2")
        #expect(bench.journal.lines == ["start with database and 7", "start with database and 7"])
        try await tree.stop(.shutdown)
    }

    @Test("C-M11 R83 a start that throws or exits is an error to the caller; nothing is kept, the supervisor lives")
    func failedStarts() async throws {
        let tree = try await start()
        let failures: [(any Error, String)] = [
            (Mishap(), "start failed: mishap"), (Exit(.normal), "start failed: exit: normal"),
            (Exit(.error(Mishap("inside"))), "start failed: inside"),
            (CancellationError(), "start failed: CancellationError()"),
        ]
        for (failure, words) in failures {
            for inStarted in [false, true] {
                let error = await #expect(throws: SupervisorError.self) {
                    try await tree.startChild("a") {
                        if !inStarted { throw failure }
                        return Probe("a", onStart: { throw failure })
                    }
                }
                #expect(error.map(MachineWords.words) == words)
            }
        }
        #expect(try await tree.counts().specs == 0)
        #expect(try await tree.startChild("a") { Probe("a") }.call { $0.add(1) } == 1)
        try await tree.stop(.shutdown)
    }

    @Test("C-L05 R12 R45 a start that says ignore keeps nothing, and a restart that says so removes the child")
    func ignore() async throws {
        let tree = try await start(maxChildren: 1)
        await #expect(throws: Ignore.self) { try await tree.startChild { () -> Probe in throw Ignore() } }
        let none = try await tree.startChild(Child("none") { () -> Probe in throw Ignore() })
        #expect(none.start.isIgnored)
        #expect(try await tree.counts().specs == 0)
        let starts = LifeJournal()
        let name = ServerName<Probe>("a")
        let ref = try await tree.startChild(name) {
            starts.note("start")
            if starts.lines.count > 2 { throw Ignore() }
            return Probe("\(starts.lines.count)")
        }
        ref.crash()
        await bench.recorder.waitFor(line: "app/a#3 restarted, life 2")
        #expect(try await ref.call { $0.name } == "2")
        ref.crash()
        await bench.recorder.waitFor(line: "app/a#3 has nothing to do; is removed")
        #expect(try await tree.children().isEmpty)
        await #expect(throws: ServerError.self) { try await bench.ref("a").call { $0.name } }
        try await tree.stop(.shutdown)
    }

    private actor Listener: GenServer {
        func started(_ context: ServerContext<Listener>) {
            context.setStartInfo(8080)
        }
    }

    @Test("R11 what a start has to tell is given to whoever asked for the child")
    func startInfo() async throws {
        let tree = try await start()
        let child = try await tree.startChild(Child("listener") { Listener() })
        #expect(child.start.info as? Int == 8080)
        try await tree.stop(.shutdown)
    }

    @Test("S6 a child that asks to be parked is refused, as none stays that is down")
    func park() async throws {
        let tree = try await start()
        let child = Child("a") { Probe("a") }.limit(1, within: .seconds(1), then: .park)
        let error = await #expect(throws: SupervisorError.self) { try await tree.startChild(child) }
        #expect(error.map(MachineWords.words) == "invalid limit of child 'a'")
        try await tree.stop(.shutdown)
    }

    @Test("G3 R15 a named child is found by its name; a name that is taken is told bare, and nothing is kept")
    func names() async throws {
        let tree = try await start()
        let ref = try await tree.startChild(ServerName<Probe>("alice")) { Probe("alice") }
        #expect(try await bench.ref("alice").call { $0.add(1) } == 1)
        let error = await #expect(throws: SupervisorError.self) {
            try await tree.startChild(ServerName<Probe>("alice")) { Probe("other") }
        }
        #expect(error.map(MachineWords.words) == "name alice taken")
        #expect(try await tree.counts().specs == 1)
        try await tree.terminateChild(bench.ref("alice"))
        await #expect(throws: ServerError.self) { try await ref.call { $0.total } }
        try await tree.startChild(ServerName<Probe>("alice")) { Probe("alice") }
        #expect(try await bench.ref("alice").call { $0.total } == 0)
        try await tree.stop(.shutdown)
        let other = try await Supervisor { bench.probe("alice") }.start(as: "other", in: bench.runtime)
        try await other.stop(.shutdown)
    }

    @Test("a worker is a child like any other, and rules of a specification hold")
    func specifications() async throws {
        let tree = try await start()
        let job = try await tree.startChild(
            Worker("job", restart: .transient) { [hold] in
                await hold.hold()
                throw Exit(.normal)
            }
        )
        #expect(job.id == "job#1")
        #expect(!job.start.isIgnored)
        let ref = try await tree.startChild(
            Child("a", restart: .temporary) { Probe("a") }.crashes { $0 is Mishap },
            as: Probe.self
        )
        await #expect(throws: ServerError.self) { try await ref.call { _ in throw Mishap() } }
        await bench.recorder.waitFor(line: "app/a#2 crashed: mishap; is removed")
        hold.open()
        await bench.recorder.waitFor(line: "app/job#1 ended (normal); is removed")
        try await tree.stop(.shutdown)
    }

    @Test("R16 C-M13 a start on request is told at debug level, a restart at info level")
    func levels() async throws {
        let tree = try await start()
        let ref = try await tree.startChild("a") { Probe("a") }
        ref.crash()
        await bench.recorder.waitFor(line: "app/a#1 restarted, life 2")
        let levels = bench.recorder.events.map { "\($0.level) \($0)" }.filter { $0.contains(" app/") }
        #expect(
            levels == [
                "debug app/a#1 started", "error app/a#1 crashed: mishap; restarts now",
                "info app/a#1 restarted, life 2",
            ]
        )
        try await tree.stop(.shutdown)
    }

    @Test("C-M05 R74 the list and the counts agree at 1000 and 2000 children, and all are 0 when all have gone")
    func counts() async throws {
        let tree = try await start()
        var refs: [ServerRef<Probe>] = []
        for total in [1000, 2000] {
            while refs.count < total { refs.append(try await tree.startChild(restart: .temporary) { Probe("a") }) }
            let counts = try await tree.counts()
            #expect(try await tree.children().count == total)
            #expect([counts.specs, counts.active, counts.workers, counts.supervisors] == [total, total, total, 0])
        }
        for ref in refs { ref.exit(.error(Mishap())) }
        await bench.recorder.waitFor(2000) { $0.description.hasSuffix("is removed") }
        let counts = try await tree.counts()
        #expect([counts.specs, counts.active, counts.workers, counts.supervisors] == [0, 0, 0, 0])
        #expect(try await tree.children().isEmpty)
        try await tree.stop(.shutdown)
    }

    @Test("C-M05 R74 the same when the children are supervisors")
    func supervisorCounts() async throws {
        let tree = try await start()
        for _ in 0..<1000 { try await tree.startChild("inner", restart: .temporary) { Supervisor {} } }
        let counts = try await tree.counts()
        #expect([counts.specs, counts.active, counts.workers, counts.supervisors] == [1000, 1000, 0, 1000])
        for child in try await tree.children() { try await tree.terminateChild(child.id) }
        #expect(try await tree.counts().supervisors == 0)
        try await tree.stop(.shutdown)
    }
}
