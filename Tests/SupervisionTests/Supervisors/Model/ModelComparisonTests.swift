import Testing

@testable import Supervision

/// The machine against ``PlainSupervisor``, event by event.
@Suite("The machine and the plain rules")
struct ModelComparisonTests {
    /// Both, after the same events.
    struct Pair {
        var plain: PlainSupervisor
        var tree: SynchronousTree
        var events: [PlainEvent] = []
        let tick: Int

        init(_ setup: PlainSetup) {
            plain = PlainSupervisor(setup)
            tree = SynchronousTree(setup)
            tick = setup.tick
        }

        /// False when the event cannot happen now.
        mutating func take(_ event: PlainEvent) -> Bool {
            guard plain.allows(event) else { return false }
            events.append(event)
            plain.take(event, tick: tick)
            tree.take(event)
            return true
        }

        /// What differs after the last event.
        var difference: String? {
            if plain.steps != tree.steps {
                return "after \(events): the rules say \(plain.steps), the machine \(tree.steps)"
            }
            if plain.isOver != tree.isOver { return "after \(events): only one of the two is over" }
            if let violation = tree.violations.first { return "after \(events): \(violation)" }
            let members = tree.members
            let isSame =
                members.count == plain.members.count
                && zip(members, plain.members).allSatisfy { $0.id == $1.id && Self.matches($0.state, $1.state) }
            return isSame ? nil : "after \(events): the rules have \(plain.members), the machine \(members)"
        }

        private static func matches(_ life: SupervisorState.Life, _ state: PlainSupervisor.State) -> Bool {
            switch (life, state) {
            case (.running, .running), (.restarting, .restarting), (.down, .down): true
            case (.running, _), (.restarting, _), (.down, _), (.starting, _), (.exited, _), (.stopping, _): false
            }
        }
    }

    private static let types: [Restart] = [.permanent, .transient, .temporary]

    @Test("R20-R74 long random sequences, five children, all modes", arguments: UInt64(1)...40)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 1...30 {
            let modes: [Supervisor.AutoShutdown] = [.never, .anySignificant, .allSignificant]
            let members = (0..<5).map { _ in
                let restart = Self.types.randomElement(using: &generator) ?? .permanent
                let isSignificant = restart != .permanent && Bool.random(using: &generator)
                return PlainSetup.Member(
                    restart: restart,
                    isSignificant: isSignificant,
                    limit: randomLimit(&generator),
                    policy: [.abandon, .escalate].randomElement(using: &generator) ?? .abandon,
                    startsWithPrevious: Bool.random(using: &generator)
                )
            }
            let setup = PlainSetup(
                strategy: [.oneForOne, .restForOne, .oneForAll].randomElement(using: &generator) ?? .oneForOne,
                allowed: .random(in: 0...6, using: &generator),
                mode: modes.randomElement(using: &generator) ?? .never,
                members: members
            )
            var pair = Pair(setup)
            for _ in 1...120 where pair.take(randomEvent(&generator)) {
                if let difference = pair.difference {
                    Issue.record("seed \(seed), \(setup): \(difference)")
                    return
                }
            }
        }
    }

    private func randomLimit(_ generator: inout SeededGenerator) -> PlainSetup.Limit? {
        let consequences: [LimitConsequence] = [.park, .park, .pause(.seconds(1)), .pause(.seconds(20)), .escalate]
        guard Bool.random(using: &generator), let consequence = consequences.randomElement(using: &generator) else {
            return nil
        }
        let allowed = Int.random(in: 0...2, using: &generator)
        return .init(allowed: allowed, period: .random(in: 1...20, using: &generator), consequence: consequence)
    }

    private func randomEvent(_ generator: inout SeededGenerator) -> PlainEvent {
        let child = Int.random(in: 0..<6, using: &generator)
        switch Int.random(in: 0..<35, using: &generator) {
        case 0..<8: return .ends(child, .crash)
        case 8..<11: return .ends(child, Bool.random(using: &generator) ? .normal : .shutdown)
        case 11..<13: return .breaks(child)
        case 13: return .ignores(child)
        case 14..<19: return .retry(child)
        case 19..<21: return .terminate(child)
        case 21..<23: return .restart(child)
        case 23: return .delete(child)
        case 24..<26: return .add(child, Self.types.randomElement(using: &generator) ?? .permanent)
        case 26..<29: return .tick
        case 29: return .sticks(child)
        case 30: return Int.random(in: 0..<5, using: &generator) == 0 ? .hangs(child) : .tick
        case 31: return .change(child, Self.types.randomElement(using: &generator) ?? .permanent)
        case 32: return .mode([.never, .anySignificant, .allSignificant].randomElement(using: &generator) ?? .never)
        case 33: return .strategy([.oneForOne, .restForOne, .oneForAll].randomElement(using: &generator) ?? .oneForOne)
        default: return .stop
        }
    }
}
