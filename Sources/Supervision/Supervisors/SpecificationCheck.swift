/// What must hold of a supervisor's settings and of its children's specifications before anything is started (R8).
enum SpecificationCheck {
    static func check(_ intensity: RestartIntensity) throws(SupervisorError) {
        if intensity.restarts < 0 {
            throw .invalid(field: "intensity.restarts", value: "\(intensity.restarts)", expected: "0 or more")
        }
        if intensity.period <= .zero {
            throw .invalid(
                field: "intensity.period",
                value: intensity.period.shortDescription,
                expected: "longer than zero"
            )
        }
    }

    static func check(maxChildren: Int?) throws(SupervisorError) {
        if let maxChildren, maxChildren < 0 {
            throw .invalid(field: "maxChildren", value: "\(maxChildren)", expected: "0 or more, or nil for any number")
        }
    }

    /// A child of a dynamic supervisor, which ends for none of them (R7, R82).
    static func checkDynamic(_ child: Child) throws(SupervisorError) {
        if child.significant {
            throw .invalid(
                field: "significant of child '\(child.id)'",
                value: "true",
                expected: "false: a dynamic supervisor does not end with its children"
            )
        }
        try check(child, .never)
    }

    static func check(_ child: Child, makes kind: ChildKind, _ isExpected: Bool) throws(SupervisorError) {
        if isExpected { return }
        throw .invalid(
            field: "the server of child '\(child.id)'",
            value: "\(kind)",
            expected: "of the type that startChild(_:as:) was given"
        )
    }

    static func check(_ child: Child, _ autoShutdown: Supervisor.AutoShutdown) throws(SupervisorError) {
        if child.id.description.isEmpty || child.id.description.contains("/") {
            throw .invalid(
                field: "the id of a child",
                value: "'\(child.id)'",
                expected: "not empty and without a slash, as it is a part of a path"
            )
        }
        if case .timeout(let time) = child.shutdown, time < .zero {
            throw .invalid(
                field: "shutdown of child '\(child.id)'",
                value: time.shortDescription,
                expected: "a timeout of zero or more, .infinity or .brutalKill"
            )
        }
        try check(child.rules, of: child)
        guard child.significant else { return }
        if autoShutdown == .never {
            throw .invalid(
                field: "significant of child '\(child.id)'",
                value: "true with autoShutdown: .never",
                expected: "false, or the supervisor's autoShutdown .anySignificant or .allSignificant"
            )
        }
        if child.restart == .permanent {
            throw .invalid(
                field: "significant of child '\(child.id)'",
                value: "true with restart: .permanent",
                expected: "false, or the child transient or temporary: a permanent one never ends for good"
            )
        }
    }

    private static func check(_ rules: ServerRules?, of child: Child) throws(SupervisorError) {
        guard let rules else { return }
        if let timeout = rules.startTimeout, timeout <= .zero {
            throw invalid("startTimeout", timeout.shortDescription, "longer than zero", child)
        }
        if let time = rules.drainTime, time < .zero {
            throw invalid("drain", time.shortDescription, "zero or more", child)
        }
        if rules.drainTime != nil, child.isSupervisor {
            throw invalid("drain", "set on a supervisor", "set on the servers inside it", child)
        }
        if let timeout = rules.watchdog, timeout <= .zero {
            throw invalid("watchdog", timeout.shortDescription, "longer than zero", child)
        }
        if let claim = rules.claim, !claim.isUnique {
            let expected = "one with unique keys, as the key is the child's name"
            throw invalid("the registry", "one with duplicate keys", expected, child)
        }
        guard let mailbox = rules.mailbox else { return }
        if let limit = mailbox.limit, limit < 1 {
            throw invalid("mailbox limit", "\(limit)", "1 or more", child)
        }
        if mailbox.highWater < 1 {
            throw invalid("mailbox highWater", "\(mailbox.highWater)", "1 or more", child)
        }
    }

    private static func invalid(
        _ field: String,
        _ value: String,
        _ expected: String,
        _ child: Child
    ) -> SupervisorError {
        .invalid(field: "\(field) of child '\(child.id)'", value: value, expected: expected)
    }

    static func checkUnique(_ children: [Child]) throws(SupervisorError) {
        var seen: Set<ChildID> = []
        for child in children where !seen.insert(child.id).inserted {
            throw .invalid(
                field: "the id of a child",
                value: "'\(child.id)' twice",
                expected: "unique within its supervisor"
            )
        }
    }
}
