import Foundation
import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: the drawn tree")
struct TreeSnapshotTests {
    let bench = Bench()

    @Test("R73 the tree is drawn with kinds, strategies, what each child does, and how often it was restarted")
    func drawing() async throws {
        let tree = try await Supervisor {
            bench.probe("users")
            Child("ingest") { [bench] in
                Supervisor(strategy: .restForOne) {
                    bench.probe("parser")
                    Worker("poller") { try await Runtime.current.sleep(for: .seconds(1000)) }
                }
            }
            bench.probe("last", restart: .transient)
        }.start(in: bench.runtime)
        bench.ref("users").crash()
        await bench.waitForRestart(of: "app/users")
        bench.ref("last").cast(.end(.normal))
        await bench.recorder.waitFor(line: "app/last ended (normal); stays down")
        let snapshot = try await tree.tree()
        #expect(
            snapshot.description == """
                app           supervisor, one-for-one   running
                ├─ users      Probe                     running, 1 restart
                ├─ ingest     supervisor, rest-for-one  running
                │  ├─ parser  Probe                     running
                │  └─ poller  worker                    running
                └─ last       Probe                     stopped (normal)
                """
        )
        #expect(snapshot.children.map(\.path) == ["app/users", "app/ingest", "app/last"])
        #expect(snapshot.children[1].children.map(\.path) == ["app/ingest/parser", "app/ingest/poller"])
        try await tree.stop(.shutdown)
    }

    @Test("R73 a snapshot survives a round trip through JSON")
    func codable() throws {
        func node(_ id: ChildID, _ strategy: Strategy?, _ children: [TreeSnapshot]) -> TreeSnapshot {
            TreeSnapshot(
                id: id,
                path: "app/\(id)",
                kind: strategy == nil ? "worker" : "supervisor",
                strategy: strategy,
                status: "running",
                restarts: 2,
                zombies: 1,
                children: children
            )
        }
        let snapshot = node("app", .oneForAll, [node("a", nil, []), node("b", .restForOne, [node("c", nil, [])])])
        let data = try JSONEncoder().encode(snapshot)
        #expect(try JSONDecoder().decode(TreeSnapshot.self, from: data) == snapshot)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains(#""strategy":"one-for-all""#))
        #expect(text.contains(#""id":"a""#))
    }

    @Test("S3 zombies and several restarts are drawn with the child")
    func zombies() {
        let child = TreeSnapshot(
            id: "a",
            path: "app/a",
            kind: "worker",
            strategy: nil,
            status: "running",
            restarts: 3,
            zombies: 2,
            children: []
        )
        #expect(child.description == "a  worker  running, 3 restarts, 2 zombies")
    }

    @Test("S8 a supervisor that cannot answer is drawn without its children")
    func silentBelow() async throws {
        let tree = try await Supervisor {
            Child("inner") { [bench] in Supervisor { bench.probe("a") } }
        }.start(in: bench.runtime)
        try await tree.terminateChild("inner")
        let snapshot = try await tree.tree()
        #expect(snapshot.children.map(\.children) == [[]])
        #expect(snapshot.children.map(\.status) == ["stopped (shutdown)"])
        try await tree.stop(.shutdown)
    }
}
