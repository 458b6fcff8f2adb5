/// Passes: the initial start, group restarts, and the shutdown.
extension SupervisorState {
    /// Takes in one more of the children that it is to begin with. False when its id is there already: then it cannot (R8).
    mutating func list(_ spec: Spec, key: ChildKey) -> Bool {
        let count = keys.count
        insert(spec, key: key)
        return keys.count > count
    }

    /// The supervisor begins: its children are started from left to right (R10).
    mutating func begin() -> [Action] {
        pass = Pass(kind: .initial, toStop: [], toStart: slots.keys[...])
        var actions = spare.take()
        advance(&actions)
        return actions
    }

    /// The supervisor is to end: its children are stopped from right to left (R50). Obeyed at once, whatever goes on.
    mutating func stop(_ outcome: Outcome) -> [Action] {
        var actions = spare.take()
        beginShutdown(outcome, &actions)
        return actions
    }

    mutating func beginShutdown(_ outcome: Outcome, _ actions: inout [Action]) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        let following = followers.sorted { $0.key.number < $1.key.number }.flatMap(\.value)
        for item in deferred + following {
            switch item {
            case .add(let key, let request):
                additions[key] = nil
                actions.append(.forget(key))
                actions.append(.reply(request, .refused(.shuttingDown)))
            case .restart(_, let request), .terminate(_, let request), .delete(_, let request):
                actions.append(.reply(request, .refused(.shuttingDown)))
            case .reconfigure(let request):
                let specs = reconfigurations.removeValue(forKey: request)?.specs ?? []
                for (key, _) in specs { actions.append(.forget(key)) }
                actions.append(.reply(request, .refused(.shuttingDown)))
            case .exit, .retry: break
            }
        }
        deferred = []
        followers = [:]
        pass = Pass(kind: .shutdown, toStop: slots.keys.reversed()[...], toStart: [])
        advance(&actions)
    }

    /// Restarts the group of the child that failed, which has no process now (R41, R42).
    mutating func beginGroupRestart(of key: ChildKey, _ actions: inout [Action]) {
        guard let index = index(of: key) else { return }
        let group = group(of: index)
        slots[index].life = .down
        pass = Pass(
            kind: .group,
            toStop: group.reversed().filter { $0 != key }[...],
            // The child itself was to be restarted when it ended, whatever it has been made since (R77).
            toStart: group.filter { $0 == key || restart(of: $0) != .temporary }[...]
        )
        advance(&actions)
    }

    /// The child and those that are restarted with it, in start order.
    private func group(of index: Int) -> [ChildKey] {
        switch strategy {
        case .oneForOne: return [slots[index].key]
        case .oneForAll: return slots.keys
        case .restForOne:
            let first = slots[index]
            return slots.filter { other in
                if other.key == first.key { return true }
                // Those of its wave do not depend on it. One of them that waits for its own restart comes along, because
                // what stands after the wave depends on both.
                if other.wave == first.wave { return other.life.isRestarting }
                return other.key.number > first.key.number
            }.map { $0.key }
        }
    }

    private func restart(of key: ChildKey) -> Restart? {
        index(of: key).map { slots[$0].restart }
    }

    /// Starts those whom a failed start had held back, now that the child does not come for which they waited.
    mutating func startHeldBack(_ keys: [ChildKey], _ actions: inout [Action]) {
        pass = Pass(kind: .group, toStop: [], toStart: keys[...])
        advance(&actions)
    }

    /// Goes on with the pass until it has to wait for a child, and with what was put off when it is over.
    mutating func advance(_ actions: inout [Action]) {
        // In place: a copy of the pass would have its lists copied when they change.
        while pass?.awaited.isEmpty == true {
            if let key = pass?.toStop.popFirst() {
                stopInPass(key, &actions)
            } else if let first = pass?.toStart.popFirst() {
                let wave = index(of: first).map { slots[$0].wave }
                startInPass(first, &actions)
                while let next = pass?.toStart.first, let wave, index(of: next).map({ slots[$0].wave }) == wave {
                    pass?.toStart.removeFirst()
                    startInPass(next, &actions)
                }
            } else if let kind = pass?.kind {
                pass = nil
                finishPass(kind, &actions)
            }
        }
    }

    private mutating func stopInPass(_ key: ChildKey, _ actions: inout [Action]) {
        guard let index = index(of: key) else { return }
        pass?.isStarting = false
        switch slots[index].life {
        case .running:
            slots[index].life = .stopping
            pass?.awaited.append(key)
            actions.append(.stop(key))
        case .starting(let purpose):
            pass?.awaited.append(key)
            // A group restart lets the start end first; a shutdown cannot wait for one that may hang.
            guard outcome != nil else { return }
            slots[index].life = .stopping
            answerInterruptedStart(purpose, &actions)
            actions.append(.stop(key))
        case .stopping:
            pass?.awaited.append(key)
        case .exited(let reason):
            // Its true reason is told, as an error only if it is one (R53); no extra restart is counted (R44).
            let isExpected = isExpected(reason, of: slots[index])
            actions.append(.report(isExpected ? .stopped(key, reason) : .shutdownError(key, reason)))
            setDownInPass(key, &actions)
        case .restarting:
            setDownInPass(key, &actions)
        case .down:
            if slots[index].restart == .temporary {
                remove(key, &actions)
            } else if outcome != nil {
                // Its place was kept open for a restart that does not come any more.
                actions.append(.close(key))
            }
        }
    }

    private mutating func answerInterruptedStart(_ purpose: StartPurpose, _ actions: inout [Action]) {
        switch purpose {
        case .add(let request), .bringBack(let request): actions.append(.reply(request, .refused(.shuttingDown)))
        case .pass, .restart: break
        }
    }

    /// Every child of the range is started, those that had no process before included (R43).
    private mutating func startInPass(_ key: ChildKey, _ actions: inout [Action]) {
        guard let index = index(of: key) else { return }
        guard case .down = slots[index].life else { return }
        slots[index].life = .starting(.pass)
        pass?.isStarting = true
        pass?.awaited.append(key)
        actions.append(.start(key))
    }

    private mutating func finishPass(_ kind: Pass.Kind, _ actions: inout [Action]) {
        switch kind {
        case .initial:
            isStarted = true
            actions.append(.started)
        case .group: break
        case .shutdown:
            if let outcome, !isFinished {
                isFinished = true
                actions.append(.finish(outcome))
            }
            return
        }
        resumeDeferred(&actions)
    }

    /// What came in during the pass is dealt with in the order in which it came, until something begins another pass.
    private mutating func resumeDeferred(_ actions: inout [Action]) {
        while pass == nil, outcome == nil, !deferred.isEmpty {
            perform(deferred.removeFirst(), &actions)
        }
    }

    mutating func perform(_ item: Deferred, _ actions: inout [Action]) {
        switch item {
        case .exit(let key):
            // Nothing is left to do when a pass has come to it meanwhile. It may have ended more than once.
            guard let slot = slot(of: key), case .exited(let reason) = slot.life else { return }
            exited(key, reason, &actions)
        case .retry(let key, let retry): attemptRetry(key, retry: retry, &actions)
        case .add(let key, let request):
            if let spec = additions.removeValue(forKey: key) { add(spec, key, request, &actions) }
        case .restart(let id, let request): restartChild(id, request, &actions)
        case .terminate(let id, let request): terminateChild(id, request, &actions)
        case .delete(let id, let request): deleteChild(id, request, &actions)
        case .reconfigure(let request):
            if let change = reconfigurations.removeValue(forKey: request) { apply(change, request, &actions) }
        }
    }

    /// The child that the pass may have waited for has come to rest.
    mutating func settled(_ key: ChildKey, _ actions: inout [Action]) {
        guard let position = pass?.awaited.firstIndex(of: key) else { return }
        pass?.awaited.remove(at: position)
        // One whose start the pass let end first is still to be stopped.
        if pass?.isStarting == false, let index = index(of: key), case .running = slots[index].life {
            if let start = pass?.toStop.startIndex { pass?.toStop.insert(key, at: start) }
        }
        advance(&actions)
    }
}

extension SupervisorState.Life {
    fileprivate var isRestarting: Bool {
        if case .restarting = self { return true }
        return false
    }
}
