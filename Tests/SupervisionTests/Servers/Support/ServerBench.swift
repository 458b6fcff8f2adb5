import SupervisionTesting
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

    /// The events of the server, without its path.
    var events: [String] {
        recorder.lines.filter { $0.hasPrefix("app/desk ") }.map { String($0.dropFirst("app/desk ".count)) }
    }
}
