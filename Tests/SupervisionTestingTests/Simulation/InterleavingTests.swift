import CircuitBreakers
import Supervision
import SupervisionTesting
import Testing

/// Orders that real threads bring about are reachable by some seed.
@Suite(.timeLimit(.minutes(1)))
struct InterleavingTests {
    private struct Down: Error {}

    /// What some of the seeds have come to, each once.
    private static func outcomes(
        _ scenario: @escaping @Sendable (Simulation.World) async throws -> String
    ) throws -> Set<String> {
        let kinds = Kinds()
        try Simulation.explore(seeds: 0..<200) { world in
            kinds.add([try await scenario(world)])
        }
        return Set(kinds.all)
    }

    @Test("Two casts of different tasks come in either order")
    func casts() throws {
        let outcomes = try Self.outcomes { world in
            let puppet = Puppet("orders")
            async let start = Supervisor { puppet.child() }.start()
            try await puppet.next().proceed()
            let tree = try await start
            async let first: Void = ServerRef(puppet.name).cast("1")
            async let second: Void = ServerRef(puppet.name).cast("2")
            _ = await (first, second)
            var order = ""
            for _ in 0..<2 {
                let step = try await puppet.next()
                if case .message(let text) = step.moment { order += text }
                step.proceed()
            }
            async let stop: Void = tree.stop()
            try await puppet.next().proceed()
            try await stop
            return order
        }
        #expect(outcomes == ["12", "21"])
    }

    @Test("A call of one task comes before, between and after the two calls of another")
    func calls() throws {
        let outcomes = try Self.outcomes { world in
            let order = Kinds()
            try await world.withLedgers { ledger, _ in
                @Sendable func call(_ name: String) async { _ = try? await ledger.call { _ in order.add([name]) } }
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await call("a")
                        await call("b")
                    }
                    group.addTask { await call("x") }
                }
            }
            return order.all.joined()
        }
        #expect(outcomes == ["xab", "axb", "abx"])
    }

    @Test("Two calls of a service are let through before either has reported, or one after the other")
    func guardedCalls() throws {
        let outcomes = try Self.outcomes { world in
            var policy = CircuitPolicy()
            policy.trip = .consecutiveFailures(1)
            let breakers = CircuitBreakerServer(policy: policy)
            let made = Kinds()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        _ = try? await breakers.call("api") {
                            made.add(["made"])
                            throw Down()
                        }
                    }
                }
            }
            try await breakers.reset("api")
            try await world.sleep(for: .seconds(1_000))
            return "\(made.all.count)"
        }
        #expect(outcomes == ["1", "2"])
    }

    @Test("Of two deadlines at the same time either passes first")
    func deadlines() throws {
        let outcomes = try Self.outcomes { world in
            let order = Kinds()
            await withTaskGroup(of: Void.self) { group in
                for name in ["a", "b"] {
                    group.addTask {
                        try? await world.sleep(for: .seconds(1))
                        order.add([name])
                    }
                }
            }
            return order.all.joined()
        }
        #expect(outcomes == ["ab", "ba"])
    }

    @Test("An answer and the end of its caller's time come in either order")
    func answerAndDeadline() throws {
        let outcomes = try Self.outcomes { world in
            var outcome = ""
            try await world.withLedgers { ledger, _ in
                do {
                    try await ledger.call(timeout: .seconds(1)) { _ async throws in
                        try await world.sleep(for: .seconds(1))
                    }
                    outcome = "answer"
                } catch {
                    outcome = "\(type(of: error))"
                }
            }
            return outcome
        }
        #expect(outcomes == ["answer", "ServerError"])
    }
}
