/// What happens to single children, and what is asked about them.
extension SupervisorState {
    // MARK: Starts

    mutating func childStarted(_ key: ChildKey, incarnation: Int, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions: [Action] = []
        // One that is being stopped has said so too late; its end follows.
        guard let index = index(of: key), case .starting(let purpose) = slots[index].life else { return actions }
        slots[index].life = .running(incarnation: incarnation)
        slots[index].runningSince = now
        let isRestart = incarnation > 1 && (purpose == .pass || purpose == .restart)
        if isRestart { slots[index].restarts += 1 }
        switch purpose {
        case .pass, .restart:
            actions.append(.report(.started(key, isRestart: isRestart, onRequest: false)))
        case .add(let request), .bringBack(let request):
            actions.append(.report(.started(key, isRestart: false, onRequest: true)))
            actions.append(.reply(request, nil))
            refuseFollowers(of: key, &actions)
            settleHeldUpEnd(&actions)
        }
        settled(key, &actions)
        return actions
    }

    mutating func childStartFailed(_ key: ChildKey, _ error: any Error, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions: [Action] = []
        guard let index = index(of: key) else { return actions }
        switch slots[index].life {
        case .stopping:
            childStopped(key, .shutdown, askedFor: .zero, &actions)
        case .starting(let purpose):
            startFailed(key, error, purpose, &actions)
        case .down, .running, .exited, .restarting: break
        }
        return actions
    }

    private mutating func startFailed(
        _ key: ChildKey,
        _ error: any Error,
        _ purpose: StartPurpose,
        _ actions: inout [Action]
    ) {
        guard let index = index(of: key) else { return }
        switch purpose {
        case .add(let request):
            // The specification of a child that could not be added is not kept (R15).
            let id = slots[index].id
            remove(key, &actions)
            actions.append(.reply(request, refusal(of: id, error)))
            settleHeldUpEnd(&actions)
            resumeFollowers(of: key, &actions)
            settled(key, &actions)
        case .bringBack(let request):
            // No retry (R71).
            slots[index].life = .down
            actions.append(.close(key))
            actions.append(.reply(request, refusal(of: slots[index].id, error)))
            settleHeldUpEnd(&actions)
            resumeFollowers(of: key, &actions)
            settled(key, &actions)
        case .pass where pass?.kind == .initial:
            // No retry at the first start: what runs is rolled back (R13).
            let id = slots[index].id
            slots[index].life = .down
            actions.append(.report(.startFailed(key, error, willRetry: false)))
            actions.append(.close(key))
            beginShutdown(.startFailed(id, error), &actions)
        case .pass, .restart:
            guard outcome == nil else {
                actions.append(.report(.startFailed(key, error, willRetry: false)))
                setDown(key, &actions)
                return settled(key, &actions)
            }
            actions.append(.report(.startFailed(key, error, willRetry: true)))
            // Those after it in the pass stay without a process; the retry begins with this child (R47).
            if let current = pass, current.awaited == key {
                for other in current.toStart { actions.append(.close(other)) }
                pass?.toStart = []
            }
            awaitRetry(index, .error(error), after: nextDelay(of: index) ?? .zero, &actions)
            settled(key, &actions)
        }
    }

    /// A name that is taken is told bare (R15).
    private func refusal(of id: ChildID, _ error: any Error) -> SupervisorError {
        switch error as? SupervisorError {
        case .nameTaken(let name, let path): .nameTaken(name, path: path)
        case .keyTaken(let key, let path, let holder): .keyTaken(key, path: path, holder: holder)
        default: .startFailed(id, error)
        }
    }

    // MARK: Ends

    mutating func childEnded(
        _ key: ChildKey,
        incarnation: Int,
        _ reason: ExitReason,
        askedFor: Duration,
        isAbandoned: Bool = false,
        now: RuntimeInstant
    ) -> [Action] {
        self.now = now
        var actions: [Action] = []
        guard let index = index(of: key) else { return actions }
        if isAbandoned || reason.isUnstoppable {
            slots[index].zombies += 1
            actions.append(.report(.unstoppable(key, askedFor: askedFor)))
        }
        switch slots[index].life {
        case .stopping:
            childStopped(key, reason, askedFor: askedFor, &actions)
        case .starting(let purpose):
            startFailed(key, Exit(reason), purpose, &actions)
        case .running(incarnation):
            let cap = backoffs[key].map { $0.healthyAfter ?? $0.cap }
            if let cap, slots[index].runningSince.duration(to: now) >= cap { slots[index].attempts = 0 }
            if pass == nil, outcome == nil {
                exited(key, reason, &actions)
            } else {
                slots[index].life = .exited(reason)
                deferred.append(.exit(key))
            }
        case .running, .down, .exited, .restarting: break
        }
        return actions
    }

    /// A child that was asked to stop is gone.
    private mutating func childStopped(
        _ key: ChildKey,
        _ reason: ExitReason,
        askedFor: Duration,
        _ actions: inout [Action]
    ) {
        guard let slot = slot(of: key) else { return }
        actions.append(.report(isExpected(reason, of: slot) ? .stopped(key, reason) : .shutdownError(key, reason)))
        setDownInPass(key, &actions)
        for request in terminations.removeValue(forKey: key) ?? [] { actions.append(.reply(request, nil)) }
        resumeFollowers(of: key, &actions)
        settled(key, &actions)
    }

    /// Whether a child that was asked to stop may end like this without a report (R53).
    func isExpected(_ reason: ExitReason, of slot: Slot) -> Bool {
        switch reason {
        case .shutdown: true
        case .normal, .shutdownWith: slot.restart != .permanent
        case .error: false
        // Reported as such already.
        case .unstoppable: true
        }
    }

    mutating func zombieEnded(_ key: ChildKey) -> [Action] {
        if let count = departed[key] {
            departed[key] = count > 1 ? count - 1 : nil
            return [.report(.zombieEnded(key))] + (count > 1 ? [] : [.forget(key)])
        }
        guard let index = index(of: key), slots[index].zombies > 0 else { return [] }
        slots[index].zombies -= 1
        return [.report(.zombieEnded(key))]
    }

    /// A child ended by itself: the table of R20.
    mutating func exited(_ key: ChildKey, _ reason: ExitReason, _ actions: inout [Action]) {
        guard let index = index(of: key) else { return }
        let slot = slots[index]
        let isRestarted: Bool
        switch slot.restart {
        case .permanent: isRestarted = true
        case .transient: isRestarted = !reason.isClean
        case .temporary: isRestarted = false
        }
        guard isRestarted else {
            let next: SupervisionEvent.Consequence = slot.restart == .temporary ? .removed : .staysDown
            actions.append(.report(.ended(key, reason, next: next)))
            let endsSupervisor = isAutoShutdown(after: slot)
            // Told while the child is still known: a temporary one is dropped.
            if endsSupervisor { actions.append(.report(.autoShutdown(key))) }
            setDown(key, &actions)
            if endsSupervisor { beginShutdown(.autoShutdown(slot.id), &actions) }
            return
        }
        if let delay = nextDelay(of: index) {
            actions.append(.report(.ended(key, reason, next: .restartsAfter(delay))))
            awaitRetry(index, reason, after: delay, &actions)
        } else {
            attemptRestart(key, reason, &actions, isFirst: true)
        }
    }

    private mutating func isAutoShutdown(after slot: Slot) -> Bool {
        guard slot.isSignificant, outcome == nil else { return false }
        switch autoShutdown {
        case .never: return false
        case .anySignificant: return true
        case .allSignificant:
            if keepsSupervisor(besides: slot.key) { return false }
            guard startsSignificant(besides: slot.key) else { return true }
            heldUpEnd = (slot.key, slot.id)
            return false
        }
    }

    private func keepsSupervisor(besides key: ChildKey) -> Bool {
        slots.contains { other in
            guard other.isSignificant, other.key != key else { return false }
            switch other.life {
            // One that is stopped on request triggers nothing itself (R60), so nobody would ask again.
            case .down, .stopping, .starting(.add), .starting(.bringBack): return false
            case .starting(.pass), .starting(.restart), .running, .exited, .restarting: return true
            }
        }
    }

    private func startsSignificant(besides key: ChildKey) -> Bool {
        slots.contains { other in
            guard other.isSignificant, other.key != key else { return false }
            switch other.life {
            case .starting(.add), .starting(.bringBack): return true
            case .down, .starting, .running, .exited, .restarting, .stopping: return false
            }
        }
    }

    /// A start that was asked for has turned out one way or the other: does it still keep the supervisor?
    private mutating func settleHeldUpEnd(_ actions: inout [Action]) {
        guard let (key, id) = heldUpEnd, !startsSignificant(besides: key) else { return }
        heldUpEnd = nil
        if outcome != nil || keepsSupervisor(besides: key) { return }
        actions.append(.report(.autoShutdown(key)))
        beginShutdown(.autoShutdown(id), &actions)
    }

    // MARK: Restarts

    /// One restart is due. It counts, also when it is another attempt after a failed one (R30, R32).
    private mutating func attemptRestart(
        _ key: ChildKey,
        _ reason: ExitReason,
        _ actions: inout [Action],
        isFirst: Bool
    ) {
        guard let index = index(of: key) else { return }
        let isAllowed = history.note(at: now)
        // A later attempt follows a failed start, which has been reported as that.
        if isFirst { actions.append(.report(.ended(key, reason, next: isAllowed ? .restartsNow : .supervisorGivesUp))) }
        guard isAllowed else {
            let id = slots[index].id
            actions.append(.report(.gaveUp(key, reason)))
            remove(key, &actions)
            beginShutdown(.gaveUp(id, reason), &actions)
            return
        }
        if strategy == .oneForOne {
            slots[index].life = .starting(.restart)
            actions.append(.start(key))
        } else {
            beginGroupRestart(of: key, &actions)
        }
    }

    /// The delay that the child's back-off gives for its next attempt; nil when it has none.
    private mutating func nextDelay(of index: Int) -> Duration? {
        guard let backoff = backoffs[slots[index].key] else { return nil }
        defer { slots[index].attempts += 1 }
        return backoff.delay(attempt: Int(slots[index].attempts), random: random).delay
    }

    /// Another attempt comes as a message to the supervisor itself, so that what waits in its mailbox is handled
    /// between attempts (R46).
    private mutating func awaitRetry(
        _ index: Int,
        _ reason: ExitReason,
        after delay: Duration,
        _ actions: inout [Action]
    ) {
        nextRetry += 1
        slots[index].life = .restarting(retry: nextRetry, after: reason)
        actions.append(.scheduleRetry(slots[index].key, retry: nextRetry, after: delay))
    }

    /// The time for another attempt has come. One for a child that is no longer restarting is dropped (R48).
    mutating func retry(_ key: ChildKey, retry: Int, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions: [Action] = []
        if pass == nil {
            attemptRetry(key, retry: retry, &actions)
        } else if outcome == nil {
            deferred.append(.retry(key, retry: retry))
        }
        return actions
    }

    mutating func attemptRetry(_ key: ChildKey, retry: Int, _ actions: inout [Action]) {
        guard let slot = slot(of: key), case .restarting(retry, let reason) = slot.life else { return }
        attemptRestart(key, reason, &actions, isFirst: false)
    }
}

extension ExitReason {
    fileprivate var isUnstoppable: Bool {
        if case .unstoppable = self { return true }
        return false
    }
}
