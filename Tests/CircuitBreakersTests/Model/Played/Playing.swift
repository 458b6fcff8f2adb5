import CircuitBreakers
import Supervision
import SupervisionTesting

/// Plays whole sequences.
enum Playing {
    static let length = 80

    /// Plays one, by an instance alone or in a tree, where there are timers.
    ///
    /// - Throws: ``Difference``, with the seed and all operations.
    static func play(seed: UInt64, inTree: Bool = false) async throws {
        let clock = ManualClock()
        let runtime = Runtime(clock: clock, random: SeededGenerator(state: seed), events: NoSink())
        if inTree {
            try await playInTree(seed, clock, runtime)
        } else {
            try await playAlone(seed, clock, runtime)
        }
    }

    private static func playAlone(_ seed: UInt64, _ clock: ManualClock, _ runtime: Runtime) async throws {
        var play = Play(seed: seed)
        let events: CircuitEventStream
        do {
            let server = await runtime.run { play.server() }
            events = server.events(capacity: 10_000)
            try await run(&play, clock, on: server)
        }
        try await finish(play, seed, events)
    }

    /// Without a suspension, since nothing else happens.
    private static func run(
        _ play: inout Play,
        _ clock: ManualClock,
        on server: isolated CircuitBreakerServer
    ) throws {
        for _ in 0..<length {
            let operation = play.next()
            do {
                if case .pass(let seconds) = operation {
                    clock.advance(by: .seconds(seconds))
                    for _ in 0..<seconds { play.passSecond(withTimers: false) }
                }
                try play.perform(operation, on: server)
            } catch {
                throw play.explained(error)
            }
        }
    }

    private static func playInTree(_ seed: UInt64, _ clock: ManualClock, _ runtime: Runtime) async throws {
        var play = Play(seed: seed)
        let first = play.server()
        let tree = try await Supervisor { Child(.circuitBreakers) { first } }.start(in: runtime)
        let reference = ServerRef(.circuitBreakers, in: runtime)
        let server = try await reference.call { $0 }
        let events = server.events(capacity: 10_000)
        for _ in 0..<length {
            let operation = play.next()
            switch operation {
            case .pass(let seconds):
                for _ in 0..<seconds {
                    clock.advance(by: .seconds(1))
                    play.passSecond(withTimers: true)
                    // The messages of the timers are handled when this comes back.
                    try await reference.call { _ in }
                }
            case .strayTimer(let service, let generation, let probe):
                reference.cast(
                    probe.map { .leaseTimer(service, generation: generation, probe: $0) }
                        ?? .resetTimer(service, generation: generation)
                )
                try await reference.call { _ in }
            default: break
            }
            do {
                try await play.perform(operation, on: server)
            } catch {
                throw play.explained(error)
            }
        }
        try await tree.stop()
        guard clock.sleeperCount == 0 else { throw play.explained(Difference(description: "a timer is left")) }
        try await finish(play, seed, events)
    }

    private static func finish(_ play: Play, _ seed: UInt64, _ events: CircuitEventStream) async throws {
        var all: [CircuitEvent] = []
        // It ends with the server, which has gone.
        for await event in events { all.append(event) }
        do {
            try play.checkPath(all)
            try play.compare(all)
        } catch {
            throw play.explained(error)
        }
    }
}

extension Play {
    /// The error, with all that led to it.
    fileprivate func explained(_ error: any Error) -> Difference {
        let steps = operations.map { "  \($0)" }.joined(separator: "\n")
        return Difference(
            description: """
                \(error)
                in the last step of
                \(steps)
                with the policies \(plain.policies), otherwise \(plain.standard), \(plain.maxCircuits) circuits
                """
        )
    }
}

private struct NoSink: EventSink {
    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {}
}
