import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Runtime")
struct RuntimeTests {
    let clock = ManualClock()
    let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, random: SeededGenerator(seed: 1), events: SilentSink())
    }

    @Test("The current runtime is that of run(_:), and inside a tree that of the tree")
    func current() async throws {
        #expect(Runtime.current === Runtime.default)
        await runtime.run { #expect(Runtime.current === runtime) }
        let bench = ServerBench()
        let tree = try await bench.start()
        let isOwn = try await bench.ref.call { (_: isolated Desk) async in Runtime.current === bench.runtime }
        #expect(isOwn)
        try await bench.stop(tree)
    }

    @Test("run(_:) hands on what its body throws")
    func runThrows() async {
        await #expect(throws: Mishap("body")) { try await runtime.run { () async throws in throw Mishap("body") } }
    }

    @Test("A task of the tree does not see the task-local values of who caused it")
    func noInheritance() async throws {
        let bench = ServerBench()
        let tree = try await bench.start()
        let seen = try await runtime.run {
            try await bench.ref.call { (_: isolated Desk) async in Runtime.current === runtime }
        }
        #expect(!seen)
        try await bench.stop(tree)
    }

    @Test("A sleep ends at its deadline, and not before")
    func sleep() async throws {
        let journal = LifeJournal()
        let sleeper = Task { [runtime] in
            try await runtime.sleep(for: .seconds(5))
            journal.note("awake")
        }
        await clock.waitForSleepers(1)
        clock.advance(by: .nanoseconds(4_999_999_999))
        #expect(clock.sleeperCount == 1)
        #expect(journal.lines.isEmpty)
        clock.advance(by: .nanoseconds(1))
        try await sleeper.value
        #expect(journal.lines == ["awake"])
        #expect(runtime.deadlines.pendingCount == 0)
    }

    @Test("A cancelled sleep ends at once, and leaves nothing behind")
    func cancelledSleep() async {
        let sleeper = Task { [runtime] in try await runtime.sleep(for: .seconds(5)) }
        await clock.waitForSleepers(1)
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(runtime.deadlines.pendingCount == 0)
        let late = Task { [runtime] in
            withUnsafeCurrentTask { $0?.cancel() }
            try await runtime.sleep(for: .seconds(5))
        }
        await #expect(throws: CancellationError.self) { try await late.value }
        #expect(runtime.deadlines.pendingCount == 0)
    }

    @Test("Events reach the sink with the time of the clock")
    func events() {
        struct Sink: EventSink {
            let journal: LifeJournal
            func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) { journal.note("\(event), \(time)") }
        }
        let journal = LifeJournal()
        let runtime = Runtime(clock: clock, events: Sink(journal: journal))
        clock.advance(by: .seconds(3))
        runtime.emit(SupervisionEvent(path: "app/a", child: .worker, kind: .zombieEnded))
        #expect(
            journal.lines == ["app/a has ended at last, after it had been given up, 3 s after the origin"]
        )
    }

    @Test("Names nobody holds are swept out; one that an address holds stays")
    func nameSweep() async throws {
        let table = NameTable()
        let held = table.entry(for: "held")
        let claimed = Supervisor {}
        #expect(table.claim("claimed", for: claimed))
        for number in 0..<1_000 { _ = table.entry(for: "unused \(number)") }
        #expect(table.entry(for: "held") === held)
        #expect(!table.claim("claimed", for: Supervisor {}))
        #expect(table.claim("claimed", for: claimed))
        table.release("claimed", of: Supervisor {})
        #expect(!table.claim("claimed", for: Supervisor {}))
        table.release("claimed", of: claimed)
        #expect(table.claim("claimed", for: Supervisor {}))
    }
}
