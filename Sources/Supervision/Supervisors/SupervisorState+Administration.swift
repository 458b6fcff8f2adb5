/// Children added, stopped, brought back and removed on request: the table of R70.
extension SupervisorState {
    mutating func add(_ spec: Spec, key: ChildKey, _ request: RequestID, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions: [Action] = []
        if outcome != nil {
            actions = [.forget(key), .reply(request, .refused(.shuttingDown))]
        } else if mustWait {
            additions[key] = spec
            deferred.append(.add(key, request))
        } else {
            add(spec, key, request, &actions)
        }
        return actions
    }

    mutating func restartChild(_ id: ChildID, _ request: RequestID, now: RuntimeInstant) -> [Action] {
        administer(.restart(id, request), request, now) { $0.restartChild(id, request, &$1) }
    }

    mutating func terminateChild(_ id: ChildID, _ request: RequestID, now: RuntimeInstant) -> [Action] {
        administer(.terminate(id, request), request, now) { $0.terminateChild(id, request, &$1) }
    }

    mutating func deleteChild(_ id: ChildID, _ request: RequestID, now: RuntimeInstant) -> [Action] {
        administer(.delete(id, request), request, now) { $0.deleteChild(id, request, &$1) }
    }

    private var mustWait: Bool { pass != nil || !deferred.isEmpty }

    private mutating func administer(
        _ item: Deferred,
        _ request: RequestID,
        _ now: RuntimeInstant,
        _ act: (inout SupervisorState, inout [Action]) -> Void
    ) -> [Action] {
        self.now = now
        if outcome != nil { return [.reply(request, .refused(.shuttingDown))] }
        if mustWait {
            deferred.append(item)
            return []
        }
        var actions: [Action] = []
        act(&self, &actions)
        return actions
    }

    /// The new child comes last in the start order (R15).
    mutating func add(_ spec: Spec, _ key: ChildKey, _ request: RequestID, _ actions: inout [Action]) {
        if let present = keys[spec.id], let slot = slot(of: present) {
            actions.append(.forget(key))
            switch slot.life {
            case .running, .stopping, .starting(.add), .starting(.bringBack), .starting(.pass):
                actions.append(.reply(request, .refused(.alreadyStarted(spec.id))))
            case .down, .exited, .restarting, .starting(.restart):
                actions.append(.reply(request, .refused(.alreadyPresent(spec.id))))
            }
            return
        }
        append(spec, key: key)
        slots[slots.count - 1].life = .starting(.add(request))
        actions.append(.start(key))
    }

    mutating func restartChild(_ id: ChildID, _ request: RequestID, _ actions: inout [Action]) {
        guard let index = index(of: id) else { return actions.append(.reply(request, .refused(notFound(id)))) }
        switch slots[index].life {
        case .running, .stopping: actions.append(.reply(request, .refused(.running(id))))
        case .starting, .restarting, .exited: actions.append(.reply(request, .refused(.restarting(id))))
        case .down:
            // Counts nothing (R70).
            slots[index].life = .starting(.bringBack(request))
            slots[index].attempts = 0
            actions.append(.start(slots[index].key))
        }
    }

    mutating func terminateChild(_ id: ChildID, _ request: RequestID, _ actions: inout [Action]) {
        guard let index = index(of: id) else { return actions.append(.reply(request, .refused(notFound(id)))) }
        let key = slots[index].key
        switch slots[index].life {
        case .running:
            slots[index].life = .stopping
            terminations[key, default: []].append(request)
            actions.append(.stop(key))
        case .starting(let purpose):
            if case .add(let other) = purpose {
                actions.append(.reply(other, .refused(.startFailed(id, Exit(.shutdown)))))
            }
            if case .bringBack(let other) = purpose {
                actions.append(.reply(other, .refused(.startFailed(id, Exit(.shutdown)))))
            }
            slots[index].life = .stopping
            terminations[key, default: []].append(request)
            actions.append(.stop(key))
        case .stopping:
            terminations[key, default: []].append(request)
        case .restarting:
            setDown(key, &actions)
            actions.append(.reply(request, .done))
        case .exited(let reason):
            let next: SupervisionEvent.Consequence = slots[index].restart == .temporary ? .removed : .staysDown
            actions.append(.report(.ended(key, reason, next: next)))
            setDown(key, &actions)
            actions.append(.reply(request, .done))
        case .down:
            actions.append(.reply(request, .done))
        }
    }

    mutating func deleteChild(_ id: ChildID, _ request: RequestID, _ actions: inout [Action]) {
        guard let index = index(of: id) else { return actions.append(.reply(request, .refused(notFound(id)))) }
        switch slots[index].life {
        case .running, .stopping: actions.append(.reply(request, .refused(.running(id))))
        case .starting, .restarting, .exited: actions.append(.reply(request, .refused(.restarting(id))))
        case .down:
            remove(slots[index].key, &actions)
            actions.append(.reply(request, .done))
        }
    }

    private func index(of id: ChildID) -> Int? {
        keys[id].flatMap { index(of: $0) }
    }

    private func notFound(_ id: ChildID) -> SupervisorError {
        .notFound(id, known: knownIDs)
    }
}
