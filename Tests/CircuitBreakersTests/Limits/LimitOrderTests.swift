import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Limits and circuits in either order")
struct LimitOrderTests {
    private let world = World()

    /// A call of a service that hangs, given up when its limit has come.
    private func callHangingService(
        _ layers: @Sendable (CircuitBreakerServer) -> [any CallLayer]
    ) async -> CircuitSnapshot? {
        let breakers = await world.breakers(.small(1))
        let policy = CallPolicy { layers(breakers) }
        let (runtime, started, ended) = (world.runtime, Gate(), Gate())
        let call = Task {
            try await runtime.run {
                try await policy.call {
                    defer { ended.open() }
                    started.open()
                    try await waitForCancellation()
                }
            }
        }
        await started.pass()
        world.clock.advance(by: .seconds(1))
        await #expect(throws: TimeLimitExceeded(after: .seconds(1))) { try await call.value }
        await ended.pass()
        return await breakers.state(of: "api")
    }

    @Test("B31 a limit within a circuit and a bulkhead opens the circuit, and the slot is free")
    func limitInside() async {
        let bulkhead = Bulkhead(maxConcurrent: 1)
        let snapshot = await callHangingService {
            [CircuitBreaker("api", of: $0), bulkhead, TimeLimit(.seconds(1))]
        }
        #expect(snapshot?.state == .open)
        #expect(bulkhead.figures.inFlight == 0)
    }

    @Test("B31 while its circuit is open no call waits at the bulkhead or takes a token")
    func circuitOutside() async throws {
        let breakers = await world.breakers(.small(1))
        await breakers.failingCall("api")
        let (bulkhead, rate) = (Bulkhead(maxConcurrent: 1), RateLimit(1, per: .seconds(1)))
        let policy = CallPolicy {
            CircuitBreaker("api", of: breakers)
            bulkhead
            rate
        }
        await #expect(throws: CircuitBreakerError.self) { try await policy.call {} }
        #expect(bulkhead.figures.admitted == 0)
        #expect(rate.figures.admitted == 0)
    }

    @Test("B31 a limit around a bulkhead includes the wait, one within it does not")
    func wait() async throws {
        let (gate, started) = (Gate(), Gate())
        let bulkhead = Bulkhead(maxConcurrent: 1, maxWaiting: 2)
        let first = Task {
            try await bulkhead.call {
                started.open()
                await gate.pass()
            }
        }
        await started.pass()
        let runtime = world.runtime
        let outside = Task {
            try await runtime.run { try await TimeLimit(.seconds(1)).call { try await bulkhead.call {} } }
        }
        // Its limit, and its wait, which ends with the limit.
        await world.clock.waitForSleepers(2)
        world.clock.advance(by: .seconds(1))
        await #expect(throws: TimeLimitExceeded(after: .seconds(1))) { try await outside.value }
        let inside = Task {
            try await runtime.run { try await bulkhead.call { try await TimeLimit(.seconds(1)).call { 7 } } }
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(2))
        gate.open()
        try await first.value
        #expect(try await inside.value == 7)
        #expect(bulkhead.figures.inFlight == 0)
        #expect(bulkhead.figures.waiting == 0)
    }
}
