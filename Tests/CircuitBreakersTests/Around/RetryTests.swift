import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

private struct Refused: Error {}
private struct Reply: Sendable, Equatable {
    var status: Int
    var retryAfter: Duration?
}

@Suite("Retries")
struct RetryTests {
    private let atOnce = Backoff.constant(.zero)

    /// Fails with the errors in turn, then returns how often it was run.
    private func failing(_ errors: [any Error], _ tries: Counter = Counter()) -> @Sendable () async throws -> Int {
        {
            tries.add()
            if tries.value <= errors.count { throw errors[tries.value - 1] }
            return tries.value
        }
    }

    @Test("B30 an operation that fails is tried again, and its value is the call's")
    func succeeds() async throws {
        let world = World()
        try await world.runtime.run {
            let value = try await Retry(maxAttempts: 3, backoff: atOnce).call(failing([Broken(), Broken()]))
            #expect(value == 3)
        }
    }

    @Test("B30 B7 the error of the last try surfaces, unchanged")
    func lastError() async throws {
        let world = World()
        await world.runtime.run {
            _ = await #expect(throws: Broken(number: 3)) {
                let errors = [1, 2, 3, 4].map { Broken(number: $0) }
                _ = try await Retry(maxAttempts: 3, backoff: atOnce).call(failing(errors))
            }
        }
    }

    @Test("K94 B30 a permanent error is not retried, however deep it is wrapped (A01, A16, A17)")
    func permanent() async throws {
        let errors: [any Error] = [
            PermanentError(Broken()), RetryableError(PermanentError(Broken())),
            RetryableError(ServerError.exited(.error(RetryableError(PermanentError(Broken()))))),
        ]
        for error in errors {
            let world = World()
            let tries = Counter()
            await world.runtime.run {
                _ = await #expect(throws: (any Error).self) {
                    try await Retry(backoff: atOnce).retrying(Broken.self).call(failing([error], tries))
                }
            }
            #expect(tries.value == 1)
            #expect(world.recorder.events.isEmpty)
        }
    }

    @Test("K94 B30 a permanent error is not retried and its circuit stays open until it is reset (A01)")
    func permanentOpens() async throws {
        let world = World()
        var policy = CircuitPolicy.small(5)
        policy.permanentErrors = .openUntilReset
        let breakers = await world.breakers(policy)
        let tries = Counter()
        try await world.runtime.run {
            let layers = CallPolicy {
                Retry(backoff: atOnce)
                CircuitBreaker("api", of: breakers)
            }
            await #expect(throws: PermanentError.self) {
                try await layers.call {
                    tries.add()
                    throw PermanentError(Broken(), code: "CARD_EXPIRED")
                }
            }
            #expect(tries.value == 1)
            world.clock.advance(by: .seconds(1_000_000))
            let error = await #expect(throws: CircuitBreakerError.self) { try await layers.call {} }
            #expect(error?.retryAfter == nil)
            #expect((error?.lastFailure as? PermanentError)?.code == "CARD_EXPIRED")
            try await breakers.reset("api")
            try await layers.call {}
        }
    }

    @Test("B30 cancellation that the operation reports is not retried")
    func cancellationError() async {
        let world = World()
        let tries = Counter()
        await world.runtime.run {
            _ = await #expect(throws: CancellationError.self) {
                try await Retry(backoff: atOnce).call(failing([CancellationError()], tries))
            }
        }
        #expect(tries.value == 1)
    }

    @Test("B30 errors are chosen by type and predicate, wrapped ones too; not retrying wins (A02)")
    func chosen() async {
        let only = Retry(backoff: atOnce).retrying(Refused.self)
        let onlySeven = Retry(backoff: atOnce).retrying { ($0 as? Broken)?.number == 7 }
        let not = Retry(backoff: atOnce).notRetrying(Refused.self)
        let both = only.notRetrying { $0 is Refused }
        let cases: [(Retry, any Error, Bool)] = [
            (only, Refused(), true), (only, RetryableError(Refused()), true), (only, Broken(), false),
            (onlySeven, RetryableError(Broken(number: 7)), true), (onlySeven, Broken(number: 8), false),
            (not, Refused(), false), (not, RetryableError(Refused()), false), (not, Broken(), true),
            (both, Refused(), false),
        ]
        let world = World()
        await world.runtime.run {
            for (retry, error, isRetried) in cases {
                let tries = Counter()
                _ = try? await retry.call(failing([error], tries))
                #expect(tries.value == (isRetried ? 2 : 1), "\(error)")
            }
        }
    }

    @Test("B30 the wait is the back-off's, on the runtime's clock")
    func waits() async throws {
        let world = World()
        let tries = Counter()
        async let value = world.runtime.run {
            try await Retry(backoff: .exponential(from: .seconds(1), upTo: .seconds(60), jitter: 0))
                .call(failing([Broken(), Broken()], tries))
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .nanoseconds(999_999_999))
        #expect(world.clock.sleeperCount == 1)
        world.clock.advance(by: .nanoseconds(1))
        await world.clock.waitForSleepers(1)
        #expect(tries.value == 2)
        world.clock.advance(by: .seconds(2))
        #expect(try await value == 3)
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("K75 B30 jitter comes from the runtime's randomness")
    func jitter() async throws {
        func waits() async -> [Duration] {
            let world = World()
            async let done: Int? = world.runtime.run {
                try? await Retry(maxAttempts: 4, backoff: .linear(from: .seconds(1), step: .zero, upTo: .seconds(1)))
                    .call(failing([Broken(), Broken(), Broken()]))
            }
            for _ in 0..<3 {
                await world.clock.waitForSleepers(1)
                world.clock.advance(by: .seconds(1))
            }
            _ = await done
            return world.waits
        }
        let first = await waits()
        #expect(first == (await waits()))
        #expect(Set(first).count == 3)
        #expect(first.allSatisfy { $0 >= .zero && $0 <= .seconds(1) })
    }

    @Test("B30 the retryAfter of an error sets the wait, the outermost first, up to the maximum (A03)")
    func retryAfter() async throws {
        let world = World()
        let errors: [any Error] = [
            RetryableError(RetryableError(Broken(), retryAfter: .seconds(1)), retryAfter: .seconds(7)),
            RetryableError(RetryableError(Broken(), retryAfter: .seconds(3))),
            RetryableError(Broken(), retryAfter: .seconds(500)),
        ]
        async let value = world.runtime.run {
            try await Retry(maxAttempts: 4, backoff: .constant(.seconds(2)), maxRetryAfter: .seconds(30))
                .call(failing(errors))
        }
        for wait in [7, 3, 30] {
            await world.clock.waitForSleepers(1)
            world.clock.advance(by: .seconds(wait))
        }
        #expect(try await value == 4)
        #expect(world.waits == [.seconds(7), .seconds(3), .seconds(30)])
    }

    @Test("B30 a rejection that is retried is waited for until its circuit lets calls through")
    func rejectionRetryAfter() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        async let value = world.runtime.run {
            try await CallPolicy {
                Retry(backoff: .constant(.seconds(1))).retryingRejections()
                CircuitBreaker("api", of: breakers)
            }.call { 5 }
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(10))
        #expect(try await value == 5)
        #expect(world.waits == [.seconds(10)])
    }

    @Test("B30 a value may be retried, and say how long to wait; the last one is returned whatever it is")
    func results() async throws {
        let world = World()
        let retry = Retry(maxAttempts: 2, backoff: atOnce)
            .retryingResults(of: Reply.self) { $0.status == 503 }
            .retryingResults(of: String.self) { $0.isEmpty }
            .retryAfter(of: Reply.self) { $0.retryAfter }
            .retryAfter(of: Refused.self) { _ in .seconds(4) }
        async let outcome = world.runtime.run { () async throws -> (Reply, Reply, String) in
            let tries = Counter()
            let recovered = try await retry.call {
                tries.add()
                return Reply(status: tries.value == 1 ? 503 : 200, retryAfter: .seconds(3))
            }
            let busy = try await retry.call { Reply(status: 503) }
            _ = try? await retry.call { throw RetryableError(Refused()) }
            return (recovered, busy, try await retry.call { "" })
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(3))
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(4))
        let (recovered, busy, text) = try await outcome
        #expect(recovered == Reply(status: 200, retryAfter: .seconds(3)))
        #expect(busy == Reply(status: 503))
        #expect(text == "")
        #expect(world.waits == [.seconds(3), .zero, .seconds(4), .zero])
    }

    @Test("B30 cancellation ends a wait at once, leaves no timer and runs nothing more")
    func cancelledWait() async {
        let world = World()
        let tries = Counter()
        let call = Task {
            try await world.runtime.run {
                try await Retry(backoff: .constant(.seconds(100))).call(failing([Broken(), Broken()], tries))
            }
        }
        await world.clock.waitForSleepers(1)
        call.cancel()
        await #expect(throws: CancellationError.self) { _ = try await call.value }
        #expect(tries.value == 1)
        #expect(world.clock.sleeperCount == 0)
    }

    @Test("B30 B7 a try that fails in a cancelled task is the last, and its error surfaces")
    func cancelledTry() async {
        let world = World()
        let tries = Counter()
        await Task {
            await world.runtime.run {
                _ = await #expect(throws: Broken()) {
                    try await Retry(backoff: atOnce).call {
                        tries.add()
                        withUnsafeCurrentTask { $0?.cancel() }
                        throw Broken()
                    }
                }
            }
        }.value
        #expect(tries.value == 1)
    }

    @Test("B30 retries of many calls together stay within the budget")
    func budget() async {
        let world = World()
        let budget = RetryBudget(share: 0.1, reserve: 3)
        let tries = Counter()
        await world.runtime.run {
            // Two different retries that share it.
            let first = Retry(maxAttempts: 5, backoff: atOnce, budget: budget)
            let second = Retry(maxAttempts: 3, backoff: atOnce, budget: budget)
            for index in 0..<100 {
                await #expect(throws: Broken()) {
                    try await (index.isMultiple(of: 2) ? first : second).call {
                        tries.add()
                        throw Broken()
                    }
                }
            }
        }
        // A tenth of the calls and the reserve; the deposit of the first call found it full.
        #expect(tries.value == 100 + 9 + 3)
        #expect(budget.available == 0)
    }

    @Test("B30 a budget holds under parallel calls")
    func parallelBudget() async {
        let world = World()
        let budget = RetryBudget(share: 0, reserve: 50)
        let tries = Counter()
        await world.runtime.run {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        _ = try? await Retry(maxAttempts: 3, backoff: .constant(.zero), budget: budget).call {
                            tries.add()
                            throw Broken()
                        }
                    }
                }
            }
        }
        #expect(tries.value == 150)
    }

    @Test("B30 each wait is an event with numbers and types alone, and so is giving up (A15)")
    func events() async throws {
        let world = World()
        await world.runtime.run {
            let retry = Retry(maxAttempts: 2, backoff: atOnce, name: "user-api")
            _ = try? await retry.call { throw RetryableError(Broken(number: 4711), retryAfter: .zero) }
            _ = try? await Retry(backoff: atOnce, budget: RetryBudget(reserve: 0)).call { throw Broken(number: 4711) }
        }
        #expect(
            world.recorder.lines == [
                "retry 'user-api': attempt 1 of 2 failed with Broken; next in 0 s, as the service asked",
                "retry 'user-api': attempt 2 of 2 failed with Broken; no attempts left",
                "retry: attempt 1 of 3 failed with Broken; the retry budget is used up",
            ]
        )
        #expect(world.recorder.events.map(\.level) == [.info, .warning, .warning])
    }

    @Test("B30 B16 a custom back-off that throws or is negative falls back to its base, and an event says so")
    func backoffTrouble() async throws {
        let world = World()
        let backoff = Backoff.custom(base: .zero, upTo: .seconds(1)) { attempt in
            if attempt == 0 { throw Refused() }
            return .seconds(-1)
        }
        await world.runtime.run { _ = try? await Retry(backoff: backoff).call { throw Broken() } }
        let kinds = world.recorder.events.compactMap { ($0 as? RetryEvent)?.kind }
        #expect(
            kinds == [
                .usedBaseBackoff(.zero), .waiting(.zero, isAskedFor: false),
                .usedBaseBackoff(.zero), .waiting(.zero, isAskedFor: false), .gaveUp(.attempts),
            ]
        )
    }

    @Test(
        "B30 a retry that makes no sense runs nothing, and says what is wrong",
        arguments: [
            (Retry(maxAttempts: 0), "Retry(maxAttempts:) is 0, allowed is 1 or more"),
            (Retry(maxRetryAfter: .seconds(-1)), "Retry(maxRetryAfter:) is -1 s, allowed is 0 s or more"),
            (Retry(budget: RetryBudget(share: .nan)), "RetryBudget(share:) is nan, allowed is 0 up to 1"),
            (Retry(budget: RetryBudget(share: 1.1)), "RetryBudget(share:) is 1.1, allowed is 0 up to 1"),
            (Retry(budget: RetryBudget(reserve: -1)), "RetryBudget(reserve:) is -1, allowed is 0 up to 1000000000"),
        ]
    )
    func invalid(retry: Retry, text: String) async {
        let error = await #expect(throws: InvalidCallLimit.self) {
            try await retry.call { Issue.record("the operation ran") }
        }
        #expect(error?.description.hasPrefix(text) == true)
    }
}

extension World {
    /// The waits of retries, in order.
    fileprivate var waits: [Duration] {
        recorder.events.compactMap { event in
            if case .waiting(let wait, _) = (event as? RetryEvent)?.kind { wait } else { nil }
        }
    }
}
