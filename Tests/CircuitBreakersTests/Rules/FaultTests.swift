import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: faults on purpose")
struct FaultTests {
    @Test("B1 B7 a share of the calls fails before the operation runs, and counts as failures")
    func failures() async throws {
        let breakers = await World().breakers(.small(1_000))
        try await breakers.inject(.init(failureRate: 0.3), into: "api")
        let ran = Counter()
        var failed = 0
        for _ in 1...500 {
            do { try await breakers.call("api") { ran.add() } } catch is InjectedFault { failed += 1 }
        }
        #expect((100...200).contains(failed))
        #expect(ran.value == 500 - failed)
        let counts = await breakers.state(of: "api")?.counts
        #expect(counts?.failures == failed)
        #expect(counts?.successes == ran.value)
    }

    @Test("B10 all calls fail: the circuit opens, whatever its policy says of other errors")
    func all() async throws {
        struct Recorded: Error {}
        var policy = CircuitPolicy.small(2)
        policy.judgeError = ErrorClassifier().recording(Recorded.self).judge
        let breakers = await World().breakers(policy)
        try await breakers.inject(.init(failureRate: 1), into: "api")
        for _ in 1...2 {
            await #expect(throws: InjectedFault(service: "api")) {
                try await breakers.call("api") { Issue.record("the operation ran") }
            }
        }
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B25 faults are seen in the state, are taken back, and end when the circuit is removed")
    func seen() async throws {
        let breakers = await World().breakers(.small(9))
        let faults = CircuitFaults(failureRate: 1)
        #expect(await breakers.admin(.injectFaults("api", faults)) == .done)
        #expect(await breakers.state(of: "api")?.faults == faults)
        #expect(await breakers.admin(.injectFaults("api", nil)) == .done)
        #expect(try await breakers.call("api") { 1 } == 1)
        _ = await breakers.admin(.injectFaults("api", faults))
        _ = await breakers.admin(.remove("api"))
        #expect(try await breakers.call("api") { 1 } == 1)
        #expect(await breakers.admin(.injectFaults("unknown", nil)) == .unknownService("unknown", known: ["api"]))
    }

    @Test("B5 B15 a delay passes on the runtime's clock; a caller who is cancelled in it is ignored")
    func delay() async throws {
        let world = World()
        let breakers = await world.breakers()
        try await breakers.inject(.init(delay: .seconds(3)), into: "api")
        let runtime = world.runtime
        let call = Task { try await runtime.run { try await breakers.call("api") { 7 } } }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(3))
        #expect(try await call.value == 7)
        let cancelled = Task { try await runtime.run { try await breakers.call("api") { 7 } } }
        await world.clock.waitForSleepers(1)
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(await breakers.state(of: "api")?.counts.ignored == 1)
        #expect(await breakers.state(of: "api")?.state == .closed)
    }

    @Test("B24 faults outside of their range do what the nearest in it does")
    func range() async throws {
        let breakers = await World().breakers(.small(9))
        try await breakers.inject(.init(failureRate: -1, delay: .seconds(-5)), into: "api")
        #expect(try await breakers.call("api") { 1 } == 1)
        try await breakers.inject(.init(failureRate: 7), into: "api")
        await #expect(throws: InjectedFault.self) { try await breakers.call("api") {} }
    }

    @Test("B2 a permit is not touched")
    func permit() async throws {
        let breakers = await World().breakers()
        try await breakers.inject(.init(failureRate: 1, delay: .seconds(5)), into: "api")
        try breakers.permit("api").succeed()
        #expect(await breakers.state(of: "api")?.counts.successes == 1)
    }
}
