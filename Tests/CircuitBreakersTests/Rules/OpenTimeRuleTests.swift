import Supervision
import SupervisionTesting
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#endif

@testable import CircuitBreakers

@Suite("Rules: how long a circuit stays open")
struct OpenTimeRuleTests {
    private struct Response: Sendable {
        var status: Int
        var retryAfter: Duration?
    }

    private static func reading() -> CircuitPolicy {
        var policy = CircuitPolicy.small()
        policy.maxRetryAfter = .seconds(60)
        policy.judgeResults(of: Response.self) { $0.status >= 500 ? .failure : .success }
        policy.retryAfter(of: Response.self) { $0.retryAfter }
        return policy
    }

    @Test("K36 B16 a returned value says until when to stay away")
    func fromResult() async throws {
        let world = World()
        let breakers = await world.breakers(Self.reading())
        _ = try await breakers.call("api") { Response(status: 503, retryAfter: .seconds(25)) }
        world.clock.advance(by: .nanoseconds(24_999_999_999))
        #expect(await breakers.state(of: "api")?.state == .open)
        world.clock.advance(by: .nanoseconds(1))
        #expect(await breakers.state(of: "api")?.state == .halfOpen)
    }

    @Test(
        "K36 K78 B16 what is asked for lengthens the open time up to the maximum, and never shortens it",
        arguments: [
            (Duration.seconds(61), Duration.seconds(60)), (.seconds(3), .seconds(10)), (.seconds(-5), .seconds(10)),
        ]
    )
    func bounds(asked: Duration, openTime: Duration) async throws {
        let breakers = await World().breakers(Self.reading())
        _ = try await breakers.call("result") { Response(status: 503, retryAfter: asked) }
        #expect(await breakers.state(of: "result")?.retryAfter == openTime)
        _ = try? await breakers.call("error") { throw RetryableError(Broken(), retryAfter: asked) }
        #expect(await breakers.state(of: "error")?.retryAfter == openTime)
    }

    @Test("K36 B16 a value that counts as a success asks for nothing")
    func success() async throws {
        let breakers = await World().breakers(Self.reading())
        _ = try await breakers.call("api") { Response(status: 200, retryAfter: .seconds(50)) }
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.retryAfter == .seconds(10))
    }

    @Test(
        "K78 B16 the failure that opens the circuit is heard, whatever it is judged by",
        arguments: [
            CircuitPolicy.Trip.consecutiveFailures(2), .failures(2, within: .seconds(10)),
            .failureRate(1, over: .calls(5), minimumCalls: 2), .custom { $0.failures == 2 },
        ]
    )
    func anyTrip(trip: CircuitPolicy.Trip) async {
        let breakers = await World().breakers(.tripping(trip))
        await breakers.failingCall("api")
        _ = try? await breakers.call("api") { throw RetryableError(Broken(), retryAfter: .seconds(40)) }
        #expect(await breakers.state(of: "api")?.retryAfter == .seconds(40))
    }

    @Test("K78 B16 the failure of a probe is heard")
    func probe() async {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        _ = try? await breakers.call("api") { throw RetryableError(Broken(), retryAfter: .seconds(40)) }
        #expect(await breakers.state(of: "api")?.retryAfter == .seconds(40))
    }

    @Test("K77 B16 with a decay each healthy period takes one attempt back, not below the first")
    func decay() throws {
        for (healthy, next) in [(0, 8), (9, 8), (10, 4), (25, 2), (30, 1), (1_000, 1)] {
            var policy = CircuitPolicy.small()
            policy.openDuration = .exponential(from: .seconds(1), upTo: .seconds(100), jitter: 0)
            policy.attemptDecay = .seconds(10)
            let bench = MachineBench(policy)
            for time in [1, 2, 4, 8] {
                bench.call(.failure)
                #expect(bench.observed().retryAfter == .seconds(time))
                bench.wait(.seconds(time))
            }
            bench.call(.success)
            bench.wait(.seconds(healthy))
            bench.call(.failure)
            #expect(bench.observed().retryAfter == .seconds(next), "after \(healthy) s")
        }
    }

    @Test("K77 B19 a reset takes all attempts back, decay or not")
    func decayReset() {
        var policy = CircuitPolicy.small()
        policy.openDuration = .exponential(from: .seconds(1), upTo: .seconds(100), jitter: 0)
        policy.attemptDecay = .seconds(10)
        let bench = MachineBench(policy)
        bench.call(.failure)
        bench.wait(.seconds(1))
        bench.call(.failure)
        bench.reset()
        bench.call(.failure)
        #expect(bench.observed().retryAfter == .seconds(1))
    }

    @Test("K80 B16 a function of the whole opening is told the service, the attempt, the counts and the rate")
    func opening() async {
        let seen = Trace()
        var policy = CircuitPolicy.tripping(.failureRate(0.5, over: .calls(4), minimumCalls: 4))
        policy.openDurationOf = { opening in
            seen.add("\(opening.service) \(opening.attempt) \(opening.counts.failures) \(opening.failureRate)")
            return .seconds(20)
        }
        let world = World()
        let breakers = await world.breakers(policy)
        for _ in 1...2 { _ = try? await breakers.call("api") {} }
        for _ in 1...2 { await breakers.failingCall("api") }
        world.clock.advance(by: .seconds(20))
        await breakers.failingCall("api")
        #expect(seen.words.map { $0.prefix(5) } == ["api 0", "api 1"])
        #expect(seen.words.first == "api 0 2 0.5")
        #expect(await breakers.state(of: "api")?.retryAfter == .seconds(20))
    }

    @Test("K79 B16 such a function that throws or is negative: the base holds, and an event says so")
    func openingTrouble() async {
        for isNegative in [true, false] {
            var policy = CircuitPolicy.small()
            policy.openDuration = .exponential(from: .seconds(3), upTo: .seconds(60), jitter: 0)
            policy.openDurationOf = { _ in if isNegative { .seconds(-1) } else { throw Broken() } }
            let world = World()
            let breakers = await world.breakers(policy)
            await breakers.failingCall("api")
            #expect(await breakers.state(of: "api")?.retryAfter == .seconds(3))
            let trouble = CircuitEvent.BackoffTrouble.self
            let expected = isNegative ? trouble.negative(.seconds(-1)) : trouble.threw(errorType: "Broken")
            let kinds = await world.circuitEvents(of: breakers).map(\.kind)
            #expect(kinds.contains(.backoffTrouble(expected)))
        }
    }

    @Test("K71 K81 B15 neither the wall clock nor the time zone moves an open time, only the runtime's clock does")
    func wallClock() async throws {
        let world = World()
        let breakers = await world.breakers()
        setenv("TZ", "UTC", 1)
        tzset()
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(4))
        for zone in ["Asia/Tokyo", "America/St_Johns", "Pacific/Kiritimati"] {
            setenv("TZ", zone, 1)
            tzset()
            #expect(await breakers.state(of: "api")?.retryAfter == .seconds(6))
            let error = #expect(throws: CircuitBreakerError.self) { try breakers.permit("api").succeed() }
            #expect(error?.retryAfter == .seconds(6))
        }
        unsetenv("TZ")
        tzset()
    }
}
