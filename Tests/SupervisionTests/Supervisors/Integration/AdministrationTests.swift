import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: administration")
struct AdministrationTests {
    let bench = Bench()

    /// What the request is refused with, in a word; `ok` when it is not.
    private func outcome(_ request: () async throws -> Void) async -> String {
        do {
            try await request()
            return "ok"
        } catch {
            return (error as? SupervisorError).map(MachineWords.words) ?? "\(error)"
        }
    }

    /// How startChild, restartChild, deleteChild and terminateChild fare, in this order.
    private func fares(_ tree: ServerRef<Supervisor>, _ child: Child) async -> [String] {
        [
            await outcome { try await tree.startChild(child) },
            await outcome { try await tree.restartChild(child.id) },
            await outcome { try await tree.deleteChild(child.id) },
            await outcome { try await tree.terminateChild(child.id) },
        ]
    }

    @Test("R70 a child that runs")
    func running() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        #expect(await fares(tree, bench.probe("a")) == ["already started", "running", "running", "ok"])
        try await tree.stop(.shutdown)
    }

    @Test("R70 a child that waits for its restart; terminateChild stops that (C-L01)")
    func restarting() async throws {
        let tree = try await Supervisor {
            bench.probe("a", backoff: .constant(.seconds(60)))
        }.start(in: bench.runtime)
        bench.ref("a").crash()
        await bench.recorder.waitFor(line: "app/a crashed: mishap; restarts in 60 s")
        #expect(await fares(tree, bench.probe("a")) == ["already present", "restarting", "restarting", "ok"])
        bench.clock.advance(by: .seconds(60))
        #expect(try await tree.lives() == ["a stopped (mishap)"])
        try await tree.restartChild("a")
        #expect(try await tree.lives() == ["a running"])
        try await tree.stop(.shutdown)
    }

    @Test("R70 a child without a process")
    func down() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        try await tree.terminateChild("a")
        #expect(await outcome { try await tree.startChild(bench.probe("a")) } == "already present")
        #expect(await outcome { try await tree.terminateChild("a") } == "ok")
        #expect(await outcome { try await tree.restartChild("a") } == "ok")
        try await tree.terminateChild("a")
        #expect(await outcome { try await tree.deleteChild("a") } == "ok")
        #expect(try await tree.counts().specs == 0)
        try await tree.stop(.shutdown)
    }

    @Test("R70 R75 a child that is not there; the error names those that are (C-M02)")
    func unknown() async throws {
        let tree = try await Supervisor {
            bench.probe("a")
            bench.probe("b")
        }.start(in: bench.runtime)
        let requests: [@Sendable (ChildID) async throws -> Void] = [
            { _ = try await tree.restartChild($0) }, tree.terminateChild, tree.deleteChild,
        ]
        for request in requests {
            #expect(await outcome { try await request("x") } == "not found among a b")
        }
        try await tree.stop(.shutdown)
        for request in requests {
            await #expect(throws: ServerError.self) { try await request("a") }
        }
        await #expect(throws: ServerError.self) { try await tree.children() }
    }

    @Test("R15 R71 a start on request that fails: the added child is not kept, the one brought back stays down")
    func failures() async throws {
        let lives = LifeJournal()
        let tree = try await Supervisor {
            bench.probe(
                "a",
                onStart: {
                    lives.note("life")
                    if lives.lines.count == 2 { throw Mishap("no disk") }
                }
            )
        }.start(in: bench.runtime)
        let broken = bench.probe("b", onStart: { throw Mishap("no disk") })
        #expect(await outcome { try await tree.startChild(broken) } == "start failed: no disk")
        #expect(try await tree.counts().specs == 1)
        try await tree.terminateChild("a")
        #expect(await outcome { try await tree.restartChild("a") } == "start failed: no disk")
        #expect(try await tree.counts().active == 0)
        #expect(try await tree.counts().specs == 1)
        #expect(await outcome { try await tree.restartChild("a") } == "ok")
        #expect(try await tree.counts().recentRestarts == 0)
        try await tree.stop(.shutdown)
    }

    @Test("R73 R74 the children are listed newest first, and counted by kind (C-M04)")
    func listing() async throws {
        let tree = try await Supervisor {
            bench.probe("a")
            Child("inner", restart: .transient) { Supervisor {} }
            Worker("w", restart: .temporary) { try await Runtime.current.sleep(for: .seconds(1000)) }
        }.start(in: bench.runtime)
        try await tree.terminateChild("inner")
        let children = try await tree.children()
        #expect(children.map(\.id) == ["w", "inner", "a"])
        #expect(children.map(\.path) == ["app/w", "app/inner", "app/a"])
        #expect(children.map(\.kind) == [.worker, .supervisor, .server("Probe")])
        #expect(children.map(\.restart) == [.temporary, .transient, .permanent])
        let counts = try await tree.counts()
        #expect((counts.specs, counts.active, counts.supervisors, counts.workers) == (3, 2, 1, 2))
        try await tree.stop(.shutdown)
    }

    @Test("R74 many children are added, counted and stopped (C-M05)")
    func many() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        for number in 0..<300 {
            try await tree.startChild(Child(ChildID("child \(number)"), restart: .temporary) { Probe("child") })
        }
        #expect(try await tree.counts().active == 300)
        #expect(try await tree.children().count == 300)
        for number in 0..<300 { try await tree.terminateChild(ChildID("child \(number)")) }
        #expect(try await tree.counts().specs == 0)
        try await tree.stop(.shutdown)
    }
}
