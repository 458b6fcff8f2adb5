/// How many scenarios reached what.
struct Coverage {
    private var scenarios = 0
    private var steps = 0
    private var counts: [(name: String, count: Int)] = []

    mutating func note(_ scenario: Scenario, _ trace: [StepTrace]) {
        scenarios += 1
        // Nothing happens any more when the topmost supervisor is gone.
        let played = trace.prefix { $0.words == "begin" || !$0.lines.allSatisfy { $0 == "= absent" || $0 == "left 0" } }
        steps += played.count
    }

    var description: String {
        "\(scenarios) scenarios, \(steps / max(1, scenarios)) steps each on average"
    }
}
