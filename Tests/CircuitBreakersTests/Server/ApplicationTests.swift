import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

extension ServiceName {
    fileprivate static let userAPI: ServiceName = "user-api"
}

@Suite("The application's breakers, in a tree")
struct ApplicationTests {
    @Test("B11 B12 B14 B26 K111 the whole cycle, by timers, with its events in order")
    func cycle() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree(.small(2))
            for _ in 0..<2 {
                await #expect(throws: Broken()) { try await CircuitBreakerServer.call(.userAPI) { throw Broken() } }
            }
            await #expect(throws: CircuitBreakerError.self) { try await CircuitBreakerServer.call(.userAPI) {} }

            world.clock.advance(by: .seconds(10))
            await world.wait(for: .halfOpen)
            await #expect(throws: Broken()) { try await CircuitBreakerServer.call(.userAPI) { throw Broken() } }

            world.clock.advance(by: .seconds(10))
            await world.wait(for: .halfOpen, 2)
            #expect(try await CircuitBreakerServer.call(.userAPI) { 7 } == 7)

            #expect(await world.transitions().map(\.to) == [.open, .halfOpen, .open, .halfOpen, .closed])
            let events = await world.circuitEvents().filter { if case .transition = $0.kind { true } else { false } }
            #expect(events.map(\.time.nanoseconds) == [0, 10, 10, 20, 20].map { $0 * 1_000_000_000 })
            #expect(
                events.first?.description == """
                    circuit 'user-api' closed -> open for 10 s: 2 failures in a row; 2 calls, 0 succeeded, 2 failed, \
                    0 ignored, 0 rejected, 0 late
                    """
            )
            let snapshot = try await CircuitBreakerServer.state(of: .userAPI)
            #expect(snapshot == CircuitSnapshot(service: .userAPI, state: .closed))
            try await tree.stop()
        }
    }

    @Test("B13 K50 the lease of a silent probe ends by its timer")
    func lease() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            _ = try? await CircuitBreakerServer.call(.userAPI) { throw Broken() }
            world.clock.advance(by: .seconds(10))
            let probe = try await ServerRef(.circuitBreakers).permit(.userAPI)
            world.clock.advance(by: .seconds(5))
            await world.wait(for: .open, 2)
            let expired = CircuitEvent.Kind.leaseExpired(countedAs: .failure, after: .seconds(5))
            #expect(await world.circuitEvents().map(\.kind).contains(expired))
            probe.succeed()
            #expect(try await CircuitBreakerServer.state(of: .userAPI).state == .open)
            #expect(try await CircuitBreakerServer.state(of: .userAPI).counts.late == 1)
            try await tree.stop()
        }
    }

    @Test("B14 a stale reset timer heals nothing")
    func staleTimer() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            let ref = ServerRef(.circuitBreakers)
            _ = try? await CircuitBreakerServer.call(.userAPI) { throw Broken() }
            for generation: UInt64 in [0, 1, 2, .max] {
                ref.cast(.resetTimer(.userAPI, generation: generation))
                ref.cast(.leaseTimer(.userAPI, generation: generation, probe: 0))
                ref.cast(.resetTimer("unknown", generation: generation))
            }
            // A call is served after everything that was cast before it.
            #expect(try await ref.state(of: .userAPI)?.state == .open)
            #expect(try await ref.states().count == 1)
            try await tree.stop()
        }
    }

    @Test("B25 an operator's message may be cast")
    func castAdmin() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            let ref = ServerRef(.circuitBreakers)
            ref.cast(.admin(.forceOpen(.userAPI)))
            #expect(try await ref.state(of: .userAPI)?.state == .forcedOpen)
            try await tree.stop()
        }
    }

    @Test("B22 without a server the static functions say how to add one")
    func noServer() async throws {
        let world = World()
        await world.runtime.run {
            let error = await #expect(throws: CircuitBreakerError.self) {
                try await CircuitBreakerServer.call(.userAPI) { Issue.record("the operation ran") }
            }
            #expect(error?.description.contains("Child(.circuitBreakers) { CircuitBreakerServer() }") == true)
            #expect(error?.description.contains("before the children that use it") == true)
            for attempt in [
                { _ = try await CircuitBreakerServer.state(of: .userAPI) },
                { try await CircuitBreakerServer.reset(.userAPI) },
                { _ = try await CircuitBreakerServer.admin(.states) },
                { try CircuitBreakerServer.permit(.userAPI).ignore() },
                {
                    _ = try await CircuitBreakerServer.call(.userAPI) {
                        1
                    } fallback: { _ in
                        2
                    }
                },
            ] as [() async throws -> Void] {
                let error = await #expect(throws: CircuitBreakerError.self) { try await attempt() }
                guard case .noServer = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
        }
    }

    @Test("B28 after the tree has stopped there is no server, and no timer is left")
    func stopped() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            for service in ["a", "b", "c"] as [ServiceName] {
                _ = try? await CircuitBreakerServer.call(service) { throw Broken() }
            }
            #expect(world.clock.sleeperCount == 3)
            try await tree.stop()
            #expect(world.clock.sleeperCount == 0)
            #expect(throws: CircuitBreakerError.self) { try CircuitBreakerServer.permit("a").ignore() }
        }
    }

    @Test("B14 timers that are no longer needed are taken back: a circuit never has more than one for its open time")
    func timersTakenBack() async throws {
        let world = World()
        try await world.runtime.run {
            // Flapping is a timer of its own.
            var policy = CircuitPolicy.small()
            policy.flapping = .init(openings: 1_000)
            let tree = try await world.tree(policy)
            for _ in 0..<100 {
                _ = try? await CircuitBreakerServer.call(.userAPI) { throw Broken() }
                #expect(world.clock.sleeperCount == 1)
                try await CircuitBreakerServer.reset(.userAPI)
                #expect(world.clock.sleeperCount == 0)
            }
            try await tree.stop()
        }
    }

    @Test("B22 a restarted server starts fresh, and calls in flight report late")
    func restart() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            let ref = ServerRef(.circuitBreakers)
            _ = try? await CircuitBreakerServer.call("broken") { throw Broken() }
            let old = try CircuitBreakerServer.permit(.userAPI)
            let older = try CircuitBreakerServer.permit("never-again")
            try await ref.stop(.error(Broken()))

            // Waits for the next incarnation.
            try await CircuitBreakerServer.call(.userAPI) {}
            old.fail(Broken())
            older.fail(Broken())
            let snapshot = try await CircuitBreakerServer.state(of: .userAPI)
            #expect(snapshot.state == .closed)
            #expect(snapshot.counts.late == 1)
            #expect(snapshot.counts.failures == 0)
            #expect(try await CircuitBreakerServer.states().map(\.service) == [.userAPI])
            #expect(world.clock.sleeperCount == 0)
            try await tree.stop()
        }
    }

    @Test("S2 B22 a server that is killed again and again under load loses no caller")
    func killed() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree(.small(1_000_000))
            let ref = ServerRef(.circuitBreakers)
            let answered = Counter()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<500 {
                            do {
                                let value = try await CircuitBreakerServer.call(.userAPI) {
                                    await Task.yield()
                                    return 1
                                }
                                #expect(value == 1)
                                answered.add()
                            } catch {
                                Issue.record(error)
                            }
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<20 {
                        ref.exit(.error(Broken()))
                        for _ in 0..<50 { await Task.yield() }
                    }
                }
            }
            #expect(answered.value == 4_000)
            try await tree.stop()
        }
    }

    @Test("B22 a server that was killed without a clean-up is retired by the one that follows it")
    func brutallyKilled() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await Supervisor {
                Child(.circuitBreakers, shutdown: .brutalKill) { CircuitBreakerServer(policy: .small()) }
            }.start(in: world.runtime)
            let old = try CircuitBreakerServer.permit(.userAPI)
            let table = try await ServerRef(.circuitBreakers).call { $0.table }
            try await tree.terminateChild("circuit-breakers")
            try await tree.restartChild("circuit-breakers")
            #expect(table.circuit(of: .userAPI) == nil)
            try CircuitBreakerServer.permit(.userAPI).succeed()
            old.fail(Broken())
            let snapshot = try await CircuitBreakerServer.state(of: .userAPI)
            #expect(snapshot.state == .closed)
            #expect(snapshot.counts.late == 1)
            try await tree.stop()
        }
    }

    @Test("K08 a server with an invalid policy does not start, and says why")
    func invalid() async throws {
        let world = World()
        await world.runtime.run {
            let error = await #expect(throws: (any Error).self) { try await world.tree(.small(0)) }
            #expect("\(String(describing: error))".contains("trip.consecutiveFailures is 0, allowed is 1 or more"))
        }
    }

    @Test("K142 servers of different names know nothing of each other")
    func twoServers() async throws {
        let world = World()
        let (first, second) = (ServerName<CircuitBreakerServer>("first"), ServerName<CircuitBreakerServer>("second"))
        try await world.runtime.run {
            let tree = try await Supervisor {
                Child(first) { CircuitBreakerServer(policy: .small()) }
                Child(second) { CircuitBreakerServer(policy: .small()) }
            }.start(in: world.runtime)
            await #expect(throws: Broken()) { try await ServerRef(first).call("api") { throw Broken() } }
            #expect(try await ServerRef(first).state(of: "api")?.state == .open)
            #expect(try await ServerRef(second).state(of: "api") == nil)
            #expect(try await ServerRef(second).call("api") { 1 } == 1)
            await #expect(throws: CircuitBreakerError.self) { try await ServerRef(first).permit("api").ignore() }
            try await ServerRef(first).reset("api")
            #expect(try await ServerRef(first).admin(.state("api")) == .states([.init(service: "api", state: .closed)]))
            await #expect(throws: CircuitBreakerError.self) { try await ServerRef(first).reset("unknown") }
            #expect(throws: CircuitBreakerError.self) { try CircuitBreakerServer.permit("api").ignore() }
            try await tree.stop()
        }
    }
}

@Suite("Fallbacks")
struct FallbackTests {
    @Test("B29 K99 a fallback runs for a failure and for a rejection, with the error")
    func runs() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            let first = try await CircuitBreakerServer.call(.userAPI) {
                throw Broken(number: 1)
            } fallback: { error in
                (error as? Broken)?.number ?? 0
            }
            #expect(first == 1)
            let second = try await CircuitBreakerServer.call(.userAPI) {
                Issue.record("the operation ran")
                return 0
            } fallback: { error in
                error is CircuitBreakerError ? 2 : 0
            }
            #expect(second == 2)
            try await tree.stop()
        }
    }

    @Test("B29 a fallback does not run when the caller is cancelled")
    func cancelled() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await world.tree()
            await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                await #expect(throws: CancellationError.self) {
                    try await CircuitBreakerServer.call(.userAPI) {
                        throw CancellationError()
                    } fallback: { _ in
                        Issue.record("the fallback ran")
                    }
                }
            }.value
            try await tree.stop()
        }
    }
}
