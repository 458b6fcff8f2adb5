import Testing

@testable import Supervision

/// The machine against ``PlainSupervisor`` in every situation that a number of events can lead to.
///
/// Sequences that lead both to the same situation have the same future, so each situation is gone on from once. That
/// covers every sequence of the stated length.
@Suite("The machine and the plain rules: exploration")
struct ExplorationTests {
    typealias Pair = ModelComparisonTests.Pair

    /// All that can happen to three children, and to their supervisor.
    private static let events: [PlainEvent] =
        (0..<3).flatMap { child in
            PlainEvent.Reason.allCases.map { PlainEvent.ends(child, $0) } + [
                .breaks(child), .ignores(child), .retry(child), .terminate(child), .restart(child), .delete(child),
            ]
        } + [.add(3), .add(1, .temporary), .tick, .stop]

    private struct Exploration {
        var situations = 0
        var steps = 0
        var difference: String?

        mutating func explore(_ start: Pair, _ events: [PlainEvent], depth: Int) {
            var seen: Set<[Int]> = [start.fingerprint]
            var frontier = [start]
            for level in 1...depth {
                var next: [Pair] = []
                for pair in frontier {
                    for event in events {
                        var after = pair
                        guard after.take(event) else { continue }
                        steps += 1
                        if let difference = after.difference {
                            self.difference = difference
                            return
                        }
                        // Nothing but refusals follows on the end.
                        if level == depth || after.plain.isOver { continue }
                        if seen.insert(after.fingerprint).inserted { next.append(after) }
                    }
                }
                situations += frontier.count
                frontier = next
            }
        }
    }

    private static let strategies: [Strategy] = [.oneForOne, .restForOne, .oneForAll]
    private static let types: [Restart] = [.permanent, .transient, .temporary]

    /// Looks into all that `depth` of the events can lead to, and expects at least so many situations.
    private func explore(_ setup: PlainSetup, _ events: [PlainEvent] = events, depth: Int, atLeast: Int) {
        var exploration = Exploration()
        exploration.explore(Pair(setup), events, depth: depth)
        #expect(exploration.difference == nil, "\(setup)")
        #expect(exploration.situations >= atLeast)
    }

    @Test(
        "R12 R20-R74 every sequence of four events on three children, for each strategy and mix of restart types",
        arguments: strategies,
        types
    )
    func everything(_ strategy: Strategy, _ first: Restart) {
        for second in Self.types {
            for third in Self.types {
                let members = [first, second, third].map { PlainSetup.Member(restart: $0) }
                explore(PlainSetup(strategy: strategy, allowed: 1, members: members), depth: 4, atLeast: 150)
            }
        }
    }

    @Test("R60-R65 every sequence of five events, with significant children", arguments: strategies)
    func significant(_ strategy: Strategy) {
        let members = [
            PlainSetup.Member(restart: .permanent), .init(restart: .transient, isSignificant: true),
            .init(restart: .temporary, isSignificant: true),
        ]
        let setup = PlainSetup(strategy: strategy, allowed: 2, mode: .allSignificant, members: members)
        explore(setup, depth: 5, atLeast: 300)
    }

    @Test(
        "S6 every sequence of five events, with limits of the children's own",
        arguments: strategies,
        [LimitConsequence.park, .pause(.seconds(3)), .escalate]
    )
    func limits(_ strategy: Strategy, _ consequence: LimitConsequence) {
        let members = [
            PlainSetup.Member(restart: .permanent, limit: .init(allowed: 1, period: 8, consequence: consequence)),
            .init(restart: .transient, limit: .init(allowed: 0, consequence: consequence)),
            .init(restart: .permanent),
        ]
        let events =
            (0..<3).flatMap { child in
                [PlainEvent.ends(child, .crash), .breaks(child), .retry(child), .terminate(child), .restart(child)]
            } + [.tick, .stop]
        explore(PlainSetup(strategy: strategy, allowed: 3, members: members), events, depth: 5, atLeast: 300)
    }

    @Test(
        "S3 every sequence of five events, with children that cannot be stopped and take their supervisor along",
        arguments: strategies,
        types
    )
    func unstoppable(_ strategy: Strategy, _ restart: Restart) {
        let members = [
            PlainSetup.Member(restart: .permanent), .init(restart: restart, policy: .escalate),
            .init(restart: .permanent, policy: .escalate),
        ]
        let events =
            (0..<3).flatMap { child in
                [PlainEvent.ends(child, .crash), .hangs(child), .sticks(child), .breaks(child), .terminate(child)]
            } + [.retry(1), .stop]
        explore(PlainSetup(strategy: strategy, allowed: 1, members: members), events, depth: 5, atLeast: 100)
    }

    @Test("A2 every sequence of five events, with children that start together", arguments: strategies, types)
    func together(_ strategy: Strategy, _ restart: Restart) {
        let members = [
            PlainSetup.Member(restart: restart), .init(restart: .permanent, startsWithPrevious: true),
            .init(restart: .permanent),
        ]
        let events =
            (0..<3).flatMap { child in
                [PlainEvent.ends(child, .crash), .breaks(child), .ignores(child), .retry(child)]
            } + [.terminate(0), .restart(1), .tick, .stop]
        explore(PlainSetup(strategy: strategy, allowed: 2, members: members), events, depth: 5, atLeast: 300)
    }

    @Test("R77 every sequence of four events, with new specifications and settings", arguments: strategies)
    func reconfiguration(_ strategy: Strategy) {
        let members = [
            PlainSetup.Member(restart: .permanent), .init(restart: .transient, isSignificant: true),
            .init(restart: .temporary),
        ]
        let changes: [PlainEvent] =
            [.change(0, .temporary), .change(1, .permanent), .change(2, .transient), .change(3, .permanent)]
            + [
                .mode(.never), .mode(.allSignificant), .strategy(.oneForOne), .strategy(.restForOne),
                .strategy(.oneForAll),
            ]
        let events =
            changes
            + (0..<4).flatMap { child in
                [PlainEvent.ends(child, .crash), .ends(child, .normal), .breaks(child), .retry(child), .restart(child)]
            } + [.terminate(0), .terminate(3), .delete(3)]
        explore(
            PlainSetup(strategy: strategy, allowed: 2, mode: .anySignificant, members: members),
            events,
            depth: 4,
            atLeast: 300
        )
    }
}

extension ModelComparisonTests.Pair {
    /// All that the future of both depends on.
    fileprivate var fingerprint: [Int] { plain.fingerprint + [.min] + tree.fingerprint }
}
