import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Time limits")
struct TimeLimitTests {
    private enum Trace {
        @TaskLocal static var id = 0
    }

    private let world = World()

    /// Starts a call in the world.
    private func start<Value: Sendable>(
        _ limit: TimeLimit,
        _ operation: @escaping @Sendable () async throws -> Value
    ) -> Task<Value, any Error> {
        let runtime = world.runtime
        return Task { try await runtime.run { try await limit.call(operation) } }
    }

    @Test("B31 within its limit a call comes to what its operation does, and leaves no timer")
    func inTime() async throws {
        #expect(try await start(TimeLimit(.seconds(1))) { 7 }.value == 7)
        let failing = start(TimeLimit(.seconds(1))) { throw Broken(number: 3) }
        await #expect(throws: Broken(number: 3)) { try await failing.value }
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("B31 at the limit the caller goes on at once, and the operation's task is cancelled")
    func atTheLimit() async throws {
        let (started, gate, ended) = (Gate(), Gate(), Gate())
        let wasCancelled = Box<Bool>()
        let call = start(TimeLimit(.seconds(1))) {
            started.open()
            await gate.pass()
            wasCancelled.value = Task.isCancelled
            ended.open()
            return 1
        }
        await world.clock.waitForSleepers(1)
        await started.pass()
        world.clock.advance(by: .nanoseconds(999_999_999))
        #expect(world.clock.sleeperCount == 1)
        world.clock.advance(by: .nanoseconds(1))
        // The operation stands at the gate still.
        await #expect(throws: TimeLimitExceeded(after: .seconds(1))) { try await call.value }
        #expect(world.clock.sleeperCount == 0)
        gate.open()
        await ended.pass()
        #expect(wasCancelled.value == true)
    }

    @Test("K98 B31 B29 after a timeout the fallback runs once, and the late result is dropped")
    func lateResult() async throws {
        let breakers = try await world.tree(.small(2))
        let (gate, ended, fallbacks) = (Gate(), Gate(), Counter())
        let runtime = world.runtime
        let call = Task {
            try await runtime.run {
                try await CircuitBreakerServer.call("api") {
                    try await TimeLimit(.seconds(1)).call {
                        await gate.pass()
                        defer { ended.open() }
                        return "late"
                    }
                } fallback: { error in
                    fallbacks.add()
                    return "\(error is TimeLimitExceeded)"
                }
            }
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        #expect(try await call.value == "true")
        gate.open()
        await ended.pass()
        #expect(fallbacks.value == 1)
        let counts = try await runtime.run { try await CircuitBreakerServer.state(of: "api").counts }
        #expect((counts.calls, counts.failures, counts.successes, counts.late) == (1, 1, 0, 0))
        try await breakers.stop()
    }

    @Test("B31 when the caller is cancelled so is the operation, and the caller goes on at once")
    func callerCancelled() async throws {
        let (started, gate, ended) = (Gate(), Gate(), Gate())
        let wasCancelled = Box<Bool>()
        let call = start(TimeLimit(.seconds(1))) {
            started.open()
            await gate.pass()
            wasCancelled.value = Task.isCancelled
            ended.open()
        }
        await started.pass()
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(world.clock.sleeperCount == 0)
        gate.open()
        await ended.pass()
        #expect(wasCancelled.value == true)
    }

    @Test("B31 a caller that is cancelled already runs nothing")
    func cancelledBefore() async throws {
        let (gate, runs) = (Gate(), Counter())
        let call = Task {
            await gate.pass()
            try await TimeLimit(.seconds(1)).call { runs.add() }
        }
        call.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(runs.value == 0)
    }

    @Test("B31 the operation sees its caller's task-local values and runtime")
    func taskLocals() async throws {
        let runtime = world.runtime
        let seen = try await Trace.$id.withValue(42) {
            try await runtime.run { try await TimeLimit(.seconds(1)).call { (Trace.id, Runtime.current === runtime) } }
        }
        #expect(seen == (42, true))
    }

    @Test("B31 B5 a circuit around a limit counts the timeout as a failure")
    func circuitAround() async throws {
        let breakers = await world.breakers(.small(1))
        let runtime = world.runtime
        let call = Task {
            try await runtime.run {
                try await breakers.call("api") {
                    try await TimeLimit(.seconds(1)).call { try await waitForCancellation() }
                }
            }
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        await #expect(throws: TimeLimitExceeded(after: .seconds(1))) { try await call.value }
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("K89 B5 B31 a limit that passed counts as the policy says of deadlines", arguments: CallOutcome.allCases)
    func deadlinePolicy(outcome: CallOutcome) async throws {
        var policy = CircuitPolicy.small(1)
        policy.deadline = outcome
        let breakers = await world.breakers(policy)
        let runtime = world.runtime
        let call = Task {
            try await runtime.run {
                try await breakers.call("api") {
                    do { try await TimeLimit(.seconds(1)).call { try await waitForCancellation() } } catch {
                        // Wrapped, it is a deadline all the same.
                        throw RetryableError(error)
                    }
                }
            }
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        await #expect(throws: RetryableError.self) { try await call.value }
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == (outcome == .failure ? .open : .closed))
        #expect(snapshot?.counts.ignored == (outcome == .ignored ? 1 : 0))
        #expect(snapshot?.counts.successes == (outcome == .success ? 1 : 0))
    }

    @Test("B31 B5 a circuit within a limit sees a cancellation, which it ignores")
    func circuitWithin() async throws {
        let breakers = await world.breakers(.small(1))
        let ended = Gate()
        let call = start(TimeLimit(.seconds(1))) {
            defer { ended.open() }
            try await breakers.call("api") { try await waitForCancellation() }
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        await #expect(throws: TimeLimitExceeded(after: .seconds(1))) { try await call.value }
        await ended.pass()
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .closed)
        #expect(snapshot?.counts.ignored == 1)
    }

    @Test("B31 of two limits the shorter one holds, whichever is outside", arguments: [(1, 5), (5, 1)])
    func nested(outer: Int, inner: Int) async throws {
        let started = Gate()
        let call = start(TimeLimit(.seconds(outer))) {
            try await TimeLimit(.seconds(inner)).call {
                started.open()
                try await waitForCancellation()
            }
        }
        await started.pass()
        await world.clock.waitForSleepers(2)
        world.clock.advance(by: .seconds(1))
        await #expect(throws: TimeLimitExceeded(after: .seconds(1))) { try await call.value }
    }

    @Test("B31 an operation that ends before its caller waits leaves no timer")
    func endsAtOnce() async throws {
        let runtime = Runtime(clock: world.clock, executor: HeldExecutor())
        #expect(try await runtime.run { try await TimeLimit(.seconds(1)).call { 7 } } == 7)
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("B31 a limit that comes before its caller waits cancels the operation")
    func limitAtOnce() async throws {
        let runtime = Runtime(clock: world.clock, executor: HeldExecutor())
        let (clock, ended) = (world.clock, Gate())
        await runtime.run {
            _ = await #expect(throws: TimeLimitExceeded(after: .seconds(1))) {
                try await TimeLimit(.seconds(1)).call {
                    clock.advance(by: .seconds(1))
                    defer { ended.open() }
                    try await waitForCancellation()
                }
            }
        }
        await ended.pass()
    }

    @Test("B31 however operation, limit and cancellation meet, the call ends once and leaves nothing")
    func races() async throws {
        for round in 0..<300 {
            let world = World()
            let runtime = world.runtime
            let gate = Gate()
            let call = Task {
                try await runtime.run {
                    try await TimeLimit(.seconds(1)).call {
                        await gate.pass()
                        return round
                    }
                }
            }
            await world.clock.waitForSleepers(1)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { gate.open() }
                group.addTask { world.clock.advance(by: .seconds(1)) }
                if round.isMultiple(of: 2) { group.addTask { call.cancel() } }
            }
            switch await call.result {
            case .success(let value): #expect(value == round)
            case .failure(let error): #expect(error is TimeLimitExceeded || error is CancellationError)
            }
            #expect(world.clock.sleeperCount == 0)
        }
    }

    @Test(
        "B31 a limit that allows nothing is refused with what to do, and nothing runs",
        arguments: [
            TimeLimit(.zero), TimeLimit(.seconds(-1)), TimeLimit(share: 0), TimeLimit(share: 1.1),
            TimeLimit(share: .nan), TimeLimit(share: 0.5, upTo: .zero),
        ]
    )
    func invalid(limit: TimeLimit) async {
        let runs = Counter()
        let error = await #expect(throws: InvalidCallLimit.self) { try await limit.call { runs.add() } }
        #expect(error?.field.hasPrefix("TimeLimit(") == true)
        #expect(runs.value == 0)
    }
}
