import CircuitBreakers
import Supervision
import SupervisionTesting
import Synchronization

/// The calls of services, as whoever makes them sees them.
private final class CallLog: Sendable {
    struct Call: Sendable {
        let service: ServiceName
        let start: RuntimeInstant
        var end: RuntimeInstant?
        var hasFailed = false
    }

    private let calls = Mutex<[Call]>([])
    private let faultTexts = Mutex<[String]>([])

    var all: [Call] { calls.withLock { $0 } }
    var faults: [String] { faultTexts.withLock { $0 } }

    func fault(_ text: String) { faultTexts.withLock { $0.append(text) } }

    func began(_ service: ServiceName, _ now: RuntimeInstant) -> Int {
        calls.withLock { calls in
            calls.append(Call(service: service, start: now))
            return calls.count - 1
        }
    }

    func ended(_ number: Int, _ now: RuntimeInstant, hasFailed: Bool) {
        calls.withLock { calls in
            calls[number].end = now
            calls[number].hasFailed = hasFailed
        }
    }
}

private struct ServiceDown: Error {}

private let services: [ServiceName] = ["a", "b"]
private let cap = 2

extension CircuitPolicy {
    /// Opens after two failures for a second; two probes at once, with leases of half a second, four to close it.
    fileprivate static var small: CircuitPolicy {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(2)
        policy.openDuration = .constant(.seconds(1))
        policy.halfOpen = .init(maxProbes: cap, successThreshold: 4, probeTimeout: .milliseconds(500))
        return policy
    }
}

extension Scenario {
    /// Circuits under calls side by side that fail, succeed, come late and are lost, while an operator is at them.
    static let circuits = Scenario(
        "circuits",
        "B3 B4 B10 B11 B12 B13 B14 B15 B18 B19 B26 B28",
        faults: .init(lostPermit: 0.05, clockJump: 0.01)
    ) { world in
        try await playCircuits(world, crashes: false)
    }

    /// The same while the server of the circuits crashes and is started again.
    static let circuitsWhileRestarting = Scenario(
        "circuits while restarting",
        "B1 B4 B22 B28",
        faults: .init(crash: 0.02, startDelay: 0.1, clockJump: 0.01, operationFailure: 0.1, longestDelay: .seconds(1))
    ) { world in
        try await playCircuits(world, crashes: true)
    }
}

private struct FailingStore: CircuitStore {
    let world: Simulation.World
    let store = MemoryCircuitStore()

    func load() async throws -> [StoredCircuit] {
        try world.attempt("load")
        return await store.load()
    }

    func save(_ circuit: StoredCircuit) async throws {
        try world.attempt("save")
        await store.save(circuit)
    }

    func remove(_ service: ServiceName) async throws {
        try world.attempt("remove")
        await store.remove(service)
    }
}

private func playCircuits(_ world: Simulation.World, crashes: Bool) async throws {
    let log = CallLog()
    let store = crashes ? FailingStore(world: world) : nil
    let tree = try await Supervisor(intensity: .init(1_000, within: .seconds(1))) {
        Child(.circuitBreakers) { CircuitBreakerServer(policy: .small, store: store) }
    }.start()
    await withTaskGroup(of: Void.self) { tasks in
        for _ in 0..<4 {
            tasks.addTask {
                for _ in 0..<6 { await use(world, log, crashes: crashes) }
            }
        }
    }
    if !crashes {
        try checkProbes(world, log)
        try checkTrips(world, log)
    }
    // Longer than any open time, and any lease.
    try await world.sleep(for: .seconds(60))
    for service in services {
        guard let state = try? await CircuitBreakerServer.state(of: service) else { continue }
        try world.expect(state.state != .open, "no circuit stays open; '\(service)' does")
        guard !crashes, let figures = try? await CircuitBreakerServer.figures(of: service) else { continue }
        let ended = figures.successes + figures.failures + figures.ignored + figures.late
        // A probe whose lease is over counts then, and once more as late when it reports after all.
        try world.expect(ended >= figures.calls, "each call comes to an end; of \(figures.calls) \(ended) did")
        try await isUsable(world, service)
    }
    try await tree.stop()
    try world.expect(log.faults.isEmpty, log.faults.joined(separator: "; "))
    try await expectTransitionsFormPaths(world, restarts: crashes)
}

private func use(_ world: Simulation.World, _ log: CallLog, crashes: Bool) async {
    let service = world.choose(from: services) ?? "a"
    switch world.choose(in: 0..<10) {
    case 0: try? await world.sleep(for: .milliseconds(Int64(400 * world.choose(in: 1..<4))))
    case 1:
        // A permit that is held for a while, over whatever happens meanwhile.
        guard let permit = try? CircuitBreakerServer.permit(service) else { return }
        let number = log.began(service, world.now)
        try? await world.sleep(for: .milliseconds(Int64(100 * world.choose(in: 1..<16))))
        let fails = world.choose(in: 0..<2) == 1
        log.ended(number, world.now, hasFailed: fails)
        if fails { permit.fail(ServiceDown()) } else { permit.succeed() }
    case 2 where world.choose(in: 0..<3) == 2:
        _ = try? await CircuitBreakerServer.admin(world.choose(from: [.reset(service), .enable(service)]) ?? .states)
    case 3 where crashes:
        try? await ServerRef(.circuitBreakers).stop(.error(Crash()))
    default:
        let fails = world.choose(in: 0..<2) == 1
        do {
            try await CircuitBreakerServer.call(service) {
                let number = log.began(service, world.now)
                try await world.sleep(for: .milliseconds(Int64(50 * world.choose(in: 1..<4))))
                log.ended(number, world.now, hasFailed: fails)
                if fails { throw ServiceDown() }
            }
            if fails { log.fault("a call that fails returned") }
        } catch is ServiceDown {
            if !fails { log.fault("a call that succeeds failed") }
        } catch is CircuitBreakerError {
        } catch is ServerError {
        } catch {
            log.fault("a call got \(error)")
        }
    }
}

/// All slots of a circuit are free, and it can be used: it is closed, or becomes so.
private func isUsable(_ world: Simulation.World, _ service: ServiceName) async throws {
    for _ in 0..<10 {
        // When the clock jumps in the middle of a probe its lease is over, and the circuit opens once more.
        try? await CircuitBreakerServer.call(service) {}
        let state = try await CircuitBreakerServer.state(of: service)
        if state.state == .closed { return }
        try await world.sleep(for: .seconds(2))
    }
    try world.expect(false, "the circuit '\(service)' closes when its service is well")
}

/// While a circuit is half-open, no more calls are under way than it may try at once.
private func checkProbes(_ world: Simulation.World, _ log: CallLog) throws {
    for service in services {
        var since: RuntimeInstant?
        for (transition, time) in transitions(of: service, world) {
            if let since {
                // Strictly between: what happens at the same instant may come before or after.
                let probes = log.all.filter { $0.service == service && since < $0.start && $0.start < time }
                for probe in probes {
                    let others = probes.filter { other in
                        // One that takes longer than its lease gives its slot back meanwhile.
                        let end = min(other.end ?? .distantFuture, other.start.advanced(by: .milliseconds(500)))
                        return other.start <= probe.start && probe.start < end
                    }
                    try world.expect(others.count <= cap, "\(cap) probes of '\(service)' at once; \(others.count) are")
                }
            }
            since = transition.to == .halfOpen ? time : nil
        }
    }
}

/// A circuit that was closed opens for failures of calls that began after it had closed, and not for late ones (B4).
private func checkTrips(_ world: Simulation.World, _ log: CallLog) throws {
    for service in services {
        var since = RuntimeInstant.origin
        for (transition, time) in transitions(of: service, world) {
            if transition.to == .closed { since = time }
            guard transition.from == .closed, transition.to == .open else { continue }
            let failures = log.all.filter { call in
                call.service == service && call.hasFailed && call.start >= since && call.end.map { $0 <= time } == true
            }
            try world.expect(failures.count >= 2, "'\(service)' opens for two failures; there are \(failures.count)")
        }
    }
}

private func transitions(
    of service: ServiceName,
    _ world: Simulation.World
) -> [(transition: CircuitTransition, time: RuntimeInstant)] {
    world.events.events.compactMap { event in
        guard let event = event as? CircuitEvent, event.service == service,
            case .transition(let transition) = event.kind
        else { return nil }
        return (transition, event.time)
    }
}

/// Each transition begins where the one before it has ended, and none is in the past (B26).
private func expectTransitionsFormPaths(_ world: Simulation.World, restarts: Bool) async throws {
    // What one that was given up had still to tell may come after the next has begun.
    let isGivenUp = world.events.events.contains { event in
        if case .unstoppable? = (event as? SupervisionEvent)?.kind { true } else { false }
    }
    if isGivenUp { return }
    for service in services {
        var state = CircuitState.closed
        var time = RuntimeInstant.origin
        for (transition, now) in transitions(of: service, world) {
            // A new incarnation begins with fresh circuits, or with what the store has.
            let fits = transition.from == state || restarts && transition.from == .closed
            try world.expect(fits, "'\(service)' goes from \(transition.from), and was \(state)")
            try world.expect(time <= now, "the transitions of '\(service)' come in order")
            (state, time) = (transition.to, now)
        }
    }
}
