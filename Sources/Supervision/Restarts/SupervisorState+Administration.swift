/// Children added, stopped, brought back and removed on request: the table of R70.
extension SupervisorState {
    mutating func add(_ spec: Spec, key: ChildKey, _ request: RequestID, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions = spare.take()
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

    var mustWait: Bool { pass != nil || !deferred.isEmpty }

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
        var actions = spare.take()
        act(&self, &actions)
        return actions
    }

    /// The new child comes last in the start order (R15).
    mutating func add(_ spec: Spec, _ key: ChildKey, _ request: RequestID, _ actions: inout [Action]) {
        if let index = index(of: spec.id) {
            additions[key] = spec
            if follows(index, .add(key, request)) { return }
            additions[key] = nil
            actions.append(.forget(key))
            switch slots[index].life {
            // An end that has not been dealt with came after the request, so to the request the child still runs.
            case .running, .exited, .stopping, .starting(.add), .starting(.bringBack), .starting(.pass):
                actions.append(.reply(request, .refused(.alreadyStarted(spec.id))))
            case .down, .restarting, .starting(.restart):
                actions.append(.reply(request, .refused(.alreadyPresent(spec.id))))
            }
            return
        }
        insert(spec, key: key)
        if let index = index(of: key) { slots[index].life = .starting(.add(request)) }
        actions.append(.start(key))
    }

    mutating func restartChild(_ id: ChildID, _ request: RequestID, _ actions: inout [Action]) {
        guard let index = index(of: id) else { return actions.append(.reply(request, .refused(notFound(id)))) }
        if follows(index, .restart(id, request)) { return }
        switch slots[index].life {
        case .running, .exited, .stopping: actions.append(.reply(request, .refused(.running(id))))
        case .starting, .restarting: actions.append(.reply(request, .refused(.restarting(id))))
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
            refuseFollowers(of: key, &actions)
            heldUpEnd = nil
            slots[index].life = .stopping
            terminations[key, default: []].append(request)
            actions.append(.stop(key))
        case .stopping:
            // A temporary one is gone then, and others want it to run again.
            if followers[key] == nil, slots[index].restart != .temporary {
                terminations[key, default: []].append(request)
            } else {
                followers[key, default: []].append(.terminate(id, request))
            }
        case .restarting:
            setDown(key, &actions)
            actions.append(.reply(request, .done))
        case .exited(let reason):
            let isExpected = isExpected(reason, of: slots[index])
            actions.append(.report(isExpected ? .stopped(key, reason) : .shutdownError(key, reason)))
            setDown(key, &actions)
            actions.append(.reply(request, .done))
        case .down:
            // A temporary one that was never started is not kept, either (R77).
            if slots[index].restart == .temporary { remove(key, &actions) }
            actions.append(.reply(request, .done))
        }
    }

    mutating func deleteChild(_ id: ChildID, _ request: RequestID, _ actions: inout [Action]) {
        guard let index = index(of: id) else { return actions.append(.reply(request, .refused(notFound(id)))) }
        if follows(index, .delete(id, request)) { return }
        switch slots[index].life {
        case .running, .exited, .stopping: actions.append(.reply(request, .refused(.running(id))))
        case .starting, .restarting: actions.append(.reply(request, .refused(.restarting(id))))
        case .down:
            remove(slots[index].key, &actions)
            actions.append(.reply(request, .done))
        }
    }

    /// Whether the request waits, because an earlier one still starts or stops the child. Requests about one child are
    /// dealt with one after the other. Only `terminateChild` does not wait for a start, which may hang.
    private mutating func follows(_ index: Int, _ item: Deferred) -> Bool {
        switch slots[index].life {
        case .stopping, .starting(.add), .starting(.bringBack):
            followers[slots[index].key, default: []].append(item)
            return true
        case .down, .starting, .running, .exited, .restarting: return false
        }
    }

    /// The child has been stopped on request, or could not be started: now it is the turn of what was asked about it
    /// meanwhile.
    mutating func resumeFollowers(of key: ChildKey, _ actions: inout [Action]) {
        if followers.isEmpty { return }
        let items = followers.removeValue(forKey: key) ?? []
        if mustWait {
            // They came before the pass, and before all that was put off for it.
            deferred.insert(contentsOf: items, at: 0)
        } else {
            for item in items { perform(item, &actions) }
        }
    }

    /// What has waited for a start is answered as if the child runs: because it does now, or because the start is cut off
    /// by a request that came later and must not be undone.
    mutating func refuseFollowers(of key: ChildKey, _ actions: inout [Action]) {
        for item in followers.removeValue(forKey: key) ?? [] {
            switch item {
            case .add(let other, let request):
                guard let spec = additions.removeValue(forKey: other) else { continue }
                actions.append(.forget(other))
                actions.append(.reply(request, .refused(.alreadyStarted(spec.id))))
            case .restart(let id, let request), .delete(let id, let request):
                actions.append(.reply(request, .refused(.running(id))))
            // None of these waits for a start.
            case .exit, .retry, .terminate, .reconfigure: break
            }
        }
    }

    func index(of id: ChildID) -> Int? {
        keys[id].flatMap { index(of: $0) }
    }

    private func notFound(_ id: ChildID) -> SupervisorError {
        .notFound(id, known: knownIDs)
    }
}
