import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("A breaker server that is killed under load")
struct KilledUnderLoadTests {
    /// What a caller may get: the value, its own error, or a typed one of the library.
    private static func isExpected(_ error: any Error) -> Bool {
        error is Broken || error is CircuitBreakerError || error is ServerError || error is CancellationError
    }

    enum Death: CaseIterable {
        case error, brutalKill, both
    }

    @Test(
        "B1 B22 B28 each caller gets an answer while the server dies again and again, and nothing is left of it",
        arguments: Death.allCases,
        [1, 2, 3]
    )
    func noCallerIsLost(death: Death, failures: Int) async throws {
        let world = World()
        try await world.runtime.run {
            let policy = CircuitPolicy.small(failures)
            let tree = try await Supervisor(intensity: .init(100_000, within: .seconds(1))) {
                Child(.circuitBreakers, shutdown: .brutalKill) { CircuitBreakerServer(policy: policy) }
            }.start(in: world.runtime)
            let answers = Counter()
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask { await Self.makeCalls(task, answers) }
                }
                group.addTask { await Self.kill(tree, death, world.clock, while: { answers.value < 8 * 250 }) }
            }
            #expect(answers.value == 8 * 250)
            try await tree.stop()
            #expect(world.clock.sleeperCount == 0)
            #expect(CircuitTable.wellKnown(in: world.runtime)?.allCircuits.isEmpty == true)
            #expect(throws: CircuitBreakerError.self) { try CircuitBreakerServer.permit("a").ignore() }
        }
    }

    @Test("B28 R52 a server that ends without a clean-up leaves nothing either, and lets no call through")
    func endsWithoutCleanUp() async throws {
        let world = World()
        try await world.runtime.run {
            let tree = try await Supervisor {
                Child(.circuitBreakers, restart: .temporary, shutdown: .brutalKill) {
                    CircuitBreakerServer(policy: .small())
                }
            }.start(in: world.runtime)
            _ = try? await CircuitBreakerServer.call("a") { throw Broken() }
            #expect(world.clock.sleeperCount > 0)
            try await ServerRef(.circuitBreakers).stop(.error(Broken()))
            #expect(world.clock.sleeperCount == 0)
            #expect(CircuitTable.wellKnown(in: world.runtime)?.allCircuits.isEmpty == true)
            #expect(throws: CircuitBreakerError.self) { try CircuitBreakerServer.permit("a").ignore() }
            try await tree.stop()
        }
    }

    private static func makeCalls(_ task: Int, _ answers: Counter) async {
        var random = SeededGenerator(state: UInt64(task))
        for _ in 0..<250 {
            let service = (["a", "b", "c"] as [ServiceName]).randomElement(using: &random) ?? "a"
            let fails = Int.random(in: 0..<4, using: &random) == 0
            do {
                let value = try await CircuitBreakerServer.call(service) {
                    await Task.yield()
                    if fails { throw Broken() }
                    return 1
                }
                #expect(value == 1)
            } catch {
                #expect(isExpected(error), "\(error)")
            }
            answers.add()
        }
    }

    /// Lets the server die until all have their answers.
    private static func kill(
        _ tree: ServerRef<Supervisor>,
        _ death: Death,
        _ clock: ManualClock,
        while isNeeded: () -> Bool
    ) async {
        let reference = ServerRef(.circuitBreakers)
        var round = 0
        while isNeeded() {
            round += 1
            if death == .error || death == .both && round % 2 == 0 {
                try? await reference.stop(.error(Broken(number: round)))
            } else {
                try? await tree.terminateChild("circuit-breakers")
                _ = try? await tree.restartChild("circuit-breakers")
            }
            clock.advance(by: .seconds(11))
        }
    }
}
