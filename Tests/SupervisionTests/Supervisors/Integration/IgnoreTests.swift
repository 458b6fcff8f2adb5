import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: starts that say ignore")
struct IgnoreTests {
    let bench = Bench()

    /// A child that ignores from the start of that number on.
    private func ignoring(_ id: String, restart: Restart = .permanent, from start: Int = 1) -> Child {
        let starts = LifeJournal()
        return bench.probe(
            id,
            restart: restart,
            onStart: {
                starts.note("start")
                if starts.lines.count >= start { throw Ignore() }
            }
        )
    }

    @Test("C-S04 R12 R74 a permanent child that ignores: added, no process, listed, specs 2 and active 1")
    func added() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let start = try await tree.startChild(ignoring("b"))
        #expect(start.isIgnored)
        #expect(try await tree.lives() == ["a running", "b stopped (normal)"])
        let counts = try await tree.counts()
        #expect((counts.specs, counts.active) == (2, 1))
        #expect(bench.events(of: "app/b") == ["has nothing to do; stays down"])
        #expect(bench.recorder.events.allSatisfy { $0.level <= .info })
        try await tree.stop(.shutdown)
    }

    @Test("C-S05 R12 R24 a temporary child that ignores is not kept, in the initial list and by startChild")
    func temporary() async throws {
        let tree = try await Supervisor {
            bench.probe("a")
            ignoring("b", restart: .temporary)
            bench.probe("c")
        }.start(in: bench.runtime)
        #expect(try await tree.lives() == ["a running", "c running"])
        #expect(try await tree.startChild(ignoring("b", restart: .temporary)).isIgnored)
        #expect(try await tree.lives() == ["a running", "c running"])
        #expect(bench.events(of: "app/b") == ["has nothing to do; is removed", "has nothing to do; is removed"])
        try await tree.stop(.shutdown)
    }

    /// The children that a configuration lists, which cannot be read.
    private func configured(_ problem: any Error) throws -> [Child] {
        throw problem
    }

    @Test("C-S02 R14 a nested supervisor whose children are not wanted is left out, and its parent goes on")
    func nested() async throws {
        let tree = try await Supervisor {
            Child("inner") { [self] in
                try Supervisor { try configured(Ignore()) }
            }
            bench.probe("b")
        }.start(in: bench.runtime)
        #expect(try await tree.lives() == ["inner stopped (normal)", "b running"])
        #expect(bench.journal.take() == ["start b"])
        try await tree.stop(.shutdown)
    }

    @Test("C-S02 C-S03 R14 what the list of children throws, whoever makes the supervisor gets")
    func thrown() {
        #expect(throws: Ignore.self) { try Supervisor { try configured(Ignore()) } }
        #expect(throws: Mishap("no file")) { try Supervisor { try configured(Mishap("no file")) } }
    }

    @Test("R12 a start function that ignores is as good as a started that does")
    func startFunction() async throws {
        let tree = try await Supervisor {
            Child("a") { () throws(Ignore) -> Probe in throw Ignore() }
            bench.probe("b")
        }.start(in: bench.runtime)
        #expect(try await tree.lives() == ["a stopped (normal)", "b running"])
        try await tree.stop(.shutdown)
    }

    @Test("G1 the name of a child that ignores is free at once, and its own waiting mail is told")
    func name() async throws {
        let hold = HoldPoint()
        let tree = try await Supervisor {}.start(in: bench.runtime)
        let addition = Task { [bench] in
            try await tree.startChild(
                bench.probe(
                    "a",
                    onStart: {
                        await hold.hold()
                        throw Ignore()
                    }
                )
            )
        }
        await hold.waitForArrivals()
        let call = Task { [bench] in try await bench.ref("a").call { $0.total } }
        await bench.clock.waitForSleepers(1)
        hold.open()
        #expect(try await addition.value.isIgnored)
        await #expect(throws: ServerError.self) { try await call.value }
        let other = try await Supervisor { bench.probe("a") }.start(as: "other", in: bench.runtime)
        #expect(try await bench.ref("a").call { $0.add(1) } == 1)
        try await other.stop(.shutdown)
        try await tree.stop(.shutdown)
    }

    @Test("R12 R71 restartChild says that the child ignored; it stays down and can be asked again")
    func restartChild() async throws {
        let tree = try await Supervisor { ignoring("a", from: 2) }.start(in: bench.runtime)
        try await tree.terminateChild("a")
        #expect(try await tree.restartChild("a").isIgnored)
        #expect(try await tree.restartChild("a").isIgnored)
        #expect(try await tree.lives() == ["a stopped (normal)"])
        try await tree.stop(.shutdown)
    }

    @Test("R12 R46 a restart that ignores is not tried again: the child is down")
    func restart() async throws {
        let tree = try await Supervisor { ignoring("a", from: 2) }.start(in: bench.runtime)
        bench.ref("a").crash()
        await bench.recorder.waitFor(line: "app/a has nothing to do; stays down")
        #expect(try await tree.lives() == ["a stopped (normal)"])
        #expect(try await tree.counts().recentRestarts == 1)
        await #expect(throws: ServerError.self) { try await bench.ref("a").call { $0.total } }
        try await tree.stop(.shutdown)
    }
}
