/// Plays scenarios on both and finds where they differ.
struct Comparison {
    let erlang: ErlangPlayer
    private(set) var coverage = Coverage()
    /// How many steps differ as rules of this project say that they must, by the ids of those rules.
    private(set) var explained: [String: Int] = [:]

    init(erlang: ErlangPlayer) {
        self.erlang = erlang
    }

    /// What differs and no rule explains, scenario by scenario.
    mutating func compare(_ scenarios: [Scenario]) throws -> [Difference] {
        try erlang.send(scenarios)
        let ours = scenarios.map { Player.play($0) }
        let theirs = try erlang.receive()
        var differences: [Difference] = []
        for (scenario, (ours, theirs)) in zip(scenarios, zip(ours, theirs)) {
            coverage.note(scenario, theirs, ours.marks)
            if let step = try firstDifference(scenario, ours.steps, theirs) {
                differences.append(Difference(scenario: scenario, step: step, ours: ours.steps, theirs: theirs))
            }
        }
        return differences
    }

    /// The first step that differs for no reason that is known.
    private mutating func firstDifference(
        _ scenario: Scenario,
        _ ours: [StepTrace],
        _ theirs: [StepTrace]
    ) throws -> Int? {
        if ours.count != theirs.count { return min(ours.count, theirs.count) }
        for place in ours.indices where ours[place] != theirs[place] {
            let pair = StepPair(scenario: scenario, place: place, ours: ours[place], theirs: theirs[place])
            guard let rules = try rules(for: pair) else { return place }
            explained[rules, default: 0] += 1
            // From here on the scripts would give the two different fates.
            guard pair.isInStep else { return nil }
        }
        return nil
    }

    private func rules(for pair: StepPair) throws -> String? {
        if let rules = Explanation.rules(for: pair) { return rules }
        guard let reordering = Reordering(pair) else { return nil }
        try erlang.send(reordering.scenarios)
        for step in reordering.steps(in: try erlang.receive()) {
            var other = pair
            other.theirs = step
            if step == pair.ours || Explanation.rules(for: other) != nil { return Reordering.id }
        }
        return nil
    }
}

/// A scenario in which the two differ.
struct Difference {
    var scenario: Scenario
    /// Which step it is that differs.
    var step: Int
    var ours: [StepTrace]
    var theirs: [StepTrace]

    /// The scenario, and both traces up to the first step that differs, side by side.
    var description: String {
        var lines = [scenario.text]
        for (ours, theirs) in zip(ours, theirs).prefix(step + 1) {
            lines.append("> \(theirs.words)")
            let height = max(ours.lines.count, theirs.lines.count)
            for place in 0..<height {
                let left = place < theirs.lines.count ? theirs.lines[place] : ""
                let right = place < ours.lines.count ? ours.lines[place] : ""
                let mark = left == right ? " " : "!"
                lines.append("\(mark) \(left.padded(to: 56)) | \(right)")
            }
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
