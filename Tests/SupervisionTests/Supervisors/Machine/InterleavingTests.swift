import Testing

@testable import Supervision

/// The machine with children that take their time: whatever comes when, what it says of itself holds.
@Suite("The machine: interleavings")
struct InterleavingTests {
    private static let ids: [ChildID] = ["a", "b", "c", "d"]
    private static let types: [Restart] = [.permanent, .transient, .temporary]
    private static let reasons: [ExitReason] = [
        .normal, .shutdown, .shutdownWith("done"), .error(Mishap()), .error(Mishap()), .unstoppable,
    ]

    private func makeTree(_ generator: inout SeededGenerator) -> MachineHarness {
        let strategy = [Strategy.oneForOne, .restForOne, .oneForAll].randomElement(using: &generator) ?? .oneForOne
        let mode = [Supervisor.AutoShutdown.never, .anySignificant, .allSignificant].randomElement(using: &generator)
        var tree = MachineHarness(
            strategy,
            intensity: RestartIntensity(.random(in: 0...8, using: &generator), within: .seconds(20)),
            autoShutdown: mode ?? .never
        )
        var specs: [SupervisorState.Spec] = []
        for id in Self.ids { specs.append(makeSpec(id, &generator)) }
        tree.begin(specs)
        return tree
    }

    private func makeSpec(_ id: ChildID, _ generator: inout SeededGenerator) -> SupervisorState.Spec {
        let restart = Self.types.randomElement(using: &generator) ?? .permanent
        let isSignificant = restart != .permanent && Bool.random(using: &generator)
        let backoff = Bool.random(using: &generator) ? Backoff.constant(.seconds(1)) : nil
        var spec = SupervisorState.Spec(id, restart, significant: isSignificant, backoff: backoff)
        spec.startsWithPrevious = Bool.random(using: &generator)
        if Int.random(in: 0..<8, using: &generator) == 0 { spec.unstoppablePolicy = .escalate }
        if Bool.random(using: &generator) {
            let consequences: [LimitConsequence] = [.park, .pause(.seconds(5)), .escalate]
            spec.limit = ChildLimit(
                intensity: RestartIntensity(.random(in: 0...3, using: &generator), within: .seconds(10)),
                consequence: consequences.randomElement(using: &generator) ?? .park
            )
        }
        return spec
    }

    /// What the world would say next: places answer what they were asked, and now and then something ends by itself.
    private func step(_ tree: inout MachineHarness, _ generator: inout SeededGenerator) {
        let id = Self.ids.randomElement(using: &generator) ?? "a"
        let life = tree.lives.first { $0.hasPrefix("\(id) ") }?.dropFirst(2)
        let reason = Self.reasons.randomElement(using: &generator) ?? .normal
        switch Int.random(in: 0..<21, using: &generator) {
        case 0..<12:
            switch life {
            case "starting" where Bool.random(using: &generator): tree.started(id)
            case "starting" where Bool.random(using: &generator): tree.startFailed(id)
            case "starting" where Bool.random(using: &generator): tree.startFailed(id, Ignore())
            case "starting" where Int.random(in: 0..<5, using: &generator) == 0:
                tree.abandoned(id, .unstoppable, askedFor: .seconds(5))
            case "running": tree.ended(id, reason)
            case "stopping": tree.ended(id, Bool.random(using: &generator) ? .shutdown : reason)
            case "restarting": tree.retry(id)
            default: break
            }
        case 12: tree.terminate(id)
        case 13: tree.restart(id)
        case 14: tree.delete(id)
        case 15: tree.add(.init(id, Self.types.randomElement(using: &generator) ?? .permanent))
        case 16: tree.retry(id)
        case 17: tree.zombieEnded(id)
        case 19:
            tree.reconfigure(
                strategy: [nil, .oneForOne, .restForOne, .oneForAll].randomElement(using: &generator) ?? nil,
                autoShutdown: [nil, .never, .anySignificant, .allSignificant].randomElement(using: &generator) ?? nil,
                Bool.random(using: &generator) ? [makeSpec(id, &generator)] : []
            )
        case 18: tree.pass(.seconds(Int.random(in: 0...3, using: &generator)))
        default: if Int.random(in: 0..<10, using: &generator) == 0 { tree.stop() }
        }
    }

    /// Lets every start and stop that is under way come to its end.
    private func settle(_ tree: inout MachineHarness) {
        for _ in 0..<100 {
            if let starting = tree.lives.first(where: { $0.hasSuffix(" starting") }) {
                tree.started(ChildID(String(starting.prefix(1))))
            } else if let stopping = tree.lives.first(where: { $0.hasSuffix(" stopping") }) {
                tree.ended(ChildID(String(stopping.prefix(1))), .shutdown)
            } else {
                return
            }
        }
    }

    @Test("S8 whatever comes while children start and stop: invariants hold, and all comes to rest", arguments: 1...100)
    func invariants(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 1...5 {
            var tree = makeTree(&generator)
            for _ in 1...80 where !tree.isFinished { step(&tree, &generator) }
            settle(&tree)
            #expect(tree.machine.pass == nil, "seed \(seed): \(tree.lives)")
            #expect(tree.openRequests == 0, "seed \(seed)")
            tree.stop()
            settle(&tree)
            #expect(tree.isFinished, "seed \(seed): \(tree.lives)")
        }
    }
}
