import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Bulkheads")
struct BulkheadTests {
    private let world = World()

    /// A call that stands at `gate` when it has a slot.
    private func start(
        _ bulkhead: Bulkhead,
        within deadline: Duration? = nil,
        at gate: Gate,
        _ begin: @escaping @Sendable () -> Void = {}
    ) -> Task<Void, any Error> {
        let runtime = world.runtime
        return Task {
            try await runtime.run {
                try await CallDeadline.with(deadline ?? .seconds(Int64.max)) {
                    try await bulkhead.call {
                        begin()
                        await gate.pass()
                    }
                }
            }
        }
    }

    /// A call that has a slot until the gate opens.
    private func fill(_ bulkhead: Bulkhead, until gate: Gate) async -> Task<Void, any Error> {
        let started = Gate()
        let call = start(bulkhead, at: gate) { started.open() }
        await started.pass()
        return call
    }

    @Test("B31 calls beyond the cap and the queue are rejected, and nothing of them runs")
    func full() async throws {
        let (bulkhead, gate, runs) = (Bulkhead(maxConcurrent: 1), Gate(), Counter())
        let first = await fill(bulkhead, until: gate)
        await #expect(throws: BulkheadFull(maxConcurrent: 1, maxWaiting: 0)) { try await bulkhead.call { runs.add() } }
        #expect(runs.value == 0)
        #expect(bulkhead.figures.rejected == 1)
        gate.open()
        try await first.value
        try await bulkhead.call { runs.add() }
        #expect(runs.value == 1)
        #expect(bulkhead.figures.inFlight == 0)
    }

    @Test("B31 a call that throws gives its slot back")
    func thrown() async throws {
        let bulkhead = Bulkhead(maxConcurrent: 1)
        for _ in 0..<3 { await #expect(throws: Broken()) { try await bulkhead.call { throw Broken() } } }
        #expect(bulkhead.figures.inFlight == 0)
    }

    @Test("B31 who waits gets the slot when it is free, and its timer goes")
    func waits() async throws {
        let bulkhead = Bulkhead(maxConcurrent: 1, maxWaiting: 1, waitTimeout: .seconds(5))
        let (gate, open) = (Gate(), Gate())
        open.open()
        let first = await fill(bulkhead, until: gate)
        let second = start(bulkhead, at: open)
        await world.clock.waitForSleepers(1)
        #expect(bulkhead.figures.waiting == 1)
        gate.open()
        try await first.value
        try await second.value
        #expect(world.clock.sleeperCount == 0)
        let figures = bulkhead.figures
        #expect((figures.inFlight, figures.waiting, figures.admitted, figures.rejected) == (0, 0, 2, 0))
    }

    @Test("B31 the wait ends at its timeout, and not before")
    func timeout() async throws {
        let bulkhead = Bulkhead(maxConcurrent: 1, maxWaiting: 1, waitTimeout: .seconds(5))
        let gate = Gate()
        let first = await fill(bulkhead, until: gate)
        let second = start(bulkhead, at: gate)
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .nanoseconds(4_999_999_999))
        #expect(bulkhead.figures.waiting == 1)
        world.clock.advance(by: .nanoseconds(1))
        await #expect(throws: BulkheadFull(maxConcurrent: 1, maxWaiting: 1, waited: .seconds(5))) {
            try await second.value
        }
        #expect(bulkhead.figures.rejected == 1)
        gate.open()
        try await first.value
        #expect(bulkhead.figures.inFlight == 0)
    }

    @Test("B31 nobody waits beyond its caller's deadline (C15)")
    func deadline() async throws {
        let bulkhead = Bulkhead(maxConcurrent: 1, maxWaiting: 1, waitTimeout: .seconds(5))
        let gate = Gate()
        let first = await fill(bulkhead, until: gate)
        let second = start(bulkhead, within: .seconds(2), at: gate)
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(2))
        await #expect(throws: BulkheadFull(maxConcurrent: 1, maxWaiting: 1, waited: .seconds(2))) {
            try await second.value
        }
        gate.open()
        try await first.value
    }

    @Test("B31 who is cancelled while it waits leaves the queue, and the next one gets the slot")
    func cancelled() async throws {
        let bulkhead = Bulkhead(maxConcurrent: 1, maxWaiting: 2, waitTimeout: .seconds(5))
        let (gate, open) = (Gate(), Gate())
        open.open()
        let first = await fill(bulkhead, until: gate)
        let second = start(bulkhead, at: open)
        await world.clock.waitForSleepers(1)
        let third = start(bulkhead, at: open)
        await world.clock.waitForSleepers(2)
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(world.clock.sleeperCount == 1)
        #expect(bulkhead.figures.waiting == 1)
        gate.open()
        try await first.value
        try await third.value
        #expect(bulkhead.figures.inFlight == 0)
        #expect(bulkhead.figures.rejected == 0)
    }

    @Test("B31 who was cancelled before it could wait does not wait")
    func cancelledBefore() async throws {
        let bulkhead = Bulkhead(maxConcurrent: 1, maxWaiting: 1)
        let (gate, door) = (Gate(), Gate())
        let first = await fill(bulkhead, until: gate)
        let second = Task {
            await door.pass()
            try await bulkhead.call {}
        }
        second.cancel()
        door.open()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(bulkhead.figures.waiting == 0)
        gate.open()
        try await first.value
        #expect(bulkhead.figures.inFlight == 0)
    }

    @Test("B31 who is cancelled when the slot is its already gives it back, and runs nothing")
    func cancelledAfterTheGrant() async throws {
        // A clock that stands still, so that nobody waits for too long on a slow machine.
        try await World().runtime.run {
            let bulkhead = Bulkhead(maxConcurrent: 1, maxWaiting: 1)
            let (gate, runs, executor) = (Gate(), Counter(), HeldExecutor())
            let first = await fill(bulkhead, until: gate)
            let second = Task(executorPreference: executor) { try await bulkhead.call { runs.add() } }
            #expect(bulkhead.figures.waiting == 1)
            executor.hold()
            gate.open()
            try await first.value
            #expect(bulkhead.figures.admitted == 2)
            second.cancel()
            executor.release()
            await #expect(throws: CancellationError.self) { try await second.value }
            #expect(runs.value == 0)
            #expect(bulkhead.figures.inFlight == 0)
        }
    }

    @Test("B31 however grant, timeout and cancellation meet, no slot is lost and none is given twice")
    func races() async throws {
        for round in 0..<300 {
            let world = World()
            let runtime = world.runtime
            let bulkhead = Bulkhead(maxConcurrent: 1, maxWaiting: 1, waitTimeout: .seconds(1))
            let (gate, started, running) = (Gate(), Gate(), Counter())
            let first = Task {
                try await runtime.run {
                    try await bulkhead.call {
                        started.open()
                        await gate.pass()
                    }
                }
            }
            await started.pass()
            let second = Task { try await runtime.run { try await bulkhead.call { running.add() } } }
            await world.clock.waitForSleepers(1)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { gate.open() }
                if round % 3 != 1 { group.addTask { world.clock.advance(by: .seconds(1)) } }
                if round % 3 != 2 { group.addTask { second.cancel() } }
            }
            try await first.value
            let isDone = (try? await second.value) != nil
            #expect(running.value == (isDone ? 1 : 0))
            let figures = bulkhead.figures
            #expect((figures.inFlight, figures.waiting) == (0, 0))
            #expect(world.clock.sleeperCount == 0)
            try await bulkhead.call {}
        }
    }

    @Test("B31 a cap of three holds under a hundred callers")
    func crowd() async throws {
        let bulkhead = Bulkhead(maxConcurrent: 3, maxWaiting: 100, waitTimeout: .seconds(600))
        let peak = Peak()
        // On a clock that stands still, so that nobody has waited too long, however slow the machine is.
        try await world.runtime.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        try await bulkhead.call {
                            peak.enter()
                            await Task.yield()
                            peak.leave()
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(peak.highest <= 3)
        #expect(bulkhead.figures.admitted == 100)
    }

    @Test("B8 B31 a circuit around a bulkhead ignores its rejections")
    func circuit() async throws {
        let breakers = await world.breakers(.small(1))
        let (bulkhead, gate) = (Bulkhead(maxConcurrent: 1), Gate())
        let first = await fill(bulkhead, until: gate)
        await #expect(throws: BulkheadFull.self) { try await breakers.call("api") { try await bulkhead.call {} } }
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .closed)
        #expect(snapshot?.counts.ignored == 1)
        gate.open()
        try await first.value
    }

    @Test("B31 in a bulkhead around a circuit a rejected call holds no slot, and around it no rejection takes one")
    func order() async throws {
        let breakers = await world.breakers(.small(1))
        let bulkhead = Bulkhead(maxConcurrent: 1)
        await breakers.failingCall("api")
        await #expect(throws: CircuitBreakerError.self) {
            try await bulkhead.call { try await breakers.call("api") {} }
        }
        #expect(bulkhead.figures.admitted == 1)
        await #expect(throws: CircuitBreakerError.self) {
            try await breakers.call("api") { try await bulkhead.call {} }
        }
        #expect(bulkhead.figures.admitted == 1)
        #expect(bulkhead.figures.inFlight == 0)
    }

    @Test(
        "B31 a bulkhead that lets nobody through is refused with what to do",
        arguments: [
            Bulkhead(maxConcurrent: 0), Bulkhead(maxConcurrent: -1), Bulkhead(maxConcurrent: 1, maxWaiting: -1),
            Bulkhead(maxConcurrent: 1, maxWaiting: 1, waitTimeout: .zero),
        ]
    )
    func invalid(bulkhead: Bulkhead) async {
        let error = await #expect(throws: InvalidCallLimit.self) { try await bulkhead.call {} }
        #expect(error?.field.hasPrefix("Bulkhead(") == true)
    }
}
