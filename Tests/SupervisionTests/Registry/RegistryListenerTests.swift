import Synchronization
import Testing

@testable import Supervision

@Suite("Registry: listeners")
struct RegistryListenerTests {
    private let bench = RegistryBench()

    private static func words(_ change: RegistryChange<String, Int>) -> String {
        switch change {
        case .registered(let key, let entry): "+ \(key) \(entry.path) \(entry.value)"
        case .unregistered(let key, let entry): "- \(key) \(entry.path) \(entry.value)"
        }
    }

    @Test("C-N07 R94 a listener sees each registration and its end, with key, server and value")
    func changes() async throws {
        let (first, second) = (LifeJournal(), LifeJournal())
        let registry = Registry<String, Int>(listeners: [
            { first.note(Self.words($0)) }, { second.note(Self.words($0)) },
        ])
        let tree = try await bench.start { bench.desk("a") }
        let context = try await bench.ref("a").life()
        try registry.register("one", 1, for: context)
        try registry.register("two", 2, for: context)
        _ = refusal { try registry.register("two", 3, for: context) }
        try registry.updateValue("two", for: context) { $0 + 10 }
        registry.unregister("one", for: context)
        #expect(first.take() == ["+ one app/a 1", "+ two app/a 2", "- one app/a 1"])
        bench.ref("a").crash()
        await bench.waitForLife(2, of: "a")
        #expect(first.take() == ["- two app/a 12"])
        #expect(second.lines.count == 4)
        try await tree.stop()
    }

    @Test("R94 a name is told of when its child takes it, and when it is free again, not at restarts")
    func names() async throws {
        let journal = LifeJournal()
        let registry = Registry<String, Int>(listeners: [{ journal.note(Self.words($0)) }])
        let tree = try await bench.start { bench.desk("a", via: registry, "key", 1) }
        #expect(journal.take() == ["+ key app/a 1"])
        ServerRef<Desk>(registry, "key").crash()
        await bench.waitForLife(2, of: "a")
        #expect(journal.take() == [])
        try await tree.terminateChild("a")
        #expect(journal.take() == ["- key app/a 1"])
        try await tree.stop()
    }

    @Test("R94 what ends with its server is told of in the order in which it was registered")
    func endInOrder() async throws {
        let journal = LifeJournal()
        let registry = Registry<String, Int>(listeners: [{ journal.note(Self.words($0)) }])
        let tree = try await bench.start { bench.desk("a") }
        let context = try await bench.ref("a").life()
        for number in 0..<20 { try registry.register("\(number)", number, for: context) }
        _ = journal.take()
        try await tree.terminateChild("a")
        #expect(journal.take() == (0..<20).map { "- \($0) app/a \($0)" })
        try await tree.stop()
    }

    @Test("R94 a listener may change the registry: that is told of after what it is told now")
    func reentrancy() async throws {
        let journal = LifeJournal()
        let context = Mutex<ServerContext<Desk>?>(nil)
        let itself = Mutex<Registry<String, Int>?>(nil)
        let registry = Registry<String, Int>(listeners: [
            { change in
                if case .registered("first", _) = change, let context = context.withLock({ $0 }) {
                    try? itself.withLock { $0 }?.register("second", 2, for: context)
                }
                journal.note(Self.words(change))
            }
        ])
        let tree = try await bench.start { bench.desk("a") }
        let life = try await bench.ref("a").life()
        context.withLock { $0 = life }
        itself.withLock { $0 = registry }
        try registry.register("first", 1, for: life)
        #expect(journal.lines == ["+ first app/a 1", "+ second app/a 2"])
        itself.withLock { $0 = nil }
        context.withLock { $0 = nil }
        try await tree.stop()
    }

    @Test("R94 changes of a key come in the order in which they happen, whoever makes them", arguments: [1, 4])
    func order(partitions: Int) async throws {
        let held = Mutex<[String: String]>([:])
        let mistakes = LifeJournal()
        let registry = Registry<String, Int>(
            partitions: partitions,
            listeners: [
                { change in
                    held.withLock { held in
                        switch change {
                        case .registered(let key, let entry):
                            if let other = held[key] { mistakes.note("\(entry.path) before \(other) had let go") }
                            held[key] = entry.path
                        case .unregistered(let key, let entry):
                            if held[key] != entry.path { mistakes.note("\(entry.path) gave back what it did not hold") }
                            held[key] = nil
                        }
                    }
                }
            ]
        )
        let tree = try await bench.start {
            bench.desk("a")
            bench.desk("b")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for id in ["a", "b"] {
                let context = try await bench.ref(id).life()
                group.addTask {
                    for number in 0..<500 {
                        let key = "key-\(number % 3)"
                        if refusal({ try registry.register(key, number, for: context) }) == nil {
                            registry.unregister(key, for: context)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await tree.stop()
        #expect(mistakes.lines == [])
        #expect(held.withLock { $0.isEmpty })
    }
}
