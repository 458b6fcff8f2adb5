import Supervision
import SupervisionTesting
import Synchronization
import Testing

@testable import CircuitBreakers

@Suite("Hedges")
struct HedgeTests {
    private let world = World()

    /// A hedged call whose attempts are told their number.
    private func start(
        _ hedge: Hedge,
        _ attempt: @escaping @Sendable (Int) async throws -> String
    ) -> Task<String, any Error> {
        let (runtime, numbers) = (world.runtime, Numbers())
        return Task { try await runtime.run { try await hedge.call { try await attempt(numbers.next()) } } }
    }

    @Test("B31 a call that is fast has one attempt, and leaves no timer")
    func fast() async throws {
        let attempts = Counter()
        let call = start(Hedge(after: .seconds(1))) { number in
            attempts.add()
            return "attempt \(number)"
        }
        #expect(try await call.value == "attempt 1")
        #expect(attempts.value == 1)
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("B31 beside one that is slow another is begun; the first success is the call's, and the other is cancelled")
    func slow() async throws {
        let wasCancelled = Box<Bool>()
        let call = start(Hedge(after: .seconds(1))) { number in
            if number == 1 {
                do { try await waitForCancellation() } catch {
                    wasCancelled.value = true
                    throw error
                }
            }
            return "attempt \(number)"
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .nanoseconds(999_999_999))
        #expect(world.clock.sleeperCount == 1)
        world.clock.advance(by: .nanoseconds(1))
        #expect(try await call.value == "attempt 2")
        #expect(wasCancelled.value == true)
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("B31 the first attempt may still win over the second")
    func firstWins() async throws {
        let (gate, second) = (Gate(), Gate())
        let call = start(Hedge(after: .seconds(1))) { number in
            if number == 1 {
                await gate.pass()
            } else {
                second.open()
                try await waitForCancellation()
            }
            return "attempt \(number)"
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        await second.pass()
        gate.open()
        #expect(try await call.value == "attempt 1")
    }

    @Test("B31 there are no more attempts than it says")
    func most() async throws {
        let (gate, begun) = (Gate(), (0..<4).map { _ in Gate() })
        let attempts = Counter()
        let call = start(Hedge(after: .seconds(1), maxHedges: 2)) { number in
            attempts.add()
            begun[number - 1].open()
            await gate.pass()
            return "done"
        }
        for attempt in 0..<2 {
            await begun[attempt].pass()
            await world.clock.waitForSleepers(1)
            world.clock.advance(by: .seconds(1))
        }
        await begun[2].pass()
        #expect(world.clock.sleeperCount == 0)
        world.clock.advance(by: .seconds(60))
        gate.open()
        #expect(try await call.value == "done")
        #expect(attempts.value == 3)
    }

    @Test("B31 an attempt that fails begins no other: alone it fails the call")
    func failed() async throws {
        let attempts = Counter()
        let call = start(Hedge(after: .seconds(1), maxHedges: 3)) { number in
            attempts.add()
            throw Broken(number: number)
        }
        await #expect(throws: Broken(number: 1)) { try await call.value }
        #expect(attempts.value == 1)
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("B31 when all have failed the call fails with the error of the first", arguments: [1, 2])
    func allFailed(firstToFail: Int) async throws {
        let gates = [Gate(), Gate()]
        let ended = Gate()
        let second = Gate()
        let call = start(Hedge(after: .seconds(1))) { number in
            if number == 2 { second.open() }
            await gates[number - 1].pass()
            if number == firstToFail { ended.open() }
            throw Broken(number: number)
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        await second.pass()
        gates[firstToFail - 1].open()
        await ended.pass()
        gates[2 - firstToFail].open()
        await #expect(throws: Broken(number: 1)) { try await call.value }
    }

    @Test("B31 while one is in flight the failure of another is not the call's")
    func oneFailed() async throws {
        let gate = Gate()
        let call = start(Hedge(after: .seconds(1))) { number in
            if number == 1 {
                await gate.pass()
                throw Broken()
            }
            gate.open()
            return "attempt \(number)"
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        #expect(try await call.value == "attempt 2")
    }

    @Test("B31 when the caller is cancelled all attempts are, and no other is begun")
    func cancelled() async throws {
        let (attempts, second) = (Counter(), Gate())
        let call = start(Hedge(after: .seconds(1), maxHedges: 5)) { number in
            attempts.add()
            if number == 2 { second.open() }
            try await waitForCancellation()
            return "never"
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        await second.pass()
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(attempts.value == 2)
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("B31 around a circuit each attempt is a call of the circuit")
    func circuit() async throws {
        let breakers = await world.breakers(.small(1))
        let call = start(Hedge(after: .seconds(1))) { number in
            try await breakers.call("api") {
                if number == 1 { try await waitForCancellation() }
                return "attempt \(number)"
            }
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        #expect(try await call.value == "attempt 2")
        let counts = try #require(await breakers.state(of: "api")?.counts)
        #expect((counts.calls, counts.successes, counts.ignored) == (2, 1, 1))
    }

    @Test(
        "B31 an impossible hedge is refused with what to do",
        arguments: [Hedge(after: .zero), Hedge(after: .seconds(-1)), Hedge(after: .seconds(1), maxHedges: 0)]
    )
    func invalid(hedge: Hedge) async {
        let error = await #expect(throws: InvalidCallLimit.self) { try await hedge.call {} }
        #expect(error?.field.hasPrefix("Hedge(") == true)
    }
}

/// 1, 2, 3 and so on.
private final class Numbers: Sendable {
    private let latest = Atomic(0)

    func next() -> Int { latest.add(1, ordering: .relaxed).newValue }
}
