import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

/// A world of its own for one test of one server: a clock that stands still, and everything that is told.
struct ServerBench {
    let clock = ManualClock()
    let recorder = EventRecorder()
    let journal = LifeJournal()
    let runtime: Runtime

    init(executor: (any TaskExecutor)? = nil) {
        runtime = Runtime(clock: clock, executor: executor, random: SeededGenerator(seed: 7), events: recorder)
    }

    var ref: ServerRef<Desk> { ServerRef(.desk, in: runtime) }

    func desk(
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        backoff: Backoff? = nil,
        onStart: @escaping Desk.Work = { _, _ in },
        onTerminate: @escaping @Sendable (isolated Desk, ExitReason) async -> Void = { _, _ in }
    ) -> Child {
        Child(.desk, restart: restart, shutdown: shutdown, backoff: backoff) { [journal] in
            Desk(journal, onStart: onStart, onTerminate: onTerminate)
        }
    }

    /// Starts a tree whose supervisor does not tire of restarting.
    func start(_ child: Child? = nil) async throws -> ServerRef<Supervisor> {
        let child = child ?? desk()
        return try await Supervisor(intensity: RestartIntensity(1_000_000, within: .seconds(1))) { child }
            .start(in: runtime)
    }

    /// Stops the tree, and checks that nothing is left that waits for a deadline.
    func stop(_ tree: ServerRef<Supervisor>) async throws {
        try await tree.stop(.shutdown)
        #expect(runtime.deadlines.pendingCount == 0)
        #expect(clock.sleeperCount == 0)
    }

    func waitForLife(_ life: Int) async {
        await recorder.waitFor(line: "app/desk restarted, life \(life)")
    }

    /// Waits until the server has nothing to do and no task, so that the next call runs in place.
    func waitForIdleness() async throws {
        let place = try ref.resolve()
        while let work = place.withState(\.work) { await work.value }
    }

    /// Waits until the last task that holds something has let it go. It has nothing left to wait for, so this ends.
    func isGone(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<10_000 {
            if condition() { return true }
            await Task.yield()
        }
        return false
    }

    /// Makes the server hang, and gives where it does.
    func hangingDesk() async -> HoldPoint {
        let point = HoldPoint()
        ref.hang(at: point)
        await point.waitForArrivals()
        return point
    }

    /// Makes a call that cannot be served yet, and returns when it waits, as the `number`th of those that do.
    func queued<Value: Sendable>(
        _ number: Int = 1,
        _ call: @escaping @Sendable (ServerRef<Desk>) async throws -> Value
    ) async -> Task<Value, any Error> {
        let task = Task { [ref] in try await call(ref) }
        await clock.waitForSleepers(number)
        return task
    }

    /// The place of the server, for what a reference does not show.
    func place() throws -> ServerPlace<Desk> { try ref.resolve() }

    /// Whether the next call would run in place.
    func isGateOpen() throws -> Bool { try place().isGateOpen }

    /// A server that writes down how it ends.
    func farewellDesk(restart: Restart = .permanent, shutdown: Shutdown? = nil, backoff: Backoff? = nil) -> Child {
        desk(
            restart: restart,
            shutdown: shutdown,
            backoff: backoff,
            onTerminate: { desk, reason in desk.note("terminate: \(reason)") }
        )
    }

    /// The events of the server, without its path.
    var events: [String] {
        recorder.lines.filter { $0.hasPrefix("app/desk ") }.map { String($0.dropFirst("app/desk ".count)) }
    }
}

extension ServerPlace {
    var isGateOpen: Bool { gate.load(ordering: .relaxed) & Gate.mask == Gate.open }
}
