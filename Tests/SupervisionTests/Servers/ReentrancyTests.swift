import Dispatch
import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

/// User code that is run at inconvenient times: by a deinit, a cancellation handler, a clock.
@Suite("Servers: code that calls back", .timeLimit(.minutes(1)))
struct ReentrancyTests {
    let bench = ServerBench()

    /// Casts when the last reference to it goes.
    private final class Farewell: Sendable {
        let ref: ServerRef<Desk>
        let line: String

        init(_ ref: ServerRef<Desk>, _ line: String) {
            self.ref = ref
            self.line = line
        }

        deinit {
            ref.cast(.note(line))
        }
    }

    @Test("S16 what a withdrawn call's body owns may use the server when it is freed")
    func freedBodies() async throws {
        let tree = try await bench.start()
        let hold = await bench.hangingDesk()
        var calls: [Task<Void, any Error>] = []
        for number in 1...50 {
            calls.append(
                await bench.queued(number) { [bench] ref in
                    let farewell = Farewell(bench.ref, "farewell")
                    try await ref.call { [farewell] desk async in desk.note(farewell.line) }
                }
            )
        }
        for call in calls {
            call.cancel()
            #expect(await ending(of: call) == "cancelled")
        }
        hold.open()
        _ = try await bench.ref.notes()
        #expect(try await bench.ref.notes() == Array(repeating: "farewell", count: 50))
        try await bench.stop(tree)
    }

    @Test("S16 a body's cancellation handler may cancel its caller")
    func handlerCancelsCaller() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        let caller = Mutex<Task<Void, any Error>?>(nil)
        let call = await bench.queued { ref in
            try await ref.call { _ async in
                await withTaskCancellationHandler {
                    await hold.hold()
                } onCancel: {
                    caller.withLock { $0 }?.cancel()
                    hold.open()
                }
            }
        }
        caller.withLock { $0 = call }
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(5))
        #expect(await ending(of: call) == "timed out after 5.0 seconds")
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    /// A clock whose deadline queue stands still, for a moment, when its last deadline is cancelled.
    private struct StandingClock: RuntimeClock, DeadlineAlarm {
        let onEmpty: @Sendable () -> Void
        var now: RuntimeInstant { .origin }

        func makeAlarm(for queue: DeadlineQueue) -> any DeadlineAlarm { self }
        func set(for deadline: RuntimeInstant) {}
        func invalidate() {}

        func pendingCountChanged(to count: Int) {
            if count == 0 { onEmpty() }
        }
    }

    private struct SignallingSink: EventSink {
        let line: String
        let semaphore: DispatchSemaphore

        func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
            if event.description == line { semaphore.signal() }
        }
    }

    @Test("G15 stop waits for the incarnation that it has ended, even if the next one lives before it looks")
    func stopAndRestart() async throws {
        let isRestarted = DispatchSemaphore(value: 0)
        let runtime = Runtime(
            clock: StandingClock { isRestarted.wait() },
            executor: CountingExecutor(),
            events: SignallingSink(line: "app/desk restarted, life 2", semaphore: isRestarted)
        )
        let child = bench.desk(
            shutdown: .infinity,
            onStart: { _, context in
                if context.incarnation == 1 { context.send(.note("never"), after: .seconds(1)) }
            }
        )
        let tree = try await Supervisor { child }.start(in: runtime)
        let ref = ServerRef(.desk, in: runtime)
        // The end takes the timer back, and stands still there until the server has been restarted.
        try await ref.stop()
        guard case .running(incarnation: 2) = ref.status else { throw Mishap("not running") }
        try await tree.stop(.shutdown)
    }
}
