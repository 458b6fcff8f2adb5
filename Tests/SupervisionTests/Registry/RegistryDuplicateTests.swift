import Synchronization
import Testing

@testable import Supervision

@Suite("Registry: duplicate keys and dispatch")
struct RegistryDuplicateTests {
    private let bench = RegistryBench()
    private let ids = (0..<6).map { "desk-\($0)" }

    /// Six servers under `key`, the first of them twice, and one under another key.
    private func start(_ registry: Registry<String, Int>) async throws -> ServerRef<Supervisor> {
        let tree = try await bench.start { for id in ids { bench.desk(id) } }
        for (number, id) in ids.enumerated() { try await bench.ref(id).register("key", number, in: registry) }
        try await bench.ref(ids[0]).register("key", 100, in: registry)
        try await bench.ref(ids[1]).register("other", 200, in: registry)
        return tree
    }

    @Test("C-N06 R91 many servers hold a key, and the same one several times", arguments: [1, 4])
    func many(partitions: Int) async throws {
        let registry = Registry<String, Int>(keys: .duplicate, partitions: partitions)
        let tree = try await start(registry)
        #expect(registry.lookup("key").map(\.value).sorted() == [0, 1, 2, 3, 4, 5, 100])
        #expect(registry.count(of: "key") == 7)
        #expect(registry.count == 8)
        #expect(registry.values(of: "key", bench.ref(ids[0])) == [0, 100])
        #expect(registry.keys(of: bench.ref(ids[1])).sorted() == ["key", "other"])
        #expect(registry.unregister("key", for: try await bench.ref(ids[0]).life()) == 2)
        #expect(registry.values(of: "key", bench.ref(ids[0])).isEmpty)
        #expect(registry.count == 6)
        try await tree.stop()
        #expect(registry.count == 0)
    }

    @Test("C-N06 R93 dispatch comes once for each partition, with every entry of the key, in the caller")
    func dispatch() async throws {
        for partitions in [1, 64] {
            let bench = RegistryBench()
            let registry = Registry<String, Int>(keys: .duplicate, partitions: partitions)
            let tree = try await bench.start { for id in ids { bench.desk(id) } }
            for (number, id) in ids.enumerated() { try await bench.ref(id).register("key", number, in: registry) }
            let used = Set(
                ids.map { id in try? ObjectIdentifier(registry.partition(of: "key", bench.ref(id).resolve())) }
            )
            // Not `@Sendable`, not escaping: it can only run here, one call after the other.
            var calls: [[Int]] = []
            registry.dispatch("key") { entries in calls.append(entries.map(\.value)) }
            #expect(calls.count == used.count)
            // That six servers share one of 64 partitions by chance is out of the question.
            #expect(partitions == 1 || calls.count > 1)
            #expect(calls.flatMap(\.self).sorted() == Array(ids.indices))
            registry.dispatch("nothing") { _ in Issue.record("called for a key that nobody holds") }
            try await tree.stop()
            registry.dispatch("key") { _ in Issue.record("called though nobody is left") }
        }
    }

    @Test("R93 what the body of a dispatch throws ends it, and keeps its type")
    func dispatchThrows() async throws {
        let registry = Registry<String, Int>(keys: .duplicate, partitions: 4)
        let tree = try await start(registry)
        var calls = 0
        #expect(throws: Mishap("stop")) {
            try registry.dispatch("key") { (_) throws(Mishap) in
                calls += 1
                throw Mishap("stop")
            }
        }
        #expect(calls == 1)
        try await tree.stop()
    }

    @Test("C-N06 R93 a concurrent dispatch runs the partitions side by side, and one partition in the caller")
    func dispatchConcurrently() async throws {
        let registry = Registry<String, Int>(keys: .duplicate, partitions: 64)
        let tree = try await start(registry)
        let used = Set(ids.map { id in try? ObjectIdentifier(registry.partition(of: "key", bench.ref(id).resolve())) })
        let meeting = HoldPoint()
        let values = Mutex<[Int]>([])
        let dispatch = Task {
            try await registry.dispatchConcurrently("key") { entries in
                values.withLock { $0 += entries.map(\.value) }
                await meeting.hold()
            }
        }
        // All of them are in the body at the same time.
        await meeting.waitForArrivals(used.count)
        meeting.open()
        try await dispatch.value
        #expect(values.withLock { $0.sorted() } == [0, 1, 2, 3, 4, 5, 100])

        try await registry.dispatchConcurrently("nothing") { _ in Issue.record("called for a key that nobody holds") }
        await #expect(throws: Mishap("stop")) {
            try await registry.dispatchConcurrently("other") { _ in throw Mishap("stop") }
        }
        try await tree.stop()
    }

    @Test("R93 entries of a partition come in the order in which they were registered")
    func order() async throws {
        let registry = Registry<String, Int>(keys: .duplicate)
        let tree = try await start(registry)
        #expect(registry.lookup("key").map(\.value) == [0, 1, 2, 3, 4, 5, 100])
        #expect(registry["key"]?.value == 0)
        try await tree.stop()
    }
}
