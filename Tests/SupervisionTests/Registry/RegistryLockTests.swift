import Synchronization
import Testing

@testable import Supervision

@Suite("Registry: locks")
struct RegistryLockTests {
    private let registry = Registry<String, Int>(partitions: 2)
    private let journal = LifeJournal()
    private let executor = SteppedExecutor()

    private var heldCount: Int {
        registry.partitions.reduce(0) { $0 + $1.locks.withLock(\.heldCount) }
    }

    /// Starts a task that takes the lock of `key`, writes `word` down and hangs at `point`, if there is one.
    private func take(_ key: String, _ word: String, until point: HoldPoint? = nil) -> Task<Void, any Error> {
        executor.start { [registry, journal] in
            try await registry.lock(key) {
                journal.note(word)
                await point?.hold()
                if point != nil { journal.note("\(word) is done") }
            }
        }
    }

    private func letGo(_ point: HoldPoint) {
        point.open()
        executor.run()
    }

    @Test("R95 one at a time for each key, in the order in which they came; other keys are free meanwhile")
    func exclusion() async throws {
        let point = HoldPoint()
        var tasks = [take("key", "first", until: point)]
        for number in 1...3 { tasks.append(take("key", "\(number)")) }
        #expect(try await registry.lock("other") { 42 } == 42)
        #expect(journal.lines == ["first"])
        letGo(point)
        for task in tasks { try await task.value }
        #expect(journal.lines == ["first", "first is done", "1", "2", "3"])
        #expect(heldCount == 0)
    }

    @Test("R95 a body that throws frees the lock")
    func throwing() async throws {
        await #expect(throws: Mishap("oops")) { try await registry.lock("key") { throw Mishap("oops") } }
        #expect(heldCount == 0)
        #expect(try await registry.lock("key") { 1 } == 1)
    }

    @Test("R95 a waiter that is cancelled leaves the queue, and the next one gets the lock")
    func cancelled() async throws {
        let point = HoldPoint()
        let first = take("key", "first", until: point)
        let second = take("key", "second")
        let third = take("key", "third")
        second.cancel()
        executor.run()
        await #expect(throws: CancellationError.self) { try await second.value }
        // Cancelled before it comes to wait.
        let fourth = executor.start { [registry, journal] in
            withUnsafeCurrentTask { $0?.cancel() }
            try await registry.lock("key") { journal.note("fourth") }
        }
        await #expect(throws: CancellationError.self) { try await fourth.value }
        letGo(point)
        try await first.value
        try await third.value
        #expect(journal.lines == ["first", "first is done", "third"])
        #expect(heldCount == 0)
    }

    @Test("R95 a task that holds the lock is not left to wait for itself")
    func reentrancy() async throws {
        let other = Registry<String, Int>()
        func lockTwice() async throws {
            try await registry.lock("key") {
                // Another key, and the same of another registry, are other locks.
                try await registry.lock("key too") {
                    try await other.lock("key") { journal.note("inside") }
                    try await registry.lock("key") { journal.note("twice") }
                }
            }
        }
        let error = await #expect(throws: RegistryError.self) { try await lockTwice() }
        #expect(error == .lockHeld(key: "key"))
        #expect(journal.lines == ["inside"])
        #expect(heldCount == 0)
    }

    @Test("R95 a task that was merely started while the lock was held waits like any other")
    func inherited() async throws {
        let point = HoldPoint()
        let first = executor.start { [registry, journal] in
            try await registry.lock("key") {
                let task = Task { try await registry.lock("key") { journal.note("later") } }
                await point.hold()
                journal.note("first")
                return task
            }
        }
        letGo(point)
        let second = try await first.value
        executor.run()
        try await second.value
        #expect(journal.lines == ["first", "later"])
    }

    @Test("R95 the lock makes looking up and registering one step")
    func getOrRegister() async throws {
        let bench = RegistryBench()
        let ids = (0..<6).map { "desk-\($0)" }
        let tree = try await bench.start { for id in ids { bench.desk(id) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, id) in ids.enumerated() {
                group.addTask { [registry, journal] in
                    let context = try await bench.ref(id).life()
                    try await registry.lock("key") {
                        guard registry["key"] == nil else { return }
                        await Task.yield()
                        try registry.register("key", number, for: context)
                        journal.note(id)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(journal.lines.count == 1)
        try await tree.stop()
    }
}
