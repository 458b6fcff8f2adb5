import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

private struct ConnectionLost: Error {}
private struct TimedOut: Error {}
private struct NotAValue: Error {}
private struct Critical: Error, CustomStringConvertible {
    var failures: [SourceFailure]
    var description: String { "critical: \(failures)" }
}

@Suite("Fallbacks around layers")
struct LayerFallbackTests {
    @Test("K95 B29 with errors named, others go through at once and the fallback is not tried (D13)")
    func named() async throws {
        let guest = Fallback<Int> { _ in 7 }.on(ConnectionLost.self).on { $0 is TimedOut }
        let guestValue1 = try await guest.call { throw ConnectionLost() }
        #expect(guestValue1 == 7)
        let guestValue2 = try await guest.call { throw RetryableError(PermanentError(TimedOut())) }
        #expect(guestValue2 == 7)
        await #expect(throws: NotAValue.self) { try await guest.call { throw NotAValue() } }
        let guestValue3 = try await guest.call { 1 }
        #expect(guestValue3 == 1)
    }

    @Test("K96 B29 with no errors named, any error leads to the fallback, which gets it (D12)")
    func any() async throws {
        let fallback = Fallback<String> { "\(type(of: $0))" }
        let fallbackValue4 = try await fallback.call { throw NotAValue() }
        #expect(fallbackValue4 == "NotAValue")
        let fallbackValue5 = try await fallback.call { throw CancellationError() }
        #expect(fallbackValue5 == "CancellationError")
        #expect(
            try await CallPolicy {}.call {
                throw TimedOut()
            } fallback: {
                "\(type(of: $0))"
            } == "TimedOut"
        )
    }

    @Test(
        "K99 B29 an open circuit leads to the fallback at once, also when only other errors are named (D02, D03, D08)"
    )
    func rejected() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        try await world.runtime.run {
            let policy = CallPolicy { CircuitBreaker("api", of: breakers) }
            let value = try await policy.call(fallback: Fallback { _ in 7 }.on(ConnectionLost.self)) {
                Issue.record("the operation ran")
                return 0
            }
            #expect(value == 7)
        }
    }

    @Test("B29 B6 an ignored business error leads to the fallback and does not count (D14)")
    func businessError() async throws {
        let world = World()
        var policy = CircuitPolicy.small()
        policy.judgeError = ErrorClassifier().ignoring(NotAValue.self).judge
        let breakers = await world.breakers(policy)
        try await world.runtime.run {
            let value = try await CircuitBreaker("api", of: breakers).call {
                throw NotAValue()
            } fallback: { _ in
                3
            }
            #expect(value == 3)
        }
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .closed)
        #expect(snapshot?.counts.failures == 0)
        #expect(snapshot?.counts.ignored == 1)
    }

    @Test("B29 a fallback's own error surfaces, with the call's attached")
    func ownError() async throws {
        let error = await #expect(throws: FallbackError.self) {
            try await CallPolicy {}.call {
                throw ConnectionLost()
            } fallback: { _ in
                throw TimedOut()
            }
        }
        #expect(error?.underlyingError is TimedOut)
        #expect(error?.firstError is ConnectionLost)
        #expect(error?.earlierErrors.count == 1)
        // Judged as the fallback's own error.
        let failing = FallbackError(PermanentError(TimedOut()), after: [RetryableError(ConnectionLost())])
        let tries = Counter()
        await #expect(throws: FallbackError.self) {
            try await Retry(backoff: .constant(.zero)).call {
                tries.add(); throw failing
            }
        }
        #expect(tries.value == 1)
    }

    @Test("B29 the caller's cancellation is not hidden by a fallback")
    func cancelled() async {
        await Task {
            _ = await #expect(throws: ConnectionLost.self) {
                try await CallPolicy {}.call {
                    withUnsafeCurrentTask { $0?.cancel() }
                    throw ConnectionLost()
                } fallback: { _ in
                    Issue.record("the fallback ran")
                }
            }
        }.value
        await Task {
            // Cancelled while the fallback runs: its error surfaces as it is.
            _ = await #expect(throws: CancellationError.self) {
                try await CallPolicy {}.call {
                    throw ConnectionLost()
                } fallback: { _ in
                    withUnsafeCurrentTask { $0?.cancel() }
                    throw CancellationError()
                }
            }
        }.value
    }

    @Test("B29 a missing set-up is not hidden by a fallback")
    func setUp() async {
        let world = World()
        await world.runtime.run {
            let invalid = CircuitBreakerServer(policy: .small(0))
            let layers: [any CallLayer] = [
                CircuitBreaker("api"), CircuitBreaker("api", of: invalid), Retry(maxAttempts: 0),
            ]
            for layer in layers {
                await #expect(throws: (any Error).self) {
                    try await layer.call {
                        Issue.record("the operation ran")
                    } fallback: { _ in
                        Issue.record("the fallback ran")
                    }
                }
            }
        }
    }

    @Test("B29 B7 circuits whose fallbacks call each other make no chain of errors that grows")
    func noChain() async throws {
        let world = World()
        let breakers = await world.breakers(.small(1_000))
        var error: any Error = Broken()
        for _ in 0..<100 {
            let rejection = CircuitBreakerError.open("api", retryAfter: nil, lastFailure: error)
            error = FallbackError(rejection, after: [rejection])
        }
        var depth = 0
        var next: (any Error)? = error
        while let current = next {
            depth += 1
            next =
                (current as? FallbackError)?.firstError ?? (current as? CircuitBreakerError)?.lastFailure
        }
        #expect(depth <= 3)
        _ = breakers
    }
}

@Suite("Chains of sources")
struct FallbackChainTests {
    @Test("B29 C10 cache, then database, then a typed critical error, each with its own circuit (C10)")
    func cacheDatabaseCritical() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            let asked = Trace()
            func load() async throws -> Int {
                try await FallbackChain {
                    CallSource("cache" as ServiceName) { () -> Int? in
                        asked.add("cache")
                        throw ConnectionLost()
                    }
                    CallSource("database" as ServiceName) {
                        asked.add("database")
                        throw TimedOut()
                    }
                }
                .orThrow { Critical(failures: $0) }
                .call()
            }
            let first = await #expect(throws: Critical.self) { try await load() }
            #expect(first?.failures.map(\.source) == ["cache", "database"])
            #expect(first?.failures.first?.error is ConnectionLost)
            let second = await #expect(throws: Critical.self) { try await load() }
            #expect(second?.failures.allSatisfy { $0.error is CircuitBreakerError } == true)
            #expect(asked.words == ["cache", "database"])
            for service in ["cache", "database"] as [ServiceName] {
                #expect(try await CircuitBreakerServer.state(of: service).state == .open)
            }
            try await tree.stop()
        }
    }

    @Test("B29 C11 primary, then secondary, then a local copy; the first value ends it (C11, C14)")
    func localCopy() async throws {
        let world = World()
        let breakers = await world.breakers()
        try await world.runtime.run {
            let asked = Trace()
            let chain = FallbackChain {
                CallSource(named: "primary", through: CircuitBreaker("primary", of: breakers)) { () -> Int? in
                    asked.add("primary")
                    throw ConnectionLost()
                }
                CallSource(named: "secondary", through: CallPolicy { CircuitBreaker("secondary", of: breakers) }) {
                    asked.add("secondary")
                    return nil
                }
                CallSource(named: "local copy") {
                    asked.add("local copy")
                    return 42
                }
                CallSource(named: "never") {
                    Issue.record("asked although there was a value")
                    return 0
                }
            }
            for _ in 0..<2 {
                let value = try await chain.call()
                #expect(value == 42)
            }
            #expect(asked.words == ["primary", "secondary", "local copy", "secondary", "local copy"])
            // That it has no value is no failure of the source.
            #expect(await breakers.state(of: "secondary")?.counts.successes == 2)
        }
    }

    @Test("B29 when every source has failed, the last error surfaces with the others attached")
    func allFail() async throws {
        let chain = FallbackChain<Int> {
            CallSource(named: "a") { throw ConnectionLost() }
            CallSource(named: "b") { nil }
            CallSource(named: "c") { throw TimedOut() }
        }
        let error = await #expect(throws: FallbackError.self) { try await chain.call() }
        #expect(error?.underlyingError is TimedOut)
        #expect(error?.firstError is ConnectionLost)
        #expect(error?.earlierErrors.last as? SourceHasNoValue == SourceHasNoValue(source: "b"))
        await #expect(throws: TimedOut.self) {
            try await FallbackChain<Int> { CallSource(named: "only") { throw TimedOut() } }.call()
        }
        await #expect(throws: EmptyFallbackChain.self) { try await FallbackChain<Int> {}.call() }
    }

    @Test("B29 a chain goes on after the errors that it names and after rejections; others end it")
    func named() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("open")
        try await world.runtime.run {
            func chain(_ error: any Error) -> FallbackChain<Int> {
                FallbackChain {
                    CallSource(named: "open", through: CircuitBreaker("open", of: breakers)) { 0 }
                    CallSource(named: "failing") { throw error }
                    CallSource(named: "good") { 1 }
                }
                .on(ConnectionLost.self).on { $0 is TimedOut }
                .orThrow { Critical(failures: $0) }
            }
            for error in [ConnectionLost(), RetryableError(TimedOut())] as [any Error] {
                let value = try await chain(error).call()
                #expect(value == 1)
            }
            let error = await #expect(throws: FallbackError.self) { try await chain(NotAValue()).call() }
            #expect(error?.underlyingError is NotAValue)
            #expect(error?.firstError is CircuitBreakerError)
        }
    }

    @Test("B29 neither the caller's cancellation nor a missing set-up is hidden by a chain")
    func notHidden() async throws {
        let world = World()
        await world.runtime.run {
            let error = await #expect(throws: CircuitBreakerError.self) {
                try await FallbackChain {
                    CallSource("api" as ServiceName) { 1 }
                    CallSource(named: "never") {
                        Issue.record("asked"); return 2
                    }
                }
                .orThrow { Critical(failures: $0) }
                .call()
            }
            guard case .noServer = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
        await Task {
            _ = await #expect(throws: ConnectionLost.self) {
                try await FallbackChain<Int> {
                    CallSource(named: "a") { throw TimedOut() }
                    CallSource(named: "b") {
                        withUnsafeCurrentTask { $0?.cancel() }
                        throw ConnectionLost()
                    }
                    CallSource(named: "never") {
                        Issue.record("asked"); return 2
                    }
                }.call()
            }
        }.value
    }

    @Test("B29 a chain is put together with if, switch and for")
    func builder() async throws {
        func chain(_ hasCache: Bool) -> FallbackChain<String> {
            FallbackChain {
                if hasCache { CallSource(named: "cache") { "cache" } }
                for index in 0..<2 { CallSource(named: "\(index)") { nil } }
                if hasCache { CallSource(named: "a") { "a" } } else { CallSource(named: "b") { "b" } }
            }
        }
        #expect(try await chain(true).call() == "cache")
        #expect(try await chain(false).call() == "b")
    }
}
