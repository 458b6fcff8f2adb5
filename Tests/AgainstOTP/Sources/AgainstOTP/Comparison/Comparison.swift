/// Plays scenarios on both and finds where they differ.
struct Comparison {
    let erlang: ErlangPlayer
    private(set) var coverage = Coverage()

    init(erlang: ErlangPlayer) {
        self.erlang = erlang
    }

    /// What differs, scenario by scenario.
    mutating func compare(_ scenarios: [Scenario]) throws -> [Difference] {
        try erlang.send(scenarios)
        let ours = scenarios.map { Player.play($0) }
        let theirs = try erlang.receive()
        var differences: [Difference] = []
        for (scenario, (ours, theirs)) in zip(scenarios, zip(ours, theirs)) {
            coverage.note(scenario, theirs)
            if ours != theirs { differences.append(Difference(scenario: scenario, ours: ours, theirs: theirs)) }
        }
        return differences
    }
}

/// A scenario in which the two differ.
struct Difference {
    var scenario: Scenario
    var ours: [StepTrace]
    var theirs: [StepTrace]

    /// The scenario, and both traces up to the first step that differs, side by side.
    var description: String {
        var lines = [scenario.text]
        for (ours, theirs) in zip(ours, theirs) {
            lines.append("> \(theirs.words)")
            let height = max(ours.lines.count, theirs.lines.count)
            for place in 0..<height {
                let left = place < theirs.lines.count ? theirs.lines[place] : ""
                let right = place < ours.lines.count ? ours.lines[place] : ""
                let mark = left == right ? " " : "!"
                lines.append("\(mark) \(left.padded(to: 56)) | \(right)")
            }
            if ours != theirs { break }
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
