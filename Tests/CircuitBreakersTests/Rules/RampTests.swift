import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: traffic that comes back little by little")
struct RampTests {
    private let policy: CircuitPolicy = {
        var policy = CircuitPolicy.small()
        policy.ramp = .init(over: .seconds(10), from: 0.2)
        return policy
    }()

    private func closedAgain() -> MachineBench {
        let bench = MachineBench(policy)
        bench.goHalfOpen()
        bench.call(.success)
        return bench
    }

    private func passing(_ bench: MachineBench, of calls: Int) -> [Bool] {
        (0..<calls).map { _ in bench.call(.success) == 1 }
    }

    @Test("K64 B12 the share that is let through is kept to evenly: of a fifth, every fifth call")
    func even() {
        let bench = closedAgain()
        let passed = passing(bench, of: 20)
        #expect(passed == (0..<20).map { $0 % 5 == 0 })
        #expect(bench.counts.rejected == 16)
    }

    @Test("K64 B12 it grows evenly, and all calls pass when the time is over")
    func grows() {
        let bench = closedAgain()
        var shares: [Int] = []
        for _ in 0..<10 {
            shares.append(passing(bench, of: 1_000).count { $0 })
            bench.wait(.seconds(1))
        }
        for (second, share) in shares.enumerated() {
            #expect(abs(share - (200 + 80 * second)) <= 1, "after \(second) s: \(share)")
        }
        #expect(passing(bench, of: 1_000).allSatisfy { $0 })
    }

    @Test("K64 B7 B8 who is not let through is told so, and it does not count as a failure")
    func rejection() async throws {
        let world = World()
        let breakers = await world.breakers(policy)
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        try await breakers.call("api") {}
        try await breakers.call("api") {}
        let error = await #expect(throws: CircuitBreakerError.self) {
            try await breakers.call("api") { Issue.record("the operation ran") }
        }
        guard case .recovering("api") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .closed)
        #expect(snapshot?.counts.failures == 0)
        #expect(snapshot?.counts.rejected == 1)
    }

    @Test("B12 B18 a circuit that an operator closes lets all calls through at once")
    func reset() {
        for close in [
            { (bench: MachineBench) in bench.reset() },
            {
                $0.override(.disabled); $0.enable()
            },
        ] {
            let bench = closedAgain()
            close(bench)
            #expect(passing(bench, of: 10).allSatisfy { $0 })
        }
    }

    @Test("B12 a failure on the ramp opens the circuit, and the next ramp begins from its start")
    func failure() {
        let bench = closedAgain()
        bench.wait(.seconds(5))
        while bench.state == .closed { bench.call(.failure) }
        bench.wait(.seconds(10))
        bench.call(.success)
        #expect(bench.state == .closed)
        #expect(passing(bench, of: 10).count { $0 } == 2)
    }
}
