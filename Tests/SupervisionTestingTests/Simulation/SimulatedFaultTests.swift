import CircuitBreakers
import Supervision
import SupervisionTesting
import Testing

/// Each fault, at a chosen place and by chance.
@Suite(.timeLimit(.minutes(1)))
struct SimulatedFaultTests {
    private static func events(
        _ fault: Simulation.PlannedFault,
        _ body: @escaping @Sendable (Simulation.World, ServerRef<Ledger>) async throws -> Void
    ) throws -> [String] {
        try Simulation(seed: 0, schedule: "0").run { world in
            world.plan(fault)
            try await world.withLedgers { first, _ in try await body(world, first) }
        }.events
    }

    @Test("A server crashes at a chosen message, and is restarted (R20)")
    func crash() throws {
        let events = try Self.events(.crash(at: "app/ledger", message: 2)) { world, ledger in
            for _ in 0..<3 { ledger.cast(.add(1)) }
            try await world.sleep(for: .seconds(1))
            let total = try await ledger.call { $0.total }
            try world.expect(total == 1, "only what came after the crash")
        }
        #expect(
            events.contains(
                "0 s: app/ledger crashed: a fault of the simulation: app/ledger at its message 2; restarts now"
            )
        )
    }

    @Test("Whoever calls a server that crashes at the call is told so (S10)")
    func crashAtCall() throws {
        // By a schedule that has the call wait in the mailbox.
        try Simulation.explore(seeds: 0..<20) { world in
            world.plan(.crash(at: "app/ledger", message: 1))
            try await world.withLedgers { ledger, _ in
                do {
                    try await ledger.call { _ async in }
                    try world.expect(false, "a crash")
                } catch ServerError.exited(.error(let error)) {
                    try world.expect(error is SimulatedFault && world.now == .origin, "a crash at once")
                }
            }
        }
    }

    @Test("A start fails, and is tried again (R46)")
    func failedStart() throws {
        let events = try Self.events(.failStart(at: "app/ledger", life: 2)) { world, ledger in
            ledger.cast(.fail)
            try await world.sleep(for: .seconds(1))
        }
        #expect(events.contains { $0.contains("app/ledger failed to start: a fault of the simulation") })
        #expect(events.contains { $0.contains("app/ledger restarted, life 3") })
    }

    @Test("A start is delayed")
    func delayedStart() throws {
        let events = try Self.events(.delayStart(at: "app/ledger", life: 1, by: .seconds(30))) { _, _ in }
        #expect(events.first == "30 s: app/ledger started")
    }

    @Test("A server stalls at a message, and its caller's time runs out (S16)")
    func stall() throws {
        _ = try Self.events(.stall(at: "app/ledger", message: 1, for: .seconds(60))) { world, ledger in
            ledger.cast(.add(1))
            // The message is begun before the call comes.
            try await world.sleep(for: .seconds(1))
            await #expect(throws: ServerError.self) { try await ledger.call(timeout: .seconds(5)) { $0.total } }
            try world.expect(world.now == .init(nanoseconds: 6_000_000_000), "the call's own time")
            try await world.sleep(for: .seconds(60))
        }
    }

    @Test("A server that does not heed its cancellation is given up after its shutdown time (S3)")
    func ignoredCancellation() throws {
        let fault = Simulation.PlannedFault.ignoreCancellation(at: "app/ledger", message: 1, for: .seconds(20))
        let events = try Simulation(seed: 0, schedule: "0").run { world in
            world.plan(fault)
            try await world.withLedgers { ledger, _ in
                ledger.cast(.rest)
                try await world.sleep(for: .milliseconds(500))
            }
            // The zombie ends later than its tree.
            try await world.sleep(for: .seconds(60))
        }.events
        #expect(events.contains { $0.hasPrefix("5.5 s: app/ledger did not stop within 5 s") })
    }

    @Test("An operation fails, at a chosen time and by chance")
    func operation() throws {
        try Simulation(seed: 1).run { world in
            world.plan(.failOperation("save", time: 2))
            try world.attempt("save")
            #expect(throws: SimulatedFault.self) { try world.attempt("save") }
            try world.attempt("save")
            try world.attempt("load")
        }
        try Simulation(seed: 1, faults: .init(operationFailure: 1)).run { world in
            #expect(throws: SimulatedFault.self) { try world.attempt("save") }
        }
    }

    @Test("The clock jumps while there is still something to do")
    func clockJump() throws {
        let scenario: @Sendable (Simulation.World) async throws -> Void = { world in
            async let late: Void = world.sleep(for: .seconds(10))
            for _ in 0..<20 { await Task.yield() }
            world.note("yielded")
            try await late
        }
        #expect(try Simulation(seed: 1).run(scenario).events == ["0 s: yielded"])
        #expect(try Simulation(seed: 1, faults: .init(clockJump: 1)).run(scenario).events == ["10 s: yielded"])
    }

    @Test("The clock jumps when a scenario says so, and deadlines that have come go off")
    func jump() throws {
        try Simulation(seed: 0, schedule: "0").run { world in
            async let sleep: Void = world.sleep(for: .seconds(10))
            await Task.yield()
            world.jump(by: .seconds(100))
            try await sleep
            try world.expect(world.now == .init(nanoseconds: 100_000_000_000), "the time of the jump")
        }
    }

    @Test("A permit is lost, and counts as ignored (B3)")
    func lostPermit() throws {
        try Simulation(seed: 0, schedule: "0").run { world in
            world.plan(.losePermit(number: 1))
            let breakers = CircuitBreakerServer()
            try breakers.permit("api").succeed()
            try breakers.permit("api").succeed()
            let figures = await breakers.figures(of: "api")
            try world.expect(figures?.ignored == 1 && figures?.successes == 1, "\(figures as Any)")
        }
    }

    @Test("Faults by chance come about, and the tree lives through them")
    func byChance() throws {
        let faults = Simulation.Faults(
            crash: 0.1,
            startFailure: 0.1,
            startDelay: 0.1,
            stall: 0.1,
            ignoredCancellation: 0.1,
            clockJump: 0.1
        )
        let kinds = Kinds()
        try Simulation.explore(seeds: 0..<100, faults: faults) { world in
            do {
                try await world.withLedgers { first, second in
                    for number in 0..<5 {
                        first.cast(.add(number))
                        second.cast(.rest)
                        _ = try? await first.call { $0.total }
                    }
                }
            } catch is SupervisorError {
                // The first start of a tree may fail, and then there is none.
            }
            try await world.sleep(for: .seconds(100))
            kinds.add(world.events.lines)
        }
        for kind in ["crashed", "failed to start", "did not stop", "restarted"] {
            #expect(kinds.has(kind), "\(kind)")
        }
    }
}
