import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

extension ServiceName {
    fileprivate static let userAPI: ServiceName = "user-api"
}

@Suite("Circuits, retries and fallbacks together with limits")
struct LimitsCompositionTests {
    @Test("K147 B31 half of a caller's two seconds is one second, with the shared circuit of the service (C15)")
    func shareOfDeadline() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            let policy = CallPolicy {
                CircuitBreaker(.userAPI)
                TimeLimit(share: 0.5)
            }
            async let failure: (any Error)? = CallDeadline.with(.seconds(2)) {
                do {
                    try await policy.call { try await world.runtime.sleep(for: .seconds(100)) }
                    return nil
                } catch {
                    return error
                }
            }
            await world.clock.waitForSleepers(2)
            world.clock.advance(by: .milliseconds(999))
            let before = try await CircuitBreakerServer.state(of: .userAPI).state
            #expect(before == .closed)
            world.clock.advance(by: .milliseconds(1))
            let error = await failure
            #expect(error as? TimeLimitExceeded == TimeLimitExceeded(after: .seconds(1)))
            // It is the application's one, and another policy meets it.
            await #expect(throws: CircuitBreakerError.self) {
                try await CallPolicy { CircuitBreaker(.userAPI) }.call {}
            }
            try await tree.stop()
        }
    }

    @Test("K98 B29 after a time limit the fallback runs once, and what the operation comes to later is dropped")
    func lateCompletion() async throws {
        let world = World()
        let breakers = await world.breakers(.small(5))
        let fallbacks = Counter()
        let (release, releaser) = AsyncStream.makeStream(of: Void.self)
        let (ended, ender) = AsyncStream.makeStream(of: Void.self)
        async let value = world.runtime.run {
            try await CallPolicy {
                CircuitBreaker("api", of: breakers)
                TimeLimit(.seconds(1))
            }.call {
                // Pays no heed to its cancellation.
                await Task { for await _ in release {} }.value
                ender.finish()
                return "late"
            } fallback: { error in
                fallbacks.add()
                return "\(type(of: error))"
            }
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(1))
        #expect(try await value == "TimeLimitExceeded")
        releaser.finish()
        for await _ in ended {}
        #expect(fallbacks.value == 1)
        let counts = await breakers.state(of: "api")?.counts
        #expect(counts?.failures == 1)
        #expect(counts?.successes == 0)
    }

    @Test("B30 B31 a retry within a limit begins no wait that would end after it, and surfaces the last error")
    func deadline() async throws {
        let world = World()
        let tries = Counter()
        let policy = CallPolicy {
            TimeLimit(.seconds(10))
            Retry(maxAttempts: 5, backoff: .constant(.seconds(6)))
        }
        let error = Box<any Error>()
        async let done: Void = world.runtime.run {
            do {
                try await policy.call {
                    tries.add()
                    throw Broken(number: tries.value)
                }
            } catch let caught {
                error.value = caught
            }
        }
        // The limit, and the first wait.
        await world.clock.waitForSleepers(2)
        world.clock.advance(by: .seconds(6))
        await done
        #expect(error.value as? Broken == Broken(number: 2))
        #expect(tries.value == 2)
        let kinds = world.recorder.events.compactMap { ($0 as? RetryEvent)?.kind }
        #expect(kinds == [.waiting(.seconds(6), isAskedFor: false), .gaveUp(.deadline)])
    }

    @Test("B31 B30 with the limit inside, each try has its own time, and one that took too long is retried")
    func limitForEachTry() async throws {
        let world = World()
        let tries = Counter()
        async let value = world.runtime.run {
            try await CallPolicy {
                Retry(maxAttempts: 2, backoff: .constant(.zero))
                TimeLimit(.seconds(1))
            }.call {
                tries.add()
                if tries.value == 1 { try await world.runtime.sleep(for: .seconds(100)) }
                return tries.value
            }
        }
        await world.clock.waitForSleepers(2)
        world.clock.advance(by: .seconds(1))
        #expect(try await value == 2)
    }

    @Test("B8 B30 the rejection of a limit is not retried unless told so, and then waited for as long as it says")
    func limitRejections() async throws {
        let world = World()
        let tries = Counter()
        let retry = Retry(maxAttempts: 2, backoff: .constant(.zero))
        try await world.runtime.run {
            let rate = RateLimit(1, per: .seconds(10))
            try await rate.call {}
            await #expect(throws: RateLimitExceeded.self) {
                try await CallPolicy {
                    retry
                    rate
                }.call { tries.add() }
            }
            #expect(world.recorder.events.isEmpty)
            async let told: Void = CallPolicy {
                retry.retryingRejections()
                rate
            }.call { tries.add() }
            await world.clock.waitForSleepers(1)
            world.clock.advance(by: .seconds(10))
            try await told
            #expect(tries.value == 1)
        }
    }

    @Test(
        "B29 the rejection of a limit leads to a fallback, also when only other errors are named; a wrong limit does not"
    )
    func limitFallback() async throws {
        let world = World()
        try await world.runtime.run {
            let rate = RateLimit(1, per: .seconds(10))
            try await rate.call {}
            let value = try await rate.call(fallback: Fallback { _ in 7 }.on(Broken.self)) { 0 }
            #expect(value == 7)
            await #expect(throws: InvalidCallLimit.self) {
                try await TimeLimit(.zero).call {
                } fallback: { _ in
                    Issue.record("the fallback ran")
                }
            }
        }
    }
}
