/// New settings and specifications for a supervisor that runs (R77).
extension SupervisorState {
    /// What is to change. A setting that is nil stays as it is.
    struct Reconfiguration: Sendable {
        var strategy: Strategy?
        var intensity: RestartIntensity?
        var autoShutdown: Supervisor.AutoShutdown?
        /// Each with the key that it has if it is new.
        var specs: [(key: ChildKey, spec: Spec)] = []
    }

    mutating func reconfigure(_ change: Reconfiguration, _ request: RequestID, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions = spare.take()
        if outcome != nil {
            refuse(change, request, .shuttingDown, &actions)
        } else if mustWait {
            reconfigurations[request] = change
            deferred.append(.reconfigure(request))
        } else {
            apply(change, request, &actions)
        }
        return actions
    }

    /// All of it, or nothing when one of the specifications cannot take the place of the old one.
    mutating func apply(_ change: Reconfiguration, _ request: RequestID, _ actions: inout [Action]) {
        for (_, spec) in change.specs {
            if let problem = conflict(of: spec) { return refuse(change, request, problem, &actions) }
        }
        strategy = change.strategy ?? strategy
        autoShutdown = change.autoShutdown ?? autoShutdown
        history.intensity = change.intensity ?? history.intensity
        var isPreviousNew = false
        for (key, spec) in change.specs {
            if let index = index(of: spec.id) {
                isPreviousNew = false
                replace(index, by: spec)
                actions.append(.adopt(slots[index].key, from: key))
                actions.append(.forget(key))
            } else {
                // Kept without a start: restartChild starts it, or the restart of its group.
                var spec = spec
                if !isPreviousNew { spec.startsWithPrevious = false }
                isPreviousNew = true
                insert(spec, key: key)
            }
        }
        actions.append(.reply(request, .done))
    }

    private func refuse(
        _ change: Reconfiguration,
        _ request: RequestID,
        _ problem: SupervisorError,
        _ actions: inout [Action]
    ) {
        for (key, _) in change.specs { actions.append(.forget(key)) }
        actions.append(.reply(request, .refused(problem)))
    }

    /// What lives, and what waits for its restart, goes on as it is; what ends from now on is judged anew.
    private mutating func replace(_ index: Int, by spec: Spec) {
        let key = slots[index].key
        slots[index].restart = spec.restart
        slots[index].isSignificant = spec.isSignificant
        slots[index].unstoppablePolicy = spec.unstoppablePolicy
        backoffs[key] = spec.backoff
        if let limit = spec.limit {
            // What has been used up of the old one counts against the new one.
            limits[key, default: LimitState(limit)].limit = limit
            limits[key]?.history.intensity = limit.intensity
        } else {
            limits[key] = nil
        }
    }

    private func conflict(of spec: Spec) -> SupervisorError? {
        guard let index = index(of: spec.id), slots[index].identity != spec.identity else { return nil }
        let (old, new) = (slots[index].identity, spec.identity)
        if old.type != new.type {
            return .invalid(
                field: "the server of child '\(spec.id)'",
                value: "\(new.type)",
                expected: "\(old.type) as before, because references lead to it: give the new server an id of its own"
            )
        }
        return .invalid(
            field: "the name of child '\(spec.id)'",
            value: new.isNamed ? "'\(spec.id)'" : "none",
            expected: "\(old.isNamed ? "'\(spec.id)'" : "none") as before: describe it with the same kind of id"
        )
    }
}
