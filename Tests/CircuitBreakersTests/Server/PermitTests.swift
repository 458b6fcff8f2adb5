import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

// That a permit cannot be spent twice (B3) is the compiler's to say: Tests/CompileFail/run shows that it does.
@Suite("Permits")
struct PermitTests {
    @Test("B2 a permit is a call in two halves")
    func halves() async throws {
        let world = World()
        let breakers = await world.breakers(.small(2))
        let first = try breakers.permit("api")
        #expect(first.service == "api")
        first.fail(Broken())
        try breakers.permit("api").succeed()
        try breakers.permit("api").ignore()
        let counts = try #require(await breakers.state(of: "api")?.counts)
        #expect((counts.calls, counts.failures, counts.successes, counts.ignored) == (3, 1, 1, 1))
    }

    @Test("B3 K49 a permit that is dropped gives itself back as ignored")
    func dropped() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        for _ in 0..<10 {
            let permit = try breakers.permit("api")
            #expect(throws: CircuitBreakerError.self) { try breakers.permit("api").succeed() }
            _ = consume permit
        }
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .halfOpen)
        #expect(snapshot?.counts.ignored == 10)
        try breakers.permit("api").succeed()
        #expect(await breakers.state(of: "api")?.state == .closed)
    }

    @Test("B3 a permit that an error is thrown past gives itself back")
    func thrownPast() async throws {
        let breakers = await World().breakers()
        func use() throws {
            let permit = try breakers.permit("api")
            if permit.service == "api" { throw Broken() }
            permit.succeed()
        }
        #expect(throws: Broken()) { try use() }
        #expect(await breakers.state(of: "api")?.counts.ignored == 1)
    }

    @Test("B5 B6 what a permit fails with is judged by the policy")
    func judged() async throws {
        let breakers = await World().breakers()
        try breakers.permit("api").fail(CancellationError())
        #expect(await breakers.state(of: "api")?.state == .closed)
        try breakers.permit("api").fail(Broken())
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B4 K55 a late success of a closed-era permit does not close the half-open circuit")
    func late() async throws {
        let world = World()
        let breakers = await world.breakers()
        let old = try breakers.permit("api")
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        let probe = try breakers.permit("api")
        old.succeed()
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .halfOpen)
        #expect(snapshot?.counts.late == 1)
        #expect(throws: CircuitBreakerError.self) { try breakers.permit("api").succeed() }
        probe.succeed()
        #expect(await breakers.state(of: "api")?.state == .closed)
    }

    @Test("B4 B18 a permit of a removed circuit is late in the one that followed it")
    func removed() async throws {
        let breakers = await World().breakers()
        let old = try breakers.permit("api")
        let older = try breakers.permit("api")
        #expect(await breakers.admin(.remove("api")) == .done)
        older.fail(Broken())
        #expect(await breakers.state(of: "api") == nil)
        try breakers.permit("api").succeed()
        old.fail(Broken())
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.state == .closed)
        #expect(snapshot?.counts.late == 1)
    }

    @Test("B12 K38 of 10,000 permits asked for at once by a half-open circuit with two probes, two are given")
    func herd() async throws {
        let world = World()
        let breakers = await world.breakers(.small(1, probes: 2))
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        let held = await withTaskGroup(of: [Held].self) { group in
            for _ in 0..<100 {
                group.addTask {
                    (0..<100).compactMap { _ in try? Held(breakers.permit("api")) }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(held.count == 2)
        #expect(await breakers.state(of: "api")?.counts.rejected == 9_998)
        #expect(await world.transitions(of: breakers).map(\.to) == [.open, .halfOpen])
    }
}

/// Keeps a permit from being given back.
private final class Held: Sendable {
    let permit: CallPermit

    init(_ permit: consuming CallPermit) {
        self.permit = permit
    }
}
