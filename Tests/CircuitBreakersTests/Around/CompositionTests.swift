import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

extension ServiceName {
    fileprivate static let userAPI: ServiceName = "user-api"
}

/// A layer that writes down when it is entered and left.
private struct Traced: CallLayer {
    let name: String
    let trace: Trace

    func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        trace.add("\(name)(")
        defer { trace.add(")\(name)") }
        return try await operation()
    }
}

@Suite("Layers around a call")
struct CompositionTests {
    private let retry = Retry(maxAttempts: 3, backoff: .constant(.zero))

    @Test("B31 the first layer of a policy is the outermost one")
    func order() async throws {
        let trace = Trace()
        let policy = CallPolicy {
            Traced(name: "a", trace: trace)
            Traced(name: "b", trace: trace)
        }
        #expect(
            try await policy.call {
                trace.add("run"); return 1
            } == 1
        )
        #expect(trace.words == ["a(", "b(", "run", ")b", ")a"])
    }

    @Test("B31 policies nest, and are put together with if, switch and for")
    func builder() async throws {
        let trace = Trace()
        let inner = CallPolicy { Traced(name: "inner", trace: trace) }
        func policy(_ isLong: Bool) -> CallPolicy {
            CallPolicy {
                if isLong { Traced(name: "if", trace: trace) }
                if isLong { Traced(name: "then", trace: trace) } else { Traced(name: "else", trace: trace) }
                for index in 0..<2 { Traced(name: "\(index)", trace: trace) }
                [Traced(name: "array", trace: trace)]
                inner
            }
        }
        try await policy(true).call {}
        #expect(trace.words.prefix(6) == ["if(", "then(", "0(", "1(", "array(", "inner("])
        trace.clear()
        try await policy(false).call {}
        #expect(trace.words.prefix(5) == ["else(", "0(", "1(", "array(", "inner("])
        #expect(try await CallPolicy {}.call { 7 } == 7)
    }

    @Test("K92 B31 B30 breaker(retry 3) counts one failure for three tries, retry(breaker) counts three")
    func orderMatters() async throws {
        let world = World()
        let breakers = await world.breakers(.small(10))
        let tries = Counter()
        await world.runtime.run {
            let outside = CallPolicy {
                CircuitBreaker("outside", of: breakers)
                retry
            }
            let inside = CallPolicy {
                retry
                CircuitBreaker("inside", of: breakers)
            }
            for policy in [outside, inside] {
                await #expect(throws: Broken()) {
                    try await policy.call {
                        tries.add(); throw Broken()
                    }
                }
            }
            #expect(tries.value == 6)
            #expect(await breakers.state(of: "outside")?.counts.failures == 1)
            #expect(await breakers.state(of: "inside")?.counts.failures == 3)
        }
    }

    @Test("K93 B30 B8 a retry around an open breaker does not retry the rejection", arguments: [false, true])
    func rejectionIsNotRetried(isToldSo: Bool) async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        await world.runtime.run {
            // Waits for no rejection: maxRetryAfter is zero.
            let patient = Retry(maxAttempts: 3, backoff: .constant(.zero), maxRetryAfter: .zero)
            let policy = CallPolicy {
                isToldSo ? patient.retryingRejections() : patient
                CircuitBreaker("api", of: breakers)
            }
            let error = await #expect(throws: CircuitBreakerError.self) {
                try await policy.call { Issue.record("the operation ran") }
            }
            #expect(error?.lastFailure is Broken)
            #expect(await breakers.state(of: "api")?.counts.rejected == (isToldSo ? 3 : 1))
        }
    }

    @Test("B30 B8 a retry ends when its tries have opened the circuit within it")
    func opensMeanwhile() async throws {
        let world = World()
        let breakers = await world.breakers(.small(2))
        let tries = Counter()
        await world.runtime.run {
            let policy = CallPolicy {
                Retry(maxAttempts: 10, backoff: .constant(.zero))
                CircuitBreaker("api", of: breakers)
            }
            await #expect(throws: CircuitBreakerError.self) {
                try await policy.call {
                    tries.add(); throw Broken()
                }
            }
        }
        #expect(tries.value == 2)
    }

    @Test("B8 an outer circuit counts neither the rejection of an inner one nor what stands around it")
    func outerIgnoresRejection() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("inner")
        await world.runtime.run {
            let policy = CallPolicy {
                CircuitBreaker("outer", of: breakers)
                retry
                CircuitBreaker("inner", of: breakers)
            }
            await #expect(throws: CircuitBreakerError.self) { try await policy.call {} }
            let outer = await breakers.state(of: "outer")
            #expect(outer?.state == .closed)
            #expect(outer?.counts.ignored == 1)
        }
    }

    @Test("B31 a circuit layer goes through the application's server, a named one or an instance")
    func servers() async throws {
        let world = World()
        let instance = await world.breakers()
        let other = ServerName<CircuitBreakerServer>("other")
        try await world.runtime.run {
            let tree = try await Supervisor {
                Child(.circuitBreakers) { CircuitBreakerServer(policy: .small()) }
                Child(other) { CircuitBreakerServer(policy: .small()) }
            }.start()
            let layers = [
                CircuitBreaker(.userAPI), CircuitBreaker(.userAPI, of: ServerRef(other)),
                CircuitBreaker(.userAPI, of: instance),
            ]
            for layer in layers {
                #expect(try await layer.call { 1 } == 1)
                await #expect(throws: Broken()) { try await layer.call { throw Broken() } }
                await #expect(throws: CircuitBreakerError.self) { try await layer.call {} }
            }
            #expect(try await CircuitBreakerServer.state(of: .userAPI).state == .open)
            #expect(try await ServerRef(other).state(of: .userAPI)?.counts.rejected == 1)
            #expect(await instance.state(of: .userAPI)?.counts.calls == 2)
            try await tree.stop()
        }
    }

    @Test("B31 all layers of one service share its circuit")
    func shared() async throws {
        let world = World()
        let breakers = await world.breakers()
        await world.runtime.run {
            _ = try? await CallPolicy { CircuitBreaker("api", of: breakers) }.call { throw Broken() }
            await #expect(throws: CircuitBreakerError.self) {
                try await CallPolicy { CircuitBreaker("api", of: breakers) }.call {}
            }
        }
    }
}
