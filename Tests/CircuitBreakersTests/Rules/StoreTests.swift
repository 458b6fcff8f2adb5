import Supervision
import SupervisionTesting
import Synchronization
import Testing

@testable import CircuitBreakers

/// A store that a test can break and hold up.
private actor TestStore: CircuitStore {
    var circuits: [ServiceName: StoredCircuit] = [:]
    var isDown = false
    var gate: Gate?
    let asked = Trace()

    func setDown(_ isDown: Bool) { self.isDown = isDown }
    func setGate(_ gate: Gate?) { self.gate = gate }

    func load() throws -> [StoredCircuit] {
        if isDown { throw Broken() }
        return Array(circuits.values)
    }

    func save(_ circuit: StoredCircuit) async throws {
        asked.add("save \(circuit.service) \(circuit.state)")
        if let gate { await gate.pass() }
        if isDown { throw Broken() }
        circuits[circuit.service] = circuit
    }

    func remove(_ service: ServiceName) throws {
        asked.add("remove \(service)")
        if isDown { throw Broken() }
        circuits[service] = nil
    }
}

@Suite("Rules: circuits that outlive their server")
struct StoreTests {
    private let world = World()

    private func withTree(
        _ policy: CircuitPolicy = .small(),
        _ store: any CircuitStore,
        _ body: @Sendable (ServerRef<Supervisor>) async throws -> Void
    ) async throws {
        try await world.runtime.run {
            let tree = try await Supervisor(intensity: .init(1_000, within: .seconds(1))) {
                Child(.circuitBreakers) { CircuitBreakerServer(policy: policy, store: store) }
            }.start(in: world.runtime)
            try await body(tree)
            try await tree.stop()
        }
    }

    private func restart(_ tree: ServerRef<Supervisor>) async throws {
        try await tree.terminateChild("circuit-breakers")
        try await tree.restartChild("circuit-breakers")
    }

    private func fail(_ service: ServiceName) async {
        _ = try? await CircuitBreakerServer.call(service) { throw Broken() }
    }

    private func troubles() async -> Int {
        await world.circuitEvents().count { if case .storeTrouble = $0.kind { true } else { false } }
    }

    @Test("B22 a restarted server takes up an open circuit with the time that it has left")
    func remaining() async throws {
        try await withTree(store: MemoryCircuitStore()) { tree in
            await fail("api")
            world.clock.advance(by: .seconds(4))
            try await tree.terminateChild("circuit-breakers")
            world.clock.advance(by: .seconds(3))
            try await tree.restartChild("circuit-breakers")
            let snapshot = try await CircuitBreakerServer.state(of: "api")
            #expect(snapshot.state == .open)
            #expect(snapshot.retryAfter == .seconds(3))
            world.clock.advance(by: .seconds(3))
            await world.wait(for: .halfOpen)
            try await CircuitBreakerServer.call("api") {}
            #expect(try await CircuitBreakerServer.state(of: "api").state == .closed)
        }
    }

    @Test("B22 one whose time ended while the server was down lets a probe through")
    func over() async throws {
        try await withTree(store: MemoryCircuitStore()) { tree in
            await fail("api")
            try await tree.terminateChild("circuit-breakers")
            world.clock.advance(by: .seconds(60))
            try await tree.restartChild("circuit-breakers")
            #expect(try await CircuitBreakerServer.state(of: "api").state == .halfOpen)
        }
    }

    @Test("B16 B22 the back-off goes on from where it was")
    func attempt() async throws {
        var policy = CircuitPolicy.small()
        policy.openDuration = .exponential(from: .seconds(1), upTo: .seconds(60), jitter: 0)
        try await withTree(policy, MemoryCircuitStore()) { tree in
            await fail("api")
            world.clock.advance(by: .seconds(1))
            await fail("api")
            try await restart(tree)
            #expect(try await CircuitBreakerServer.state(of: "api").retryAfter == .seconds(2))
            world.clock.advance(by: .seconds(2))
            await fail("api")
            #expect(try await CircuitBreakerServer.state(of: "api").retryAfter == .seconds(4))
        }
    }

    @Test("B18 B22 overrides are kept, and lifted by an operator")
    func overrides() async throws {
        try await withTree(store: MemoryCircuitStore()) { tree in
            for message in [
                CircuitBreakerServer.AdminMessage.forceOpen("a"), .disable("b"), .metricsOnly("c"), .forceOpen("d"),
                .enable("d"),
            ] {
                #expect(try await CircuitBreakerServer.admin(message) == .done)
            }
            try await restart(tree)
            let states = try await CircuitBreakerServer.states().map { [$0.service.rawValue, $0.state.rawValue] }
            #expect(states == [["a", "forcedOpen"], ["b", "disabled"], ["c", "metricsOnly"]])
            for service: ServiceName in ["a", "b", "c"] {
                _ = try await CircuitBreakerServer.admin(.enable(service))
            }
            try await restart(tree)
            #expect(try await CircuitBreakerServer.states() == [])
        }
    }

    @Test("B16 B22 one that is open until a reset stays so")
    func untilReset() async throws {
        var policy = CircuitPolicy.small()
        policy.permanentErrors = .openUntilReset
        try await withTree(policy, MemoryCircuitStore()) { tree in
            _ = try? await CircuitBreakerServer.call("api") { throw PermanentError(Broken()) }
            try await restart(tree)
            world.clock.advance(by: .seconds(100_000))
            let snapshot = try await CircuitBreakerServer.state(of: "api")
            #expect(snapshot.state == .open)
            #expect(snapshot.retryAfter == nil)
        }
    }

    @Test("B18 B22 an isolation ends with the server: nobody could end it after that")
    func isolation() async throws {
        try await withTree(store: MemoryCircuitStore()) { tree in
            let isolation = try CircuitBreakerServer.isolate("api")
            try await restart(tree)
            try await CircuitBreakerServer.call("api") {}
            isolation.end()
            #expect(try await CircuitBreakerServer.state(of: "api").state == .closed)
        }
    }

    @Test("B22 a circuit that closed, was reset or removed is not taken up")
    func forgotten() async throws {
        try await withTree(store: MemoryCircuitStore()) { tree in
            for service: ServiceName in ["closed", "reset", "removed"] { await fail(service) }
            world.clock.advance(by: .seconds(10))
            await world.wait(for: .halfOpen, 3)
            try await CircuitBreakerServer.call("closed") {}
            try await CircuitBreakerServer.reset("reset")
            _ = try await CircuitBreakerServer.admin(.remove("removed"))
            try await restart(tree)
            #expect(try await CircuitBreakerServer.states() == [])
        }
    }

    @Test("B4 B22 what a call of the former server reports is late in the circuit that was taken up")
    func late() async throws {
        try await withTree(store: MemoryCircuitStore()) { tree in
            await fail("api")
            world.clock.advance(by: .seconds(10))
            let probe = try CircuitBreakerServer.permit("api")
            try await restart(tree)
            probe.succeed()
            let snapshot = try await CircuitBreakerServer.state(of: "api")
            #expect(snapshot.state == .halfOpen)
            #expect(snapshot.counts.late == 1)
            try await CircuitBreakerServer.call("api") {}
        }
    }

    @Test(
        "K126 B22 B26 a store that is down: calls go on as if closed, with a warning, and it is used again when it is back"
    )
    func down() async throws {
        let store = TestStore()
        await store.setDown(true)
        try await withTree(store: store) { tree in
            #expect(await troubles() == 1)
            #expect(try await CircuitBreakerServer.call("api") { 1 } == 1)
            await fail("api")
            await #expect(throws: CircuitBreakerError.self) { try await CircuitBreakerServer.call("api") {} }
            await world.recorder.waitFor(2) { event in
                if case .storeTrouble = (event as? CircuitEvent)?.kind { true } else { false }
            }
            await store.setDown(false)
            await fail("other")
            try await restart(tree)
            #expect(try await CircuitBreakerServer.states().map(\.service) == ["other"])
            #expect(!world.recorder.lines.contains { $0.contains("Broken(number") })
        }
    }

    @Test("K130 B22 a store that takes its time holds up nobody", .timeLimit(.minutes(1)))
    func slow() async throws {
        let store = TestStore()
        let gate = Gate()
        await store.setGate(gate)
        try await withTree(store: store) { _ in
            await fail("slow")
            for number in 0..<20 {
                let service = ServiceName("service-\(number)")
                await fail(service)
                #expect(try await CircuitBreakerServer.state(of: service).state == .open)
                try await CircuitBreakerServer.reset(service)
                #expect(try await CircuitBreakerServer.call(service) { 1 } == 1)
            }
            gate.open()
        }
        // Of those that opened and closed while it was busy it never heard that they were open.
        #expect(await Set(store.circuits.keys) == ["slow"])
    }

    @Test("K130 B1 while an operation runs, nobody waits for the store", .timeLimit(.minutes(1)))
    func whileRunning() async throws {
        let store = TestStore()
        try await withTree(store: store) { _ in
            try await CircuitBreakerServer.call("slow") {
                await fail("other")
                try await CircuitBreakerServer.reset("other")
            }
        }
        #expect(await store.circuits.isEmpty)
    }

    @Test(
        "B18 B22 circuits that are taken up by hand undo no override",
        arguments: [CircuitOverride.forcedOpen, .disabled]
    )
    func restoreOverOverride(override: CircuitOverride) async throws {
        let breakers = await world.breakers()
        try breakers.table.override("api", override)
        try await breakers.restore([
            .init(service: "api", state: .open, remaining: .seconds(5)), .init(service: "other", state: .open),
        ])
        #expect(await breakers.state(of: "api")?.state == override.state)
        #expect(await breakers.state(of: "other")?.state == .open)
    }

    @Test("B22 circuits go to another server as they are")
    func handedOn() async throws {
        let (first, second) = (await world.breakers(), await world.breakers())
        await first.failingCall("open")
        _ = await first.admin(.disable("disabled"))
        try await first.call("closed") {}
        world.clock.advance(by: .seconds(4))
        let stored = await first.storedCircuits()
        #expect(stored.map(\.service) == ["disabled", "open"])
        try await second.restore(stored)
        #expect(await second.state(of: "open")?.retryAfter == .seconds(6))
        #expect(await second.state(of: "disabled")?.state == .disabled)
        #expect(await second.state(of: "closed") == nil)
    }

    private func withTree(
        store: any CircuitStore,
        _ body: @Sendable (ServerRef<Supervisor>) async throws -> Void
    ) async throws {
        try await withTree(.small(), store, body)
    }
}
