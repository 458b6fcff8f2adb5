import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: cancellation")
struct CancellationTests {
    let bench = Bench()

    @Test("S11 a cancellation that no stop has caused is a crash")
    func foreign() async throws {
        let lives = LifeJournal()
        let tree = try await Supervisor {
            Worker("w", restart: .transient) {
                lives.note("life")
                if lives.lines.count == 1 { throw CancellationError() }
                try await Runtime.current.sleep(for: .seconds(1000))
            }
        }.start(in: bench.runtime)
        await bench.waitForRestart(of: "app/w")
        #expect(bench.events(of: "app/w").contains("crashed: CancellationError(); restarts now"))
        try await tree.stop(.shutdown)
    }

    @Test("S11 a cancellation that follows from the supervisor's stop is a shutdown")
    func own() async throws {
        let tree = try await Supervisor {
            Worker("w") { try await Runtime.current.sleep(for: .seconds(1000)) }
        }.start(in: bench.runtime)
        await bench.clock.waitForSleepers(1)
        try await tree.terminateChild("w")
        #expect(bench.events(of: "app/w") == ["started", "stopped"])
        #expect(bench.clock.sleeperCount == 0)
        try await tree.stop(.shutdown)
    }

    @Test("S11 a handler that a stop interrupts ends with shutdown")
    func handler() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let ref = bench.ref("a")
        let call = Task {
            try await ref.call { _ async throws in try await Runtime.current.sleep(for: .seconds(3)) }
        }
        await bench.clock.waitForSleepers(2)
        try await tree.terminateChild("a")
        await #expect(throws: ServerError.self) { try await call.value }
        #expect(bench.events(of: "app/a") == ["started", "stopped"])
        try await tree.stop(.shutdown)
    }

    @Test("R57 cancelling the task that runs the tree stops it in order, and run() returns")
    func run() async throws {
        let end = Task { [bench] in
            try await Supervisor {
                bench.probe("a")
                bench.probe("b")
            }.run(in: bench.runtime, stoppingOn: [])
        }
        await bench.recorder.waitFor(line: "app/b started")
        end.cancel()
        try await end.value
        #expect(bench.journal.take() == ["start a", "start b", "stop b", "stop a"])
    }

    @Test("R57 cancelling a start stops what has been started, and the start throws CancellationError")
    func start() async {
        let start = Task { [bench] in
            try await Supervisor {
                bench.probe("a")
                bench.probe("b", onStart: { try await Runtime.current.sleep(for: .seconds(1000)) })
            }.start(in: bench.runtime)
        }
        await bench.clock.waitForSleepers(1)
        start.cancel()
        await #expect(throws: CancellationError.self) { try await start.value }
        #expect(bench.journal.take() == ["start a", "stop a"])
        #expect(bench.clock.sleeperCount == 0)
    }

    @Test("R57 cancelling run() while the tree starts makes it return")
    func runWhileStarting() async throws {
        let end = Task { [bench] in
            try await Supervisor {
                bench.probe("a")
                bench.probe("b", onStart: { try await Runtime.current.sleep(for: .seconds(1000)) })
            }.run(in: bench.runtime, stoppingOn: [])
        }
        await bench.clock.waitForSleepers(1)
        end.cancel()
        try await end.value
        #expect(bench.journal.take() == ["start a", "stop a"])
    }

    @Test("R57 cancelling a finished start does not touch the tree")
    func afterStart() async throws {
        let start = Task { [bench] in
            try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        }
        let tree = try await start.value
        start.cancel()
        #expect(try await bench.ref("a").call { $0.add(1) } == 1)
        try await tree.stop(.shutdown)
    }

    @Test("R15 who cancels startChild gets away at once, and the child starts all the same")
    func startChild() async throws {
        let hold = HoldPoint()
        let tree = try await Supervisor {}.start(in: bench.runtime)
        let addition = Task { [bench] in
            try await tree.startChild(bench.probe("a", onStart: { await hold.hold() }))
        }
        await hold.waitForArrivals()
        addition.cancel()
        await #expect(throws: CancellationError.self) { try await addition.value }
        hold.open()
        await bench.recorder.waitFor(line: "app/a started")
        #expect(try await tree.lives() == ["a running"])
        try await tree.stop(.shutdown)
    }
}
