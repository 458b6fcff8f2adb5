import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Registry: names through it")
struct RegistryNameTests {
    private let bench = RegistryBench()
    private let registry = Registry<Int, String>()

    @Test("C-N05 C-V04 G3 a child is started, used and found by its key; a second one is refused with the holder")
    func nameAndValue() async throws {
        let tree = try await bench.start {
            Child("sessions") { [bench, registry] in Supervisor { bench.desk("alice", via: registry, 7, "web") } }
        }
        let alice = ServerRef<Desk>(registry, 7)
        alice.cast(.note("hello"))
        #expect(try await alice.notes() == ["hello"])
        let entry = try #require(registry[7])
        #expect(entry.path == "app/sessions/alice")
        #expect(entry.value == "web")
        #expect(entry.incarnation == nil)
        #expect(registry.keys(of: alice) == [7])
        #expect(registry.values(of: 7, alice) == ["web"])

        // Told bare, and the specification is not kept (R15).
        let error = await #expect(throws: SupervisorError.self) {
            try await tree.startChild(bench.desk("impostor", via: registry, 7, "app"))
        }
        guard case .keyTaken("7", path: "app/impostor", holder: "app/sessions/alice") = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(try await tree.counts().specs == 1)
        #expect(try await alice.notes() == ["hello"])
        try await tree.stop()
        #expect(registry.count == 0)
    }

    @Test("C-N05 a key that a server has registered itself is taken, too, and a name is so for servers")
    func nameAgainstEntry() async throws {
        let tree = try await bench.start {
            bench.desk("a")
            bench.desk("b", via: registry, 2, "name")
        }
        let a = try await bench.ref("a").life()
        try registry.register(1, "entry", for: a)
        #expect(refusal { try registry.register(2, "entry", for: a) } == .alreadyRegistered(key: "2", holder: "app/b"))
        let error = await #expect(throws: SupervisorError.self) {
            try await tree.startChild(bench.desk("c", via: registry, 1, "name"))
        }
        #expect(error.map(MachineWords.words) == "key 1 taken by app/a")
        try await tree.stop()
    }

    @Test("S1 S2 a name is kept over restarts, and calls wait for the next incarnation")
    func overRestarts() async throws {
        let held = HoldPoint()
        let tree = try await bench.start {
            bench.desk("alice", via: registry, 7, "web") { [bench] desk, context in
                bench.journal.note("life \(context.incarnation)")
                if context.incarnation > 1 { await held.hold() }
            }
        }
        let early = ServerRef<Desk>(registry, 7)
        early.crash()
        await held.waitForArrivals()
        #expect(registry[7]?.path == "app/alice")
        // Made while it restarts, and called then.
        let call = Task { [registry] in try await ServerRef<Desk>(registry, 7).call { $0.context?.incarnation } }
        await bench.clock.waitForSleepers(1)
        let thief = await #expect(throws: SupervisorError.self) {
            try await tree.startChild(bench.desk("thief", via: registry, 7, "x"))
        }
        #expect(thief.map(MachineWords.words) == "key 7 taken by app/alice")
        held.open()
        #expect(try await call.value == 2)
        #expect(try await early.call { $0.context?.incarnation } == 2)
        try await tree.stop()
    }

    @Test("C-N05 a name is free when its child stays down or its start fails, and can then be another's")
    func free() async throws {
        let tree = try await bench.start { bench.desk("alice", via: registry, 7, "web") }
        let ref = ServerRef<Desk>(registry, 7)
        try await tree.terminateChild("alice")
        #expect(await ending { try await ref.notes() } == "not running: 7")
        await #expect(throws: SupervisorError.self) {
            try await tree.startChild(bench.desk("b", via: registry, 7, "x") { _, _ in throw Mishap() })
        }
        try await tree.startChild(bench.desk("c", via: registry, 7, "app"))
        #expect(registry.seen(7) == ["app/c app"])
        // The address follows the key, not the place that it led to first.
        ref.cast(.note("hello"))
        #expect(try await ref.notes() == ["hello"])
        let error = await #expect(throws: SupervisorError.self) { try await tree.restartChild("alice") }
        #expect(error.map(MachineWords.words) == "key 7 taken by app/c")
        try await tree.terminateChild("c")
        try await tree.restartChild("alice")
        #expect(registry.seen(7) == ["app/alice web"])
        try await tree.stop()
    }

    @Test("R91 a server changes the value of its name; its next life begins with the one of the specification")
    func value() async throws {
        let tree = try await bench.start { bench.desk("alice", via: registry, 7, "web") }
        let first = try await ServerRef<Desk>(registry, 7).life()
        let result = try registry.updateValue(7, for: first) { $0 + " and app" }
        #expect(result == (new: "web and app", old: "web"))
        #expect(registry.unregister(7, for: first) == 0)
        ServerRef<Desk>(registry, 7).crash()
        await bench.waitForLife(2, of: "alice")
        #expect(registry.seen(7) == ["app/alice web"])
        // Fenced (S1).
        let ended = RegistryError.ended(path: "app/alice", incarnation: 1)
        #expect(refusal { try registry.updateValue(7, for: first) { _ in "stale" } } == ended)
        #expect(registry.seen(7) == ["app/alice web"])
        try await tree.stop()
    }

    @Test("S1 an address leads to whoever has registered the key, for as long as that has it")
    func addressOfEntry() async throws {
        let tree = try await bench.start {
            bench.desk("a")
            bench.desk("b")
        }
        let early = ServerRef<Desk>(registry, 1)
        #expect(await ending { try await early.notes() } == "not running: 1")
        try await bench.ref("a").register(1, "x", in: registry)
        let late = ServerRef<Desk>(registry, 1)
        bench.ref("a").cast(.note("hello"))
        #expect(try await early.notes() == ["hello"])
        #expect(try await late.notes() == ["hello"])
        #expect(
            await ending { try await ServerRef<Probe>(registry, 1).call { $0.total } } == "wrong server: 1 is no Probe"
        )
        // The next life of that server does not hold the key.
        bench.ref("a").crash()
        await bench.waitForLife(2, of: "a")
        #expect(await ending { try await late.notes() } == "not running: 1")
        try await bench.ref("b").register(1, "y", in: registry)
        #expect(try await late.notes() == [])
        try await tree.stop()
    }

    @Test("R91 a registry with duplicate keys gives no names")
    func duplicate() async throws {
        let topics = Registry<Int, String>(keys: .duplicate)
        let error = await #expect(throws: SupervisorError.self) {
            try await bench.start { bench.desk("a", via: topics, 7, "x") }
        }
        #expect(error.map(MachineWords.words) == "invalid the registry of child 'a'")
        let tree = try await bench.start { bench.desk("a") }
        try await bench.ref("a").register(7, "x", in: topics)
        #expect(await ending { try await ServerRef<Desk>(topics, 7).notes() } == "ambiguous name: 7")
        try await tree.stop()
    }

    @Test("S3 a child that was given up does not keep its name from another")
    func zombie() async throws {
        let tree = try await bench.start {
            bench.desk("alice", via: registry, 7, "web", restart: .temporary, shutdown: .timeout(.seconds(1)))
        }
        let point = HoldPoint()
        ServerRef<Desk>(registry, 7).cast(
            .run { [registry] desk, context in
                await point.hold()
                desk.note(
                    refusal { try registry.updateValue(7, for: context) { _ in "stale" } } == nil
                        ? "changed" : "refused"
                )
            }
        )
        await point.waitForArrivals()
        let termination = Task { try await tree.terminateChild("alice") }
        // The request, and the time to stop.
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(1))
        try await termination.value
        try await tree.startChild(bench.desk("bob", via: registry, 7, "new"))
        point.open()
        await bench.recorder.waitFor { $0.description.contains("has ended at last") }
        #expect(bench.journal.lines == ["refused"])
        #expect(registry.seen(7) == ["app/bob new"])
        try await tree.stop()
    }

    @Test("C-N05 a name goes with a ServerName and other rules, and a worker can have one")
    func combined() async throws {
        let jobs = Registry<String, Void>()
        let point = HoldPoint()
        let tree = try await bench.start {
            bench.desk("a").registered(in: registry, under: 1, value: "x").crashes { $0 is Mishap }
            Worker("import", restart: .temporary) { await point.hold() }.registered(in: jobs, under: "nightly")
        }
        await point.waitForArrivals()
        #expect(jobs["nightly"]?.path == "app/import")
        #expect(try await bench.ref("a").notes() == [])
        let ref = ServerRef<Desk>(registry, 1)
        #expect(await ending { try await ref.call { (_: isolated Desk) in throw Mishap() } } == "exited: mishap")
        await bench.waitForLife(2, of: "a")
        #expect(registry.seen(1) == ["app/a x"])
        point.open()
        try await tree.stop()
        #expect(registry.count + jobs.count == 0)
    }

    @Test("C-N05 R90 a child of a dynamic supervisor has a name, too, and one that is taken is told bare")
    func dynamic() async throws {
        let name = ServerName<DynamicSupervisor>("sessions")
        let tree = try await bench.start { Child(name) { DynamicSupervisor() } }
        let sessions = ServerRef(name, in: bench.runtime)
        let alice = try await sessions.startChild(bench.desk("desk", via: registry, 7, "web"), as: Desk.self)
        #expect(registry.keys(of: alice) == [7])
        let error = await #expect(throws: SupervisorError.self) {
            try await sessions.startChild(bench.desk("desk", via: registry, 7, "app"))
        }
        #expect(error.map(MachineWords.words) == "key 7 taken by app/sessions/desk#1")
        try await sessions.terminateChild(alice)
        #expect(registry.count == 0)
        try await tree.stop()
    }
}
