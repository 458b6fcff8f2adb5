import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: a least time between transitions")
struct MinTransitionTests {
    private static func policy(_ interval: Int, probes: Int = 1, open: Int = 1) -> CircuitPolicy {
        var policy = CircuitPolicy.small(1, probes: probes)
        policy.openDuration = .constant(.seconds(open))
        policy.minTransitionInterval = .seconds(interval)
        return policy
    }

    @Test("B17 the first transition is not held; an open time is not shorter than the interval")
    func openTime() {
        let bench = MachineBench(Self.policy(5))
        bench.call(.failure)
        #expect(bench.state == .open)
        #expect(bench.observed().retryAfter == .seconds(5))
        bench.wait(.nanoseconds(4_999_999_999))
        #expect(bench.admit() == nil)
        bench.wait(.nanoseconds(1))
        #expect(bench.admit() != nil)
    }

    @Test("B17 a close that would come too soon is held until it may happen; probes go on")
    func heldClose() {
        let bench = MachineBench(Self.policy(5, open: 10))
        bench.goHalfOpen()
        bench.wait(.seconds(1))
        bench.call(.success)
        #expect(bench.state == .halfOpen)
        #expect(bench.call(.failure, .failure) == 2)
        bench.wait(.nanoseconds(3_999_999_999))
        #expect(bench.observed().state == .halfOpen)
        bench.wait(.nanoseconds(1))
        #expect(bench.observed().state == .closed)
        #expect(bench.call(.success, .success) == 2)
        #expect(bench.transitions.map(\.to) == [.open, .halfOpen, .closed])
        #expect(bench.transitions.last?.reason == .probesSucceeded)
    }

    @Test("B12 B17 the cap on probes holds while a close is held")
    func cap() {
        let bench = MachineBench(Self.policy(5, probes: 2, open: 10))
        bench.goHalfOpen()
        bench.call(.success)
        let probes = [bench.admit(), bench.admit(), bench.admit()]
        #expect(probes.map { $0 != nil } == [true, true, false])
    }

    @Test("B17 an opening that would come too soon is held; no more probes are let through meanwhile")
    func heldOpen() {
        let bench = MachineBench(Self.policy(5, open: 10))
        bench.goHalfOpen()
        bench.wait(.seconds(2))
        bench.call(.failure)
        #expect(bench.state == .halfOpen)
        #expect(bench.admit() == nil)
        bench.wait(.seconds(3))
        #expect(bench.observed().state == .open)
        #expect(bench.observed().retryAfter == .seconds(10))
    }

    @Test("B17 an opening from closed is held: calls go on, and what they come to changes nothing")
    func heldFromClosed() {
        let bench = MachineBench(Self.policy(5, open: 10))
        bench.goHalfOpen()
        bench.wait(.seconds(5))
        bench.call(.success)
        #expect(bench.state == .closed)
        bench.wait(.seconds(1))
        bench.call(.failure)
        #expect(bench.state == .closed)
        #expect(bench.call(.success, .failure, .success) == 3)
        #expect(bench.transitions.last?.to == .closed)
        bench.wait(.seconds(4))
        #expect(bench.admit() == nil)
        #expect(bench.transitions.last?.to == .open)
        // It has been open since it might open, which is now.
        #expect(bench.observed().retryAfter == .seconds(10))
    }

    @Test("B11 B17 a held opening that nobody carried out in time lasts no longer for that")
    func lazily() {
        let bench = MachineBench(Self.policy(5, open: 10))
        bench.goHalfOpen()
        bench.wait(.seconds(5))
        bench.call(.success)
        bench.call(.failure)
        bench.wait(.seconds(9))
        #expect(bench.observed().state == .open)
        #expect(bench.observed().retryAfter == .seconds(6))
        bench.wait(.seconds(6))
        #expect(bench.observed().state == .halfOpen)
    }

    @Test("B17 B18 B19 an operator is not held, and takes a held transition back")
    func operators() {
        for act in [
            { (bench: MachineBench) in bench.reset() },
            {
                $0.override(.forcedOpen); $0.enable()
            },
            {
                $0.override(.metricsOnly); $0.enable()
            },
        ] {
            let bench = MachineBench(Self.policy(5, open: 10))
            bench.goHalfOpen()
            bench.call(.failure)
            #expect(bench.state == .halfOpen)
            act(bench)
            #expect(bench.state == .closed)
            bench.wait(.seconds(100))
            #expect(bench.observed().state == .closed)
            #expect(bench.call(.success) == 1)
        }
    }

    @Test("B17 B18 after an operator's transition too the next one is held")
    func afterOperator() {
        let bench = MachineBench(Self.policy(5))
        bench.override(.disabled)
        bench.enable()
        bench.call(.failure)
        #expect(bench.state == .closed)
        bench.wait(.seconds(5))
        #expect(bench.observed().state == .open)
    }

    @Test("B13 B17 a lease that ends while a close is held changes nothing")
    func leaseWhileHeld() throws {
        let bench = MachineBench(Self.policy(20, probes: 2, open: 30))
        bench.goHalfOpen(open: 30)
        _ = try #require(bench.admit())
        bench.call(.success)
        bench.wait(.seconds(5))
        #expect(bench.observed().state == .halfOpen)
        bench.wait(.seconds(15))
        #expect(bench.observed().state == .closed)
    }

    @Test("B14 B17 in a tree the timer carries a held transition out")
    func timer() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree(Self.policy(5, open: 10))
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            world.clock.advance(by: .seconds(10))
            await world.wait(for: .halfOpen)
            try await CircuitBreakerServer.call("api") {}
            world.clock.advance(by: .seconds(5))
            await world.wait(for: .closed)
            let last = await world.circuitEvents().last
            #expect(last?.time.nanoseconds == 15_000_000_000)
            try await tree.stop()
        }
    }
}
