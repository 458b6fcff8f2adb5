/// What must hold of a supervisor's settings and of its children's specifications before anything is started (R8).
enum SpecificationCheck {
    static func check(_ intensity: RestartIntensity) throws(SupervisorError) {
        if let problem = problems(of: intensity, "intensity.").first { throw problem }
    }

    static func check(maxChildren: Int?) throws(SupervisorError) {
        if let maxChildren, maxChildren < 0 {
            throw .invalid(field: "maxChildren", value: "\(maxChildren)", expected: "0 or more, or nil for any number")
        }
    }

    /// A child of a dynamic supervisor, which ends for none of them and keeps none that is down (R7, R82).
    static func checkDynamic(_ child: Child) throws(SupervisorError) {
        var problems = Problems(child: child)
        if child.significant {
            problems.add("significant", "true", "false: a dynamic supervisor does not end with its children")
        }
        if child.limit?.consequence == .park {
            problems.add("limit", ".park", ".pause or .escalate: a dynamic supervisor keeps no child that is down")
        }
        if let problem = problems.found.first { throw problem }
        try check(child, .never)
    }

    static func check(
        _ child: Child,
        makes kind: @autoclosure () -> ChildKind,
        _ isExpected: Bool
    ) throws(SupervisorError) {
        if isExpected { return }
        throw .invalid(
            field: "the server of child '\(child.id)'",
            value: "\(kind())",
            expected: "of the type that startChild(_:as:) was given"
        )
    }

    static func check(_ child: Child, _ autoShutdown: Supervisor.AutoShutdown) throws(SupervisorError) {
        var found: [SupervisorError] = []
        check(child, autoShutdown, &found)
        if let problem = found.first { throw problem }
    }

    /// `prefix` and `suffix` stand around the names of the intensity's parts.
    static func problems(
        of intensity: RestartIntensity,
        _ prefix: String,
        _ suffix: String = ""
    ) -> [SupervisorError] {
        var problems: [SupervisorError] = []
        if intensity.restarts < 0 {
            problems.append(
                .invalid(field: "\(prefix)restarts\(suffix)", value: "\(intensity.restarts)", expected: "0 or more")
            )
        }
        if intensity.period <= .zero {
            let period = intensity.period.shortDescription
            problems.append(.invalid(field: "\(prefix)period\(suffix)", value: period, expected: "longer than zero"))
        }
        return problems
    }

    /// All that is wrong with the children, in their order.
    ///
    /// - Parameter autoShutdown: nil to leave out what depends on it.
    static func problems(of children: [Child], _ autoShutdown: Supervisor.AutoShutdown?) -> [SupervisorError] {
        var seen = Set<ChildID>(minimumCapacity: children.count)
        var found: [SupervisorError] = []
        for child in children {
            check(child, autoShutdown, &found)
            if !seen.insert(child.id).inserted { found.append(isTwice(child.id)) }
        }
        return found
    }

    static func isTwice(_ id: ChildID) -> SupervisorError {
        .invalid(field: "the id of a child", value: "'\(id)' twice", expected: "unique within its supervisor")
    }

    /// Whether nothing is wrong with any of the children by itself, so that only an id that is there twice could be wrong.
    static func isEachSound(_ children: [Child], _ autoShutdown: Supervisor.AutoShutdown) -> Bool {
        var found: [SupervisorError] = []
        for child in children { check(child, autoShutdown, &found) }
        return found.isEmpty
    }

    private static func check(
        _ child: Child,
        _ autoShutdown: Supervisor.AutoShutdown?,
        _ found: inout [SupervisorError]
    ) {
        var problems = Problems(child: child)
        var id = child.id.description
        if id.isEmpty || id.withUTF8({ $0.contains(UInt8(ascii: "/")) }) {
            let expected = "not empty and without a slash, as it is a part of a path"
            problems.found.append(.invalid(field: "the id of a child", value: "'\(child.id)'", expected: expected))
        }
        if case .timeout(let time) = child.shutdown, time < .zero {
            problems.add("shutdown", time.shortDescription, "a timeout of zero or more, .infinity or .brutalKill")
        }
        if let rules = child.rules { check(rules, &problems) }
        if let limit = child.limit {
            problems.found += Self.problems(of: limit.intensity, "limit ", " of child '\(child.id)'")
            if case .pause(let time) = limit.consequence, time <= .zero {
                problems.add("limit pause", time.shortDescription, "longer than zero")
            }
        }
        if child.significant, autoShutdown == .never {
            let expected = "false, or the supervisor's autoShutdown .anySignificant or .allSignificant"
            problems.add("significant", "true with autoShutdown: .never", expected)
        }
        if child.significant, child.restart == .permanent {
            let expected = "false, or the child transient or temporary: a permanent one never ends for good"
            problems.add("significant", "true with restart: .permanent", expected)
        }
        if !problems.found.isEmpty { found += problems.found }
    }

    private static func check(_ rules: ServerRules, _ problems: inout Problems) {
        if let timeout = rules.startTimeout, timeout <= .zero {
            problems.add("startTimeout", timeout.shortDescription, "longer than zero")
        }
        if let time = rules.drainTime, time < .zero {
            problems.add("drain", time.shortDescription, "zero or more")
        }
        if rules.drainTime != nil, problems.child.isSupervisor {
            problems.add("drain", "set on a supervisor", "set on the servers inside it")
        }
        if let timeout = rules.watchdog, timeout <= .zero {
            problems.add("watchdog", timeout.shortDescription, "longer than zero")
        }
        if let claim = rules.claim, !claim.isUnique {
            let expected = "one with unique keys, as the key is the child's name"
            problems.add("the registry", "one with duplicate keys", expected)
        }
        if let limit = rules.mailbox?.limit, limit < 1 {
            problems.add("mailbox limit", "\(limit)", "1 or more")
        }
        if let highWater = rules.mailbox?.highWater, highWater < 1 {
            problems.add("mailbox highWater", "\(highWater)", "1 or more")
        }
    }

    /// What was found to be wrong with one child.
    private struct Problems {
        let child: Child
        var found: [SupervisorError] = []

        mutating func add(_ field: String, _ value: String, _ expected: String) {
            found.append(.invalid(field: "\(field) of child '\(child.id)'", value: value, expected: expected))
        }
    }
}
