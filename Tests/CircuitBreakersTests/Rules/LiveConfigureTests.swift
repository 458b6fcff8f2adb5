import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: policies that change while circuits are used")
struct LiveConfigureTests {
    private func breakers(_ trip: CircuitPolicy.Trip, in world: World = World()) async -> CircuitBreakerServer {
        await world.breakers(.tripping(trip))
    }

    @Test("B24 counts and failures in a row go on")
    func counts() async throws {
        let breakers = await World().breakers(.small(5))
        for _ in 1...3 { await breakers.failingCall("api") }
        try await breakers.configure("api", .small(4))
        #expect(await breakers.state(of: "api")?.counts.failures == 3)
        #expect(await breakers.state(of: "api")?.state == .closed)
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B24 a smaller window of calls keeps the latest, a larger one all of them")
    func rings() async throws {
        let breakers = await breakers(.failureRate(1, over: .calls(10), minimumCalls: 10))
        for _ in 1...4 { await breakers.failingCall("api") }
        for _ in 1...2 { try await breakers.call("api") {} }
        for _ in 1...2 { await breakers.failingCall("api") }
        try await breakers.configure("api", .tripping(.failureRate(0.9, over: .calls(3), minimumCalls: 3)))
        // Success, failure, failure are left.
        #expect(await breakers.state(of: "api")?.state == .closed)
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B24 a larger window of calls goes on with those that were in the smaller one")
    func largerRing() async throws {
        let breakers = await breakers(.failureRate(1, over: .calls(3), minimumCalls: 3))
        try await breakers.call("api") {}
        for _ in 1...2 { await breakers.failingCall("api") }
        try await breakers.configure("api", .tripping(.failureRate(0.75, over: .calls(20), minimumCalls: 4)))
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B24 a window of time keeps what is in it by the new time")
    func times() async throws {
        let world = World()
        let breakers = await breakers(.failures(3, within: .seconds(10)), in: world)
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(5))
        await breakers.failingCall("api")
        try await breakers.configure("api", .tripping(.failures(2, within: .seconds(4))))
        world.clock.advance(by: .seconds(3))
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B24 a shorter time lets go of what is older, a longer one takes back what it still knows of")
    func rateTimes() async throws {
        let world = World()
        let breakers = await breakers(.failureRate(1, over: .time(.seconds(10)), minimumCalls: 3), in: world)
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(5))
        await breakers.failingCall("api")
        try await breakers.configure("api", .tripping(.failureRate(1, over: .time(.seconds(5)), minimumCalls: 3)))
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .closed)
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B24 a window of another kind begins empty")
    func otherKind() async throws {
        let breakers = await breakers(.failureRate(1, over: .calls(5), minimumCalls: 5))
        for _ in 1...4 { await breakers.failingCall("api") }
        try await breakers.configure("api", .tripping(.failures(2, within: .seconds(10))))
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .closed)
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B4 B24 a call that was let through before reports to the circuit as it is now", arguments: [true, false])
    func inFlight(isRepeated: Bool) async throws {
        let breakers = await World().breakers(.small(3))
        let first = try breakers.permit("api")
        let second = try breakers.permit("api")
        try await breakers.configure("api", .small(2))
        if isRepeated { try await breakers.configure("api", .small(2)) }
        first.fail(Broken())
        second.fail(Broken())
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .open)
        #expect(snapshot?.counts.failures == 2)
        #expect(snapshot?.counts.late == 0)
    }

    @Test("B23 B24 a call in flight over a change of policy still keeps its circuit from being evicted")
    func inFlightMap() async throws {
        let breakers = await World().runtime.run { CircuitBreakerServer(policy: .small(), maxCircuits: 1) }
        let permit = try breakers.permit("api")
        try await breakers.configure("api", .small(2))
        #expect(throws: CircuitBreakerError.self) { try breakers.permit("other").succeed() }
        permit.succeed()
        try breakers.permit("other").succeed()
    }

    @Test("B4 B24 a call let through before a removal is late in the circuit that follows")
    func removed() async throws {
        let breakers = await World().breakers()
        let permit = try breakers.permit("api")
        _ = await breakers.admin(.remove("api"))
        try await breakers.call("api") {}
        try await breakers.configure("api", .small(3))
        permit.fail(Broken())
        #expect(await breakers.state(of: "api")?.counts.late == 1)
        #expect(await breakers.state(of: "api")?.counts.failures == 0)
    }

    @Test("B11 B18 B24 an open time that runs, and an override, are not changed")
    func statesStay() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        _ = await breakers.admin(.forceOpen("forced"))
        var policy = CircuitPolicy.small()
        policy.openDuration = .constant(.seconds(1))
        policy.initialState = .disabled
        for service: ServiceName in ["api", "forced"] { try await breakers.configure(service, policy) }
        #expect(await breakers.state(of: "api")?.retryAfter == .seconds(10))
        #expect(await breakers.state(of: "forced")?.state == .forcedOpen)
        world.clock.advance(by: .seconds(10))
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.retryAfter == .seconds(1))
        #expect(await world.transitions(of: breakers).map(\.to).filter { $0 == .disabled }.isEmpty)
    }

    @Test("B14 B24 in a tree the timer of an open time still comes after a change of policy")
    func timer() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            let table = try #require(CircuitTable.wellKnown(in: world.runtime))
            try table.configure("api", .small(9))
            world.clock.advance(by: .seconds(10))
            await world.wait(for: .halfOpen)
            #expect(world.clock.sleeperCount == 0)
            try await tree.stop()
        }
    }

    @Test("B24 a change that comes while the open time is worked out loses neither the failure nor the opening")
    func whileAsked() async throws {
        let world = World()
        let table = Box<CircuitTable>()
        let isConfigured = Counter()
        var policy = CircuitPolicy.small(2)
        policy.openDurationOf = { _ in
            if isConfigured.value == 0, let table = table.value {
                isConfigured.add()
                try table.configure("api", .small(5))
            }
            return .seconds(33)
        }
        let breakers = await world.breakers(policy)
        table.value = breakers.table
        for _ in 1...2 { await breakers.failingCall("api") }
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .open)
        #expect(snapshot?.retryAfter == .seconds(33))
        #expect(snapshot?.counts.failures == 2)
        #expect(snapshot?.counts.calls == 2)
        #expect(await world.transitions(of: breakers).map(\.to) == [.open])
        table.value = nil
    }

    @Test("B18 B24 a reset that comes while the open time is worked out stands")
    func resetWhileAsked() async throws {
        let table = Box<CircuitTable>()
        var policy = CircuitPolicy.small()
        policy.openDurationOf = { _ in
            try table.value?.reset("api")
            return .seconds(33)
        }
        let breakers = await World().breakers(policy)
        table.value = breakers.table
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .closed)
        #expect(await breakers.state(of: "api")?.counts == CircuitCounts())
        table.value = nil
    }

    @Test("B24 slow calls and a ramp that are configured while running hold from then on")
    func added() async throws {
        let world = World()
        let breakers = await world.breakers(.small(9))
        let before = try breakers.permit("api")
        var policy = CircuitPolicy.small(9)
        policy.slowCalls = .init(over: .seconds(1), rate: 1, window: .calls(1))
        try await breakers.configure("api", policy)
        world.clock.advance(by: .seconds(5))
        // Nobody has noted when it began.
        before.succeed()
        #expect(await breakers.state(of: "api")?.state == .closed)
        try await breakers.call("api") { world.clock.advance(by: .seconds(1)) }
        #expect(await breakers.state(of: "api")?.state == .open)
    }
}
