import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Registry: the end of a server")
struct RegistryEndTests {
    private let bench = RegistryBench()

    @Test("C-N03 R92 nothing is left when all servers have been killed", arguments: [RegistryKeys.unique, .duplicate])
    func killed(keys: RegistryKeys) async throws {
        let registry = Registry<String, Int>(keys: keys, partitions: 4)
        let ids = (0..<12).map { "desk-\($0)" }
        let tree = try await bench.start {
            for id in ids { bench.desk(id, restart: .temporary, shutdown: .brutalKill) }
        }
        for (number, id) in ids.enumerated() {
            try await bench.ref(id).register(keys == .unique ? id : "shared", number, in: registry)
            try await bench.ref(id).register("\(id), too", number, in: registry)
        }
        #expect(registry.count == 24)
        for id in ids.prefix(6) { try await tree.terminateChild(ChildID(id)) }
        #expect(registry.count == 12)
        for id in ids.dropFirst(6) { bench.ref(id).exit(.error(Mishap())) }
        await bench.recorder.waitFor(6) { $0.description.hasSuffix("crashed: mishap; is removed") }
        #expect(registry.count == 0)
        #expect(registry.entries.isEmpty)
        try await tree.stop()
    }

    @Test("R92 S1 an entry ends with its incarnation, before the next one runs")
    func crash() async throws {
        let registry = Registry<String, Int>()
        let tree = try await bench.start {
            bench.desk("a") { _, context in try registry.register("key", context.incarnation, for: context) }
        }
        #expect(registry.seen("key") == ["app/a 1"])
        bench.ref("a").crash()
        await bench.waitForLife(2, of: "a")
        #expect(registry.seen("key") == ["app/a 2"])
        #expect(registry.keys(of: bench.ref("a")) == ["key"])
        try await tree.stop()
        #expect(registry.count == 0)
    }

    @Test("R92 what a start has registered before it threw is given back")
    func failedStart() async throws {
        let registry = Registry<String, Int>()
        await #expect(throws: SupervisorError.self) {
            try await bench.start {
                bench.desk("a") { _, context in
                    try registry.register("key", 1, for: context)
                    throw Mishap()
                }
            }
        }
        #expect(registry.count == 0)
    }

    @Test("S1 a former incarnation can neither register, nor change, nor give back anything")
    func fenced() async throws {
        let registry = Registry<String, Int>()
        let tree = try await bench.start { bench.desk("a") }
        let old = try await bench.ref("a").life()
        try registry.register("key", 1, for: old)
        bench.ref("a").crash()
        await bench.waitForLife(2, of: "a")
        #expect(registry.count == 0)

        let ended = RegistryError.ended(path: "app/a", incarnation: 1)
        #expect(refusal { try registry.register("key", 1, for: old) } == ended)
        try await bench.ref("a").register("key", 2, in: registry)
        #expect(refusal { try registry.register("other", 1, for: old) } == ended)
        #expect(refusal { try registry.updateValue("key", for: old) { $0 + 1 } } != nil)
        #expect(registry.unregister("key", for: old) == 0)
        #expect(registry.seen("key") == ["app/a 2"])
        try await tree.stop()
    }

    @Test("R92 a server keeps its entries while it cleans up, and can give them back, but registers no more")
    func whileEnding() async throws {
        let registry = Registry<String, Int>()
        let tree = try await bench.start {
            bench.desk("a") { desk, context in
                try registry.register("key", 1, for: context)
                try registry.register("other", 1, for: context)
            } onTerminate: { desk, _ in
                guard let context = desk.context else { return }
                desk.note("\(registry.count)")
                if refusal({ try registry.register("late", 1, for: context) }) != nil { desk.note("refused") }
                desk.note("\(registry.unregister("other", for: context))")
            }
        }
        try await tree.terminateChild("a")
        #expect(bench.journal.lines == ["2", "refused", "1"])
        #expect(registry.count == 0)
        try await tree.stop()
    }

    @Test("S3 S1 what a server held that was given up is free, and its code can register nothing any more")
    func zombie() async throws {
        let registry = Registry<String, Int>()
        let tree = try await bench.start {
            bench.desk("a", shutdown: .timeout(.seconds(1)))
            bench.desk("b")
        }
        let point = HoldPoint()
        bench.ref("a").cast(
            .run { desk, context in
                try registry.register("key", 1, for: context)
                await point.hold()
                desk.note(refusal { try registry.register("late", 1, for: context) } == nil ? "registered" : "refused")
            }
        )
        await point.waitForArrivals()
        #expect(registry.count == 1)
        let termination = Task { try await tree.terminateChild("a") }
        // The request, and the time to stop.
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(1))
        try await termination.value
        #expect(registry.count == 0)
        try await bench.ref("b").register("key", 2, in: registry)
        point.open()
        await bench.recorder.waitFor(line: "app/a has ended at last, after it had been given up")
        #expect(bench.journal.lines == ["refused"])
        #expect(registry.seen("key") == ["app/b 2"])
        try await tree.stop()
    }

    @Test("R92 100,000 entries of one server go with it", arguments: [RegistryKeys.unique, .duplicate])
    func manyOfOne(keys: RegistryKeys) async throws {
        let registry = Registry<Int, Void>(keys: keys, partitions: 2)
        let tree = try await bench.start { bench.desk("a") }
        let context = try await bench.ref("a").life()
        // Half of the duplicate ones share a key.
        for number in 0..<100_000 {
            try registry.register(keys == .unique ? number : max(0, number - 50_000), for: context)
        }
        #expect(registry.count == 100_000)
        try await tree.stop()
        #expect(registry.count == 0)
        #expect(registry.entries.isEmpty)
    }

    @Test("R92 a value is freed with its entry")
    func freed() async throws {
        weak var value: LifeJournal?
        let tree = try await bench.start { bench.desk("a") }
        let registry = Registry<String, LifeJournal>()
        do {
            let journal = LifeJournal()
            value = journal
            try await bench.ref("a").register("key", journal, in: registry)
        }
        #expect(value != nil)
        try await tree.stop()
        #expect(value == nil)
    }
}
