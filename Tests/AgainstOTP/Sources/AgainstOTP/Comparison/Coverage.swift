/// Something that a scenario can reach.
enum Mark: String, CaseIterable {
    case failedFirstStart = "a first start that failed"
    case invalid = "a specification that was refused"
    case singleRestart = "a restart under one-for-one"
    case groupRestart = "a restart of a group"
    case failedRestart = "a restart that failed and was retried"
    case ignored = "a start that said ignore"
    case staysDown = "a child that ended and stayed down"
    case removed = "a temporary child that ended"
    case shutdownError = "a child that ended otherwise than asked"
    case gaveUp = "the topmost supervisor gave up"
    case nestedGaveUp = "a nested supervisor gave up"
    case escalation = "a nested supervisor was restarted after its own shutdown"
    case autoShutdown = "automatic shutdown of the topmost supervisor"
    case nestedAutoShutdown = "automatic shutdown of a nested supervisor"
    case endWhileStarting = "a sibling ended while a child was being started"
    case endWhileEnding = "a sibling ended while a child was ending"
    case burst = "several things at once in one mailbox"
    case request = "a request that was done"
    case refusal = "a request that was refused"
}

/// What the scenarios that were compared have reached, so that one sees what their agreement is worth.
struct Coverage {
    private(set) var scenarios = 0
    private var steps = 0
    private var starts = 0
    private var counts: [Mark: Int] = [:]

    mutating func note(_ scenario: Scenario, _ trace: [StepTrace], _ marks: Set<Mark>) {
        scenarios += 1
        var marks = marks
        for step in trace {
            starts += step.lines.count { $0.hasPrefix("start ") }
            // Once the topmost supervisor is gone nothing happens any more.
            if step.lines.allSatisfy({ $0 == "= absent" || $0 == "left 0" }) { continue }
            steps += 1
            if step.lines.contains(where: { $0.contains("invalid") }) { marks.insert(.invalid) }
            if step.words.hasPrefix("burst") { marks.insert(.burst) }
            guard Request.allCases.contains(where: { step.words.hasPrefix($0.rawValue) }) else { continue }
            marks.insert(step.lines.contains { $0 == "= ok" || $0 == "= ignored" } ? .request : .refusal)
        }
        for mark in marks { counts[mark, default: 0] += 1 }
    }

    var description: String {
        let total = Double(max(1, scenarios))
        let head = """
            \(scenarios) scenarios; each on average \((Double(steps) / total).rounded(to: 1)) steps and \
            \((Double(starts) / total).rounded(to: 1)) starts. They reached:
            """
        return Mark.allCases.reduce(head) { $0 + "\n  \(counts[$1, default: 0])\t\($1.rawValue)" }
    }
}

extension Double {
    fileprivate func rounded(to places: Int) -> Double {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        return (self * scale).rounded() / scale
    }
}
