import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

/// A layer that is not known to have a circuit.
private struct Wrapping: CallLayer {
    let inner: CircuitBreaker

    func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await inner.call(operation)
    }
}

@Suite("Batches")
struct BatchTests {
    @Test("K148 B32 a batch of 20 whose circuit opens at the 5th stops with five errors and the rejection (C12)")
    func stops() async {
        let world = World()
        let breakers = await world.breakers(.small(5))
        let tries = Counter()
        await world.runtime.run {
            let outcome = await CircuitBreaker("api", of: breakers).callEach(1...20) { item -> Int in
                tries.add()
                throw Broken(number: item)
            }
            #expect(tries.value == 5)
            #expect(outcome.takenCount == 6)
            #expect(!outcome.isComplete)
            #expect(outcome.errors.prefix(5).compactMap { ($0 as? Broken)?.number } == [1, 2, 3, 4, 5])
            #expect(outcome.errors.count == 6)
            #expect(outcome.errors.last is CircuitBreakerError)
            #expect(outcome.rejection?.service == "api")
            #expect(outcome.results.count == 20)
            for result in outcome.results.dropFirst(5) {
                #expect(throws: CircuitBreakerError.self) { try result.get() }
            }
            // One call was rejected, and no more were made.
            #expect(await breakers.state(of: "api")?.counts.rejected == 1)
        }
    }

    @Test("B32 each item has its result or error, in the order of the items", arguments: [0, 1, 3, 100])
    func order(maxConcurrent: Int) async {
        let world = World()
        let breakers = await world.breakers(.small(1_000))
        await world.runtime.run {
            let layer = CircuitBreaker("api", of: breakers)
            let outcome = await layer.callEach(1...20, maxConcurrent: maxConcurrent) { item -> Int in
                // Later items end earlier.
                for _ in 0..<(20 - item) { await Task.yield() }
                if item.isMultiple(of: 3) { throw Broken(number: item) }
                return item * 10
            }
            #expect(outcome.isComplete)
            #expect(outcome.rejection == nil)
            #expect(outcome.values == (1...20).filter { !$0.isMultiple(of: 3) }.map { $0 * 10 })
            #expect(outcome.errors.compactMap { ($0 as? Broken)?.number } == [3, 6, 9, 12, 15, 18])
            for (index, result) in outcome.results.enumerated() {
                let isFailure = if case .failure = result { true } else { false }
                #expect(isFailure == (index + 1).isMultiple(of: 3))
            }
        }
    }

    @Test("B32 no more than so many items are in flight, and those in flight end")
    func bounded() async throws {
        let world = World()
        let breakers = await world.breakers()
        let started = Trace()
        async let outcome = world.runtime.run {
            await CircuitBreaker("api", of: breakers).callEach(1...10, maxConcurrent: 3) { item in
                started.add("\(item)")
                try await world.runtime.sleep(for: .seconds(item))
                if item == 1 { throw Broken(number: 1) }
                return item
            }
        }
        await world.clock.waitForSleepers(3)
        #expect(started.words.count == 3)
        // The first fails and opens the circuit; the second and third end. Each that ends may make room for one more,
        // which is rejected, until the batch has seen a rejection.
        world.clock.advance(by: .seconds(1))
        await world.wait(for: .open)
        world.clock.advance(by: .seconds(2))
        let result = await outcome
        #expect(result.values == [2, 3])
        #expect((4...6).contains(result.takenCount))
        #expect(result.errors.first is Broken)
        for result in result.results.dropFirst(3) {
            #expect(throws: CircuitBreakerError.self) { try result.get() }
        }
        #expect(Set(started.words) == ["1", "2", "3"])
    }

    @Test("B32 a circuit within a policy stops a batch, and retries happen for each item")
    func policy() async {
        let world = World()
        let breakers = await world.breakers(.small(4))
        let tries = Counter()
        await world.runtime.run {
            let policy = CallPolicy {
                CallPolicy { Retry(maxAttempts: 2, backoff: .constant(.zero)) }
                CallPolicy { CircuitBreaker("api", of: breakers) }
            }
            let outcome = await policy.callEach(["a", "b", "c", "d"]) { _ in
                tries.add()
                throw Broken()
            }
            #expect(tries.value == 4)
            #expect(outcome.takenCount == 3)
            #expect(outcome.rejection?.service == "api")
        }
    }

    @Test("B32 the open circuit of something that the operation calls is that item's own error")
    func foreignCircuit() async {
        let world = World()
        let breakers = await world.breakers(.small(1))
        await breakers.failingCall("foreign")
        await world.runtime.run {
            let own = CircuitBreaker("own", of: breakers)
            let calls: @Sendable (Int) async throws -> Void = { _ in try await breakers.call("foreign") {} }
            let outcome = await own.callEach(1...3, calls)
            #expect(outcome.isComplete)
            #expect(outcome.errors.count == 3)
            // A layer that may have any circuit is stopped by any.
            let unknown = await Wrapping(inner: own).callEach(1...3, calls)
            #expect(unknown.takenCount == 1)
            #expect(unknown.rejection?.service == "foreign")
        }
    }

    @Test("B32 B12 a rejection for want of a free probe is that item's own and stops nothing")
    func noFreeProbe() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        let probe = try breakers.permit("api")
        await world.runtime.run {
            let outcome = await CircuitBreaker("api", of: breakers).callEach(1...3) { $0 }
            #expect(outcome.isComplete)
            #expect(outcome.errors.count == 3)
        }
        probe.succeed()
    }

    @Test("B32 when the caller is cancelled, no more items are taken", arguments: [1, 2])
    func cancelled(maxConcurrent: Int) async {
        let world = World()
        let breakers = await world.breakers()
        let batch = Task {
            await world.runtime.run {
                await CircuitBreaker("api", of: breakers).callEach(1...10, maxConcurrent: maxConcurrent) { item in
                    try await world.runtime.sleep(for: .seconds(100))
                    return item
                }
            }
        }
        await world.clock.waitForSleepers(maxConcurrent)
        batch.cancel()
        let outcome = await batch.value
        #expect(outcome.takenCount == maxConcurrent)
        #expect(outcome.rejection == nil)
        #expect(outcome.results.count == 10)
        for result in outcome.results {
            #expect(throws: CancellationError.self) { try result.get() }
        }
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("B32 a batch of nothing is complete")
    func empty() async {
        let outcome = await CallPolicy {}.callEach([Int](), maxConcurrent: 4) { $0 }
        #expect(outcome.isComplete)
        #expect(outcome.results.isEmpty)
    }

    @Test("B32 after a rejection nothing is taken, and what was taken counts")
    func machine() {
        var machine = BatchMachine<Int>(count: 3) { $0 as? CircuitBreakerError }
        let taken = [machine.take(), machine.take()]
        #expect(taken == [0, 1])
        machine.ended(1, .failure(CircuitBreakerError.open("api", retryAfter: nil, lastFailure: nil)))
        let next = machine.take()
        #expect(next == nil)
        machine.ended(0, .success(7))
        let outcome = machine.outcome()
        #expect(outcome.takenCount == 2)
        #expect(outcome.values == [7])
        #expect(outcome.results.count == 3)
    }
}
