import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rate limits")
struct RateLimitTests {
    private let world = World()

    /// A call that says when it has begun.
    private func start(_ rate: RateLimit, _ begin: @escaping @Sendable () -> Void = {}) -> Task<Void, any Error> {
        let runtime = world.runtime
        return Task { try await runtime.run { try await rate.call { begin() } } }
    }

    @Test("B31 what comes too often is rejected with the time until the next, and does not run")
    func rejected() async throws {
        let (rate, runs) = (RateLimit(2, per: .seconds(1)), Counter())
        for _ in 0..<2 { try await start(rate) { runs.add() }.value }
        let third = start(rate) { runs.add() }
        await #expect(throws: RateLimitExceeded(retryAfter: .milliseconds(500))) { try await third.value }
        world.clock.advance(by: .milliseconds(500))
        try await start(rate) { runs.add() }.value
        #expect(runs.value == 3)
        #expect((rate.figures.admitted, rate.figures.rejected) == (3, 1))
    }

    @Test("B31 with a longest wait a call comes at its moment, and not before")
    func waits() async throws {
        let (rate, runs) = (RateLimit(1, per: .seconds(1), maxWait: .seconds(1)), Counter())
        try await start(rate).value
        let second = start(rate) { runs.add() }
        await world.clock.waitForSleepers(1)
        #expect(rate.figures.waiting == 1)
        let third = start(rate)
        await #expect(throws: RateLimitExceeded(retryAfter: .seconds(2))) { try await third.value }
        world.clock.advance(by: .nanoseconds(999_999_999))
        #expect(world.clock.sleeperCount == 1)
        #expect(runs.value == 0)
        world.clock.advance(by: .nanoseconds(1))
        try await second.value
        #expect(runs.value == 1)
        #expect((rate.figures.admitted, rate.figures.waiting) == (2, 0))
    }

    @Test("B31 who would have to wait beyond its deadline is rejected at once (C15)")
    func deadline() async throws {
        let rate = RateLimit(1, per: .seconds(1), maxWait: .seconds(5))
        try await start(rate).value
        await world.runtime.run {
            await CallDeadline.with(.milliseconds(500)) {
                _ = await #expect(throws: RateLimitExceeded(retryAfter: .seconds(1))) { try await rate.call {} }
            }
        }
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("B31 who is cancelled while it waits goes on at once, and gives its place back")
    func cancelled() async throws {
        let rate = RateLimit(1, per: .seconds(1), maxWait: .seconds(1))
        try await start(rate).value
        let (second, runs) = (start(rate), Counter())
        await world.clock.waitForSleepers(1)
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(world.clock.sleeperCount == 0)
        #expect(rate.figures.waiting == 0)
        let third = start(rate) { runs.add() }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        try await third.value
        #expect(runs.value == 1)
    }

    @Test("B31 however moment and cancellation meet, the figures come out even")
    func races() async throws {
        for _ in 0..<200 {
            let world = World()
            let (runtime, runs) = (world.runtime, Counter())
            let rate = RateLimit(1, per: .seconds(1), maxWait: .seconds(1))
            try await runtime.run { try await rate.call {} }
            let second = Task { try await runtime.run { try await rate.call { runs.add() } } }
            await world.clock.waitForSleepers(1)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { world.clock.advance(by: .seconds(1)) }
                group.addTask { second.cancel() }
            }
            let isDone = (try? await second.value) != nil
            #expect(runs.value == (isDone ? 1 : 0))
            #expect((rate.figures.admitted, rate.figures.waiting) == (isDone ? 2 : 1, 0))
            #expect(world.clock.sleeperCount == 0)
        }
    }

    @Test("B8 B31 a circuit around a rate limit ignores its rejections")
    func circuit() async throws {
        let breakers = await world.breakers(.small(1))
        let rate = RateLimit(1, per: .seconds(1))
        try await start(rate).value
        await world.runtime.run {
            _ = await #expect(throws: RateLimitExceeded.self) {
                try await breakers.call("api") { try await rate.call {} }
            }
        }
        #expect(await breakers.state(of: "api")?.state == .closed)
        #expect(await breakers.state(of: "api")?.counts.ignored == 1)
    }

    @Test(
        "B31 an impossible rate is refused with what to do",
        arguments: [
            RateLimit(0, per: .seconds(1)), RateLimit(.min, per: .seconds(1)), RateLimit(.max, per: .seconds(1)),
            RateLimit(1, per: .zero), RateLimit(1, per: .seconds(-1)), RateLimit(1, per: .seconds(1), burst: 0),
            RateLimit(1, per: .seconds(1), burst: .min), RateLimit(1, per: .seconds(1), maxWait: .seconds(-1)),
        ]
    )
    func invalid(rate: RateLimit) async {
        let error = await #expect(throws: InvalidCallLimit.self) { try await rate.call {} }
        #expect(error?.field.hasPrefix("RateLimit(") == true)
    }
}
