import Testing

@testable import Supervision

@Suite("Registry: unique keys")
struct RegistryUniqueTests {
    private let bench = RegistryBench()

    @Test("C-N01 R90 a second registration of a unique key names its holder, asked by the same and by another server")
    func secondRegistration() async throws {
        let registry = Registry<String, Int>()
        let tree = try await bench.start {
            bench.desk("a")
            bench.desk("b")
        }
        let (a, b) = (try await bench.ref("a").life(), try await bench.ref("b").life())
        try registry.register("key", 1, for: a)
        for context in [a, b] {
            let error = refusal { try registry.register("key", 2, for: context) }
            #expect(error == .alreadyRegistered(key: "key", holder: "app/a"))
        }
        #expect(registry.seen("key") == ["app/a 1"])
        try registry.register("other", 3, for: b)
        #expect(registry.count == 2)
        #expect(registry["other"]?.value == 3)
        #expect(registry["nothing"] == nil)
        #expect(registry.lookup("nothing").isEmpty)
        try await tree.stop()
    }

    @Test("R90 a holder that is dead is no obstacle, though its entry is still there")
    func deadHolder() async throws {
        let registry = Registry<String, Int>()
        let tree = try await bench.start {
            bench.desk("a")
            bench.desk("b")
        }
        bench.ref("a").crash()
        await bench.waitForLife(2, of: "a")
        let a = try await bench.ref("a").life()
        // As it is when the end of life 1 has not been cleared away yet.
        #expect(registry.insert("key", 1, RegistryHolder(place: a.place, incarnation: 1)) != nil)
        try await bench.ref("b").register("key", 2, in: registry)
        #expect(registry.seen("key") == ["app/b 2"])
        #expect(registry.count == 1)

        #expect(registry.insert("name", 1, RegistryHolder(place: a.place, incarnation: 1)) != nil)
        try await tree.startChild(bench.desk("c", via: registry, "name", 3))
        #expect(registry.seen("name") == ["app/c 3"])
        try await tree.stop()
    }

    @Test("R92 what a server gives back is free at once, and nothing else is given back")
    func unregister() async throws {
        let registry = Registry<String, Int>(partitions: 3)
        let tree = try await bench.start {
            bench.desk("a")
            bench.desk("b")
        }
        let (a, b) = (try await bench.ref("a").life(), try await bench.ref("b").life())
        try registry.register("one", 1, for: a)
        try registry.register("two", 2, for: a)
        #expect(registry.unregister("one", for: b) == 0)
        #expect(registry.unregister("one", for: a) == 1)
        #expect(registry.unregister("one", for: a) == 0)
        #expect(registry.keys(of: bench.ref("a")) == ["two"])
        try registry.register("one", 3, for: b)
        #expect(registry.seen("one") == ["app/b 3"])
        #expect(Set(registry.entries.map(\.key)) == ["one", "two"])
        try await tree.stop()
    }

    @Test("C-N04 R91 only its holder changes a value, and gets the new and the old one")
    func updateValue() async throws {
        let registry = Registry<String, Int>()
        let tree = try await bench.start {
            bench.desk("a")
            bench.desk("b")
        }
        let (a, b) = (try await bench.ref("a").life(), try await bench.ref("b").life())
        try registry.register("key", 1, for: a)
        let result = try registry.updateValue("key", for: a) { $0 + 10 }
        #expect(result == (new: 11, old: 1))
        #expect(registry["key"]?.value == 11)

        let foreign = refusal { try registry.updateValue("key", for: b) { $0 + 1 } }
        #expect(foreign == .notHolder(key: "key", path: "app/b", holder: "app/a"))
        let unknown = refusal { try registry.updateValue("nothing", for: b) { $0 + 1 } }
        #expect(unknown == .notHolder(key: "nothing", path: "app/b", holder: nil))
        #expect(registry["key"]?.value == 11)
        try await tree.stop()
    }

    @Test("C-N04 R91 the values of duplicate keys cannot be changed")
    func updateValueOfDuplicate() async throws {
        let registry = Registry<String, Int>(keys: .duplicate)
        let tree = try await bench.start { bench.desk("a") }
        let a = try await bench.ref("a").life()
        try registry.register("key", 1, for: a)
        #expect(refusal { try registry.updateValue("key", for: a) { $0 } } == .needsUniqueKeys("updateValue"))
        try await tree.stop()
    }

    @Test("R91 a change is made anew when the value has changed meanwhile, so that none is lost")
    func concurrentUpdates() async throws {
        let registry = Registry<String, Int>()
        let tree = try await bench.start { bench.desk("a") }
        let a = try await bench.ref("a").life()
        try registry.register("key", 0, for: a)
        var isFirst = true
        let result = try registry.updateValue("key", for: a) { value in
            if isFirst {
                isFirst = false
                _ = try? registry.updateValue("key", for: a) { $0 + 100 }
            }
            return value + 1
        }
        #expect(result == (new: 101, old: 100))
        try await tree.stop()
    }

    @Test("S1 an entry gives the address of its holder, typed, and an error for another type")
    func addresses() async throws {
        let registry = Registry<String, Void>()
        let tree = try await bench.start { bench.desk("a") }
        try registry.register("key", for: try await bench.ref("a").life())
        let entry = try #require(registry["key"])
        #expect(entry.incarnation == 1)
        #expect(try await entry.ref(as: Desk.self).call { $0.notes } == [])
        let error = refusal { _ = try entry.ref(as: Probe.self) }
        #expect(error == .wrongServer(path: "app/a", kind: "Desk", expected: "Probe"))
        try await tree.stop()
    }

    @Test("R90 one server at most holds a key, however many want it at the same time")
    func contention() async throws {
        let registry = Registry<Int, Int>(partitions: 2)
        let ids = (0..<8).map { "desk-\($0)" }
        let tree = try await bench.start { for id in ids { bench.desk(id) } }
        let won = try await withThrowingTaskGroup(of: Int.self) { group in
            for (number, id) in ids.enumerated() {
                let context = try await bench.ref(id).life()
                group.addTask {
                    (0..<200).count { key in refusal { try registry.register(key, number, for: context) } == nil }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(won == 200)
        #expect(registry.count == 200)
        try await tree.stop()
        #expect(registry.count == 0)
    }
}
