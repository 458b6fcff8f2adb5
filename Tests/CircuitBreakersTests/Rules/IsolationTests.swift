import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Rules: isolation and overrides")
struct IsolationTests {
    private func state(_ breakers: CircuitBreakerServer) async -> CircuitState? {
        await breakers.state(of: "api")?.state
    }

    @Test("K103 B18 two isolate a circuit: it is closed again when both have let go")
    func two() async throws {
        let world = World()
        let breakers = await world.breakers()
        let first = try breakers.isolate("api")
        let second = try breakers.isolate("api")
        first.end()
        world.clock.advance(by: .seconds(1_000))
        #expect(await state(breakers) == .forcedOpen)
        second.end()
        #expect(await state(breakers) == .closed)
        #expect(await world.transitions(of: breakers).map(\.to) == [.forcedOpen, .closed])
    }

    @Test("K103 B18 a handle that is dropped ends its isolation")
    func dropped() async throws {
        let breakers = await World().breakers()
        func isolateShortly() throws {
            let isolation = try breakers.isolate("api")
            #expect(isolation.service == "api")
        }
        try isolateShortly()
        #expect(await state(breakers) == .closed)
    }

    @Test("K103 B18 an operator who forced it open too is not undone by a handle", arguments: [true, false])
    func forcedToo(forcedFirst: Bool) async throws {
        let breakers = await World().breakers()
        if forcedFirst { _ = await breakers.admin(.forceOpen("api")) }
        let isolation = try breakers.isolate("api")
        if !forcedFirst { _ = await breakers.admin(.forceOpen("api")) }
        isolation.end()
        #expect(await state(breakers) == .forcedOpen)
        _ = await breakers.admin(.enable("api"))
        #expect(await state(breakers) == .closed)
    }

    @Test("K103 B18 what an operator lifts a handle holds no more, and a later isolation is not ended by it")
    func lifted() async throws {
        for lift in [CircuitBreakerServer.AdminMessage.enable("api"), .reset("api"), .remove("api"), .disable("api")] {
            let breakers = await World().breakers()
            let old = try breakers.isolate("api")
            #expect(await breakers.admin(lift) == .done)
            #expect(await state(breakers) != .forcedOpen)
            let new = try breakers.isolate("api")
            old.end()
            #expect(await state(breakers) == .forcedOpen, "\(lift)")
            new.end()
            #expect(await state(breakers) != .forcedOpen, "\(lift)")
        }
    }

    @Test("B18 an isolation gives back the override that an operator had set", arguments: [true, false])
    func givesBack(isDisabled: Bool) async throws {
        let breakers = await World().breakers()
        _ = await breakers.admin(isDisabled ? .disable("api") : .metricsOnly("api"))
        let before = await state(breakers)
        let isolation = try breakers.isolate("api")
        #expect(throws: CircuitBreakerError.self) { try breakers.permit("api").succeed() }
        isolation.end()
        #expect(await state(breakers) == before)
        _ = await breakers.admin(.enable("api"))
        #expect(await state(breakers) == .closed)
    }

    @Test("K103 B24 a handle holds on over another policy")
    func configured() async throws {
        let breakers = await World().breakers()
        let isolation = try breakers.isolate("api")
        try await breakers.configure("api", .small(7))
        #expect(await state(breakers) == .forcedOpen)
        isolation.end()
        #expect(await state(breakers) == .closed)
    }

    @Test("B4 B18 a call from before the isolation reports late, and changes nothing")
    func late() async throws {
        let breakers = await World().breakers()
        let permit = try breakers.permit("api")
        let isolation = try breakers.isolate("api")
        permit.succeed()
        #expect(await state(breakers) == .forcedOpen)
        #expect(await breakers.state(of: "api")?.counts.late == 1)
        isolation.end()
        #expect(await breakers.state(of: "api")?.counts == CircuitCounts())
    }

    @Test("B18 isolating a circuit that is open or half-open closes it in the end")
    func fromOpen() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        let first = try breakers.isolate("api")
        world.clock.advance(by: .seconds(10))
        #expect(await state(breakers) == .forcedOpen)
        first.end()
        #expect(await state(breakers) == .closed)
    }

    @Test("B18 a disabled circuit judges nothing, also by windows, slow calls and permanent errors")
    func judgesNothing() async throws {
        let world = World()
        var policy = CircuitPolicy.tripping(.failures(1, within: .seconds(10)))
        policy.slowCalls = .init(over: .seconds(1), rate: 1, window: .calls(1))
        policy.permanentErrors = .openUntilReset
        let breakers = await world.breakers(policy)
        for message in [CircuitBreakerServer.AdminMessage.disable("api"), .metricsOnly("api")] {
            _ = await breakers.admin(message)
            for _ in 1...100 {
                _ = try? await breakers.call("api") {
                    world.clock.advance(by: .seconds(2))
                    throw PermanentError(Broken())
                }
            }
            #expect(await breakers.state(of: "api")?.counts.rejected == 0)
        }
        #expect(await state(breakers) == .metricsOnly)
        #expect(await breakers.state(of: "api")?.counts.slow == 100)
        #expect(await breakers.state(of: "api")?.counts.failures == 100)
        _ = await breakers.admin(.enable("api"))
        #expect(await breakers.state(of: "api")?.counts == CircuitCounts())
        #expect(await world.transitions(of: breakers).map(\.to) == [.disabled, .metricsOnly, .closed])
    }
}
