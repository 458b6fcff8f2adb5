import Supervision
import Testing

@testable import CircuitBreakers

@Suite("A circuit that changes while its policy is asked something")
struct ChangedMeanwhileTests {
    @Test("B16 B24 a new policy loses no answer and counts no report twice")
    func reconfigured() async {
        let world = World()
        let breakers = Box<CircuitBreakerServer>()
        var policy = CircuitPolicy.small()
        policy.openDurationOf = { _ in
            try breakers.value?.table.configure("api", .small())
            return .seconds(7)
        }
        let made = await world.breakers(policy)
        breakers.value = made
        await made.failingCall("api")
        let snapshot = await made.state(of: "api")
        #expect(snapshot?.state == .open)
        #expect(snapshot?.retryAfter == .seconds(7))
        #expect(snapshot?.counts.failures == 1)
        #expect(snapshot?.counts.late == 0)
    }

    @Test("B4 B16 a report that was counted before its circuit was removed is not late for the next one")
    func removed() async throws {
        let world = World()
        let breakers = Box<CircuitBreakerServer>()
        var policy = CircuitPolicy.small()
        policy.openDurationOf = { _ in
            try breakers.value?.table.remove("api")
            try breakers.value?.permit("api").succeed()
            return .seconds(7)
        }
        let made = await world.breakers(policy)
        breakers.value = made
        await made.failingCall("api")
        let snapshot = await made.state(of: "api")
        #expect(snapshot?.state == .closed)
        #expect(snapshot?.counts.successes == 1)
        #expect(snapshot?.counts.late == 0)
    }
}
