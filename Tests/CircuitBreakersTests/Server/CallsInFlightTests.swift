import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Circuits that calls in flight keep")
struct CallsInFlightTests {
    /// What a test holds of a circuit without keeping it.
    private final class Trace {
        weak var circuit: Circuit?

        init(_ service: ServiceName, of breakers: CircuitBreakerServer) {
            circuit = breakers.table.circuit(of: service)
        }

        var isGone: Bool { circuit == nil }
    }

    private let world = World()

    @Test("B4 B28 a circuit that was removed lasts until its last call has reported, and no longer")
    func removed() async throws {
        let breakers = await world.breakers()
        let first = try breakers.permit("a")
        let second = try breakers.permit("a")
        let third = try breakers.permit("a")
        let trace = Trace("a", of: breakers)
        _ = await breakers.admin(.remove("a"))
        first.succeed()
        second.fail(Broken())
        #expect(!trace.isGone)
        third.ignore()
        #expect(trace.isGone)
    }

    @Test("B28 a circuit without calls in flight goes when it is removed")
    func idle() async throws {
        let breakers = await world.breakers()
        try breakers.permit("a").succeed()
        let trace = Trace("a", of: breakers)
        _ = await breakers.admin(.remove("a"))
        #expect(trace.isGone)
    }

    @Test("B24 a circuit that got another policy lasts until its calls have reported, and they count where it goes on")
    func configured() async throws {
        let breakers = await world.breakers(.small(3))
        let first = try breakers.permit("a")
        let second = try breakers.permit("a")
        let trace = Trace("a", of: breakers)
        try await breakers.configure("a", .small(2))
        try breakers.permit("a").succeed()
        first.fail(Broken())
        #expect(!trace.isGone)
        second.fail(Broken())
        #expect(trace.isGone)
        #expect(await breakers.state(of: "a")?.state == .open)
    }

    @Test("B24 B28 one that got other policies twice, with a call in flight, goes when that has reported")
    func configuredTwice() async throws {
        let breakers = await world.breakers(.small(3))
        let permit = try breakers.permit("a")
        var traces: [Trace] = []
        for failures in 4...6 {
            traces.append(Trace("a", of: breakers))
            try await breakers.configure("a", .small(failures))
        }
        let other = try breakers.permit("a")
        traces.append(Trace("a", of: breakers))
        _ = await breakers.admin(.remove("a"))
        // The call came in by the first, which leads to all the others.
        #expect(traces.map(\.isGone) == [false, false, false, false])
        permit.succeed()
        #expect(traces.map(\.isGone) == [true, true, true, false])
        other.succeed()
        #expect(traces.map(\.isGone) == [true, true, true, true])
    }

    @Test("B17 B24 B28 a report that finds its circuit about to open counts once, and the circuit goes")
    func reportsBeforeWhatIsDue() async throws {
        var policy = CircuitPolicy.small(1)
        policy.minTransitionInterval = .seconds(10)
        let breakers = await world.breakers(policy)
        _ = await breakers.admin(.forceOpen("a"))
        _ = await breakers.admin(.enable("a"))
        let first = try breakers.permit("a")
        let second = try breakers.permit("a")
        policy.openDuration = .constant(.seconds(5))
        try await breakers.configure("a", policy)
        // It is to open when ten seconds have passed since it closed.
        first.fail(Broken())
        world.clock.advance(by: .seconds(10))
        // For which it has to be told for how long, before it can take the report.
        second.succeed()
        #expect(await breakers.state(of: "a")?.state == .open)
        let trace = Trace("a", of: breakers)
        _ = await breakers.admin(.remove("a"))
        #expect(trace.isGone)
    }

    @Test("B4 B24 a call that is let in while the policy changes belongs to the circuit that counts it")
    func letInMeanwhile() async throws {
        let breakers = await world.breakers(.small(3))
        try breakers.permit("a").succeed()
        let former = try #require(breakers.table.circuit(of: "a"))
        try await breakers.configure("a", .small(2))
        // It has been looked up before the change, and comes to it after.
        guard case .admitted(let ticket, let taker) = former.acquire(canWait: false) else {
            Issue.record("The call was not let in.")
            return
        }
        #expect(taker !== former)
        #expect(taker === breakers.table.circuit(of: "a"))
        taker.record(.ignored, of: ticket)
        let trace = Trace("a", of: breakers)
        #expect(await breakers.state(of: "a")?.counts.ignored == 1)
        _ = await breakers.admin(.remove("a"))
        #expect(trace.isGone == false)
        withExtendedLifetime(taker) {}
    }

    @Test(
        "B4 B28 the circuits of a server that stopped go with their last calls, of whatever outcome",
        arguments: 0..<4
    )
    func stopped(outcome: Int) async throws {
        try await world.runtime.run {
            let tree = try await world.tree(.small(3))
            let permit = try CircuitBreakerServer.permit("a")
            weak let circuit = CircuitTable.wellKnown(in: world.runtime)?.circuit(of: "a")
            try await tree.stop()
            #expect(circuit != nil)
            switch outcome {
            case 0: permit.succeed()
            case 1: permit.fail(Broken())
            case 2: permit.ignore()
            default: _ = consume permit
            }
            #expect(circuit == nil)
        }
    }

    @Test("B4 the same of a circuit with a window, and of one that judges results")
    func otherPolicies() async throws {
        var window = CircuitPolicy()
        window.trip = .failureRate(0.5, over: .calls(10), minimumCalls: 5)
        var judging = CircuitPolicy()
        judging.judgeResult = { _ in .failure }
        for policy in [window, judging] {
            let breakers = await world.breakers(policy)
            let trace = try await breakers.call("a") {
                let trace = Trace("a", of: breakers)
                _ = await breakers.admin(.remove("a"))
                #expect(!trace.isGone)
                return trace
            }
            #expect(trace.isGone)
        }
    }
}
