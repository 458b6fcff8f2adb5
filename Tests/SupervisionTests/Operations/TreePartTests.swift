import SupervisionTesting
import Testing

@testable import Supervision

private actor Clerk: GenServer {
    struct Message: Sendable {}
    func handle(_ message: Message, _ context: ServerContext<Clerk>) {}
}

/// Says where the tree begins.
private actor Finder: GenServer {
    struct Message: Sendable {}
    private(set) var root: TreePart?

    func started(_ context: ServerContext<Finder>) { root = .root(of: context) }
    func handle(_ message: Message, _ context: ServerContext<Finder>) {}
}

extension ServerName where Server == Finder {
    fileprivate static var finder: Self { .init("finder") }
}

extension ServerName where Server == Supervisor {
    fileprivate static var office: Self { .init("office") }
}

@Suite("A tree, reached by paths and without types")
struct TreePartTests {
    let recorder = EventRecorder()
    let runtime: Runtime

    init() {
        runtime = Runtime(clock: ManualClock(), events: recorder)
    }

    /// Runs `body` with the topmost part of a tree of each kind of supervisor.
    private func withTree(_ body: (TreePart) async throws -> Void) async throws {
        let tree = try await Supervisor {
            Child(.finder) { Finder() }
            Child(.office) {
                Supervisor(strategy: .restForOne) {
                    Child("a") { Clerk() }
                    Child("b") { Clerk() }
                    Child("c", restart: .temporary) { Clerk() }
                }
            }
            Child("shards") { PartitionSupervisor(partitions: 3) { Clerk() } }
            Child(.sessions) { DynamicSupervisor() }
        }.start(in: runtime)
        let root = try #require(try await ServerRef(.finder, in: runtime).call { $0.root })
        try await body(root)
        try await tree.stop()
    }

    @Test("G17 the topmost supervisor is found from any server, and says what it is")
    func root() async throws {
        try await withTree { root in
            #expect(root.path == "app")
            #expect(root.kind == "supervisor")
            #expect(root.isSupervisor)
            let below = try #require(try await root.children(limit: 10))
            #expect(below.parts.map(\.path) == ["app/finder", "app/office", "app/shards", "app/sessions"])
            #expect(below.parts.map(\.kind) == ["Finder", "supervisor", "partition supervisor", "dynamic supervisor"])
            #expect(below.strategy == .oneForOne)
            #expect(below.total == 4)
            #expect(below.next == nil)
            #expect(try await below.parts[0].children(limit: 10) == nil)
        }
    }

    @Test("G17 a child is found by its path, and what is not there is not found")
    func find() async throws {
        try await withTree { root in
            for path in ["app", "app/finder", "app/office/a", "app/office/b", "app/shards/2"] {
                let found = try await root.find(path)?.path
                #expect(found == path)
            }
            for path in [
                "", "ap", "app/", "app/office/", "app/office/x", "app/finder/x", "application", "app/sessions/s#1",
            ] {
                let found = try await root.find(path)
                #expect(found == nil, "\(path)")
            }
        }
    }

    @Test("G17 R82 dynamic children are found by their number, with all of their id")
    func findDynamic() async throws {
        try await withTree { root in
            let sessions = ServerRef(.sessions, in: runtime)
            for id in ["s", "s#7"] { try await sessions.startChild(ChildID(id)) { Clerk() } }
            for path in ["app/sessions/s#1", "app/sessions/s#7#2"] {
                let found = try await root.find(path)?.path
                #expect(found == path)
            }
            for path in ["app/sessions/s#2", "app/sessions/t#1", "app/sessions/s#", "app/sessions/s#1#1"] {
                let found = try await root.find(path)
                #expect(found == nil, "\(path)")
            }
        }
    }

    @Test("G17 children come in pages, in start order", arguments: ["app/sessions", "app/office"])
    func pages(_ path: String) async throws {
        try await withTree { root in
            let sessions = ServerRef(.sessions, in: runtime)
            for _ in 0..<3 { try await sessions.startChild("s") { Clerk() } }
            let part = try #require(try await root.find(path))
            let all = try #require(try await part.children(limit: 3)).parts.map(\.id)
            #expect(all.count == 3)
            var seen: [ChildID] = []
            var next: ChildID?
            repeat {
                let page = try #require(try await part.children(from: next, limit: 2))
                #expect(page.total == 3)
                #expect(page.parts.count <= 2)
                seen += page.parts.map(\.id)
                next = page.next
            } while next != nil
            #expect(seen == all)
            let none = try #require(try await part.children(limit: 0))
            #expect(none.parts.isEmpty && none.total == 3 && none.next == nil)
        }
    }

    @Test("G17 of many dynamic children the lowest numbers come first, whichever have gone")
    func manyPages() async throws {
        try await withTree { root in
            let sessions = ServerRef(.sessions, in: runtime)
            for _ in 0..<200 { try await sessions.startChild("s") { Clerk() } }
            for number in stride(from: 2, through: 200, by: 2) {
                try await sessions.terminateChild(ChildID("s#\(number)"))
            }
            let part = try #require(try await root.find("app/sessions"))
            let page = try #require(try await part.children(from: "s#51", limit: 7))
            #expect(page.parts.map(\.id.description) == [51, 53, 55, 57, 59, 61, 63].map { "s#\($0)" })
            #expect(page.next?.description == "s#65")
            #expect(page.total == 100)
            // One that has gone meanwhile is where a list goes on all the same.
            let later = try #require(try await part.children(from: "s#58", limit: 1))
            #expect(later.parts.map(\.id.description) == ["s#59"])
        }
    }

    @Test("R70 a child is stopped, and started again", arguments: ["app/office/a", "app/shards/1"])
    func restart(_ path: String) async throws {
        try await withTree { root in
            let part = try #require(try await root.find(path))
            try await part.restart()
            #expect(part.statistics.restarts == 1)
            try await part.terminate()
            #expect(try await root.find(path)?.status.isStopped == true)
            try await part.restart()
            #expect(try await root.find(path)?.status.isRunning == true)
        }
    }

    @Test("R70 a temporary child is gone when it was stopped, so it is not started again")
    func restartOfTemporary() async throws {
        try await withTree { root in
            let part = try #require(try await root.find("app/office/c"))
            await #expect(throws: SupervisorError.self) { try await part.restart() }
            #expect(try await root.find("app/office/c") == nil)
        }
    }

    @Test("R72 a dynamic child is stopped for good, and not restarted on request; the topmost supervisor is neither")
    func refusals() async throws {
        try await withTree { root in
            try await ServerRef(.sessions, in: runtime).startChild("s") { Clerk() }
            let part = try #require(try await root.find("app/sessions/s#1"))
            let error = await #expect(throws: TreePart.RestartOfDynamicChild.self) { try await part.restart() }
            #expect(error?.description.hasPrefix("'s#1' belongs to a dynamic supervisor") == true)
            #expect(try await root.find("app/sessions/s#1") != nil)
            try await part.terminate()
            let gone = try await root.find("app/sessions/s#1")
            #expect(gone == nil)
            await #expect(throws: TreePart.NoSupervisor.self) { try await root.terminate() }
            await #expect(throws: TreePart.NoSupervisor.self) { try await root.restart() }
        }
    }

    @Test("R70 a restart is finished when whoever asked for it is cancelled in between")
    func cancelledRestart() async throws {
        try await withTree { root in
            let part = try #require(try await root.find("app/office/a"))
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try? await part.restart()
            }
            await task.value
            #expect(try await root.find("app/office/a")?.status.isRunning == true)
            #expect(part.statistics.restarts == 1)
        }
    }

    @Test("G17 a part is observed and suspended without its type")
    func operations() async throws {
        try await withTree { root in
            let part = try #require(try await root.find("app/office/a"))
            part.observe(log: 5, trace: false)
            #expect(part.statistics.observed != nil)
            part.stopObserving()
            #expect(part.statistics.observed == nil)
            try await part.suspend()
            #expect(part.statistics.isSuspended)
            try part.resume()
            #expect(!part.statistics.isSuspended)
        }
    }

    @Test("R50 a supervisor says when it has decided to end")
    func ending() async throws {
        try await withTree { root in
            #expect(try await root.isEnding() == false)
            let office = try #require(try await root.find("app/office"))
            #expect(try await office.isEnding() == false)
            try await office.terminate()
            await #expect(throws: ServerError.self) { try await office.isEnding() }
        }
    }
}

extension ServerStatus {
    fileprivate var isRunning: Bool {
        if case .running = self { return true }
        return false
    }

    fileprivate var isStopped: Bool {
        if case .stopped = self { return true }
        return false
    }
}
