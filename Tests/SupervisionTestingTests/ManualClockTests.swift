import Supervision
import SupervisionTesting
import Synchronization
import Testing

@Suite("ManualClock")
struct ManualClockTests {
    let clock = ManualClock()

    /// What happened, in order.
    private final class Log: Sendable {
        let lines = Mutex<[String]>([])

        func note(_ line: String) {
            lines.withLock { $0.append(line) }
        }

        var all: [String] { lines.withLock { $0 } }
    }

    @Test("It stands still until it is moved, and never goes back")
    func time() {
        #expect(clock.now == .origin)
        clock.advance(by: .seconds(2))
        #expect(clock.now == RuntimeInstant(nanoseconds: 2_000_000_000))
        clock.advance(to: RuntimeInstant(nanoseconds: 5))
        clock.advance(by: .seconds(-1))
        #expect(clock.now == RuntimeInstant(nanoseconds: 2_000_000_000))
        clock.advance(by: .seconds(Int64.max))
        #expect(clock.now == .distantFuture)
    }

    @Test("A sleep ends when the clock reaches its deadline, not before")
    func sleep() async throws {
        let log = Log()
        let sleeper = Task { [clock] in
            try await clock.sleep(for: .seconds(1))
            log.note("awake")
        }
        await clock.waitForSleepers(1)
        clock.advance(by: .nanoseconds(999_999_999))
        #expect(clock.sleeperCount == 1)
        #expect(log.all.isEmpty)
        clock.advance(by: .nanoseconds(1))
        try await sleeper.value
        #expect(clock.sleeperCount == 0)
    }

    @Test("A sleep until a time that is past ends at once")
    func past() async throws {
        clock.advance(by: .seconds(5))
        try await clock.sleep(until: .origin)
        try await clock.sleep(for: .zero)
        #expect(clock.sleeperCount == 0)
    }

    @Test("A cancelled sleep throws and leaves nothing behind, also when it was cancelled before it began")
    func cancellation() async {
        let sleeper = Task { [clock] in try await clock.sleep(for: .seconds(1)) }
        await clock.waitForSleepers(1)
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(clock.sleeperCount == 0)
        let late = Task { [clock] in
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(for: .seconds(1))
        }
        await #expect(throws: CancellationError.self) { try await late.value }
        #expect(clock.sleeperCount == 0)
    }

    @Test("waitForSleepers counts the sleeps on the clock and what the runtimes on it wait for")
    func waitForSleepers() async throws {
        let runtimes = (0..<2).map { _ in Runtime(clock: clock, events: SilentSink()) }
        let tasks =
            runtimes.map { runtime in Task { try await runtime.sleep(for: .seconds(1)) } }
            + [Task { [clock] in try await clock.sleep(for: .seconds(1)) }]
        await clock.waitForSleepers(3)
        await clock.waitForSleepers(0)
        #expect(clock.sleeperCount == 3)
        clock.advance(by: .seconds(1))
        for task in tasks { try await task.value }
        #expect(clock.sleeperCount == 0)
    }

    @Test("What a deadline sets off at once, within the time that is passed, is passed too")
    func stepByStep() async throws {
        let log = Log()
        let runtime = Runtime(clock: clock, events: SilentSink())
        let tree = try await Supervisor {
            Child(ServerName<Ticker>("ticker")) { Ticker { log.note("\($0)") } }
        }.start(in: runtime)
        clock.advance(by: .seconds(4))
        let ticker = ServerRef(ServerName<Ticker>("ticker"), in: runtime)
        try await ticker.call { _ in }
        // The ticks that found one waiting were left out; the clock stopped at each of them.
        #expect(runtime.deadlines.earliest == RuntimeInstant(nanoseconds: 5_000_000_000))
        #expect(log.all.first != nil)
        try await tree.stop(.shutdown)
        #expect(clock.sleeperCount == 0)
    }

    private actor Ticker: GenServer {
        let onTick: @Sendable (RuntimeInstant) -> Void

        init(onTick: @escaping @Sendable (RuntimeInstant) -> Void) {
            self.onTick = onTick
        }

        func started(_ context: ServerContext<Ticker>) {
            context.send((), every: .seconds(1))
        }

        func handle(_ message: Void, _ context: ServerContext<Ticker>) {
            onTick(context.runtime.now)
        }
    }

    @Test("A runtime that is gone leaves no alarm behind")
    func alarms() async throws {
        do {
            let runtime = Runtime(clock: clock, events: SilentSink())
            let sleeper = Task { try await runtime.sleep(for: .seconds(1)) }
            await clock.waitForSleepers(1)
            sleeper.cancel()
            _ = await sleeper.result
        }
        clock.advance(by: .seconds(10))
        #expect(clock.sleeperCount == 0)
    }

    @Test("Sleeps end in the order of their deadlines, whatever order they came in")
    func order() async throws {
        var sleepers: [(Int, Task<RuntimeInstant, any Error>)] = []
        for (count, second) in [3, 1, 2].enumerated() {
            sleepers.append(
                (
                    second,
                    Task { [clock] in
                        try await clock.sleep(for: .seconds(second))
                        return clock.now
                    }
                )
            )
            await clock.waitForSleepers(count + 1)
        }
        for second in 1...3 {
            clock.advance(by: .seconds(1))
            #expect(clock.sleeperCount == 3 - second)
            for (deadline, sleeper) in sleepers where deadline == second {
                #expect(try await sleeper.value == RuntimeInstant(nanoseconds: Int64(second) * 1_000_000_000))
            }
        }
    }
}
