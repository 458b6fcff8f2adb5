/// What happens to single children, and what is asked about them.
extension SupervisorState {
    // MARK: Starts

    mutating func childStarted(
        _ key: ChildKey,
        incarnation: Int,
        info: StartInfo? = nil,
        now: RuntimeInstant
    ) -> [Action] {
        self.now = now
        var actions = spare.take()
        // One that is being stopped has said so too late; its end follows. So has one that was given up as it said so, and
        // may even have been started again.
        guard let index = index(of: key), slots[index].over < incarnation else { return actions }
        guard case .starting(let purpose) = slots[index].life else { return actions }
        slots[index].life = .running(incarnation: incarnation)
        slots[index].runningSince = now
        let isRestart = incarnation > 1 && (purpose == .pass || purpose == .restart)
        if isRestart { slots[index].restarts += 1 }
        switch purpose {
        case .pass, .restart:
            actions.append(.report(.started(key, isRestart: isRestart, onRequest: false)))
        case .add(let request), .bringBack(let request):
            actions.append(.report(.started(key, isRestart: false, onRequest: true)))
            actions.append(.reply(request, .started(.running(info: info?.value))))
            refuseFollowers(of: key, &actions)
        }
        settleHeldUpEnd(&actions)
        settled(key, &actions)
        return actions
    }

    mutating func childStartFailed(_ key: ChildKey, _ error: any Error, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions = spare.take()
        guard let index = index(of: key) else { return actions }
        switch slots[index].life {
        case .stopping:
            childStopped(key, .shutdown, askedFor: .zero, &actions)
        case .starting(let purpose):
            if error is Ignore {
                startIgnored(key, purpose, &actions)
            } else {
                startFailed(key, error, purpose, &actions)
            }
        case .down, .running, .exited, .restarting: break
        }
        return actions
    }

    /// The child has nothing to do: it stays down, nothing is tried again, and a pass goes on (R12).
    private mutating func startIgnored(_ key: ChildKey, _ purpose: StartPurpose, _ actions: inout [Action]) {
        let isKept = slot(of: key)?.restart != .temporary
        actions.append(.report(.ignored(key, next: isKept ? .staysDown : .removed)))
        setDown(key, &actions)
        switch purpose {
        case .add(let request), .bringBack(let request):
            actions.append(.reply(request, .started(.ignored)))
            settleHeldUpEnd(&actions)
            resumeFollowers(of: key, &actions)
        case .pass, .restart: settleHeldUpEnd(&actions)
        }
        settled(key, &actions)
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
            actions.append(.reply(request, .refused(SupervisorError(startOf: id, error))))
            settleHeldUpEnd(&actions)
            resumeFollowers(of: key, &actions)
            settled(key, &actions)
        case .bringBack(let request):
            // No retry (R71).
            slots[index].life = .down
            actions.append(.close(key))
            actions.append(.reply(request, .refused(SupervisorError(startOf: slots[index].id, error))))
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
            if let current = pass, current.awaited.contains(key) {
                guard current.isStarting else {
                    // The pass only let an earlier start end first, and starts the child again itself.
                    setDownInPass(key, &actions)
                    return settled(key, &actions)
                }
                // Those after it in the pass stay without a process; the retry begins with this child (R47).
                for other in current.toStart { actions.append(.close(other)) }
                if !current.toStart.isEmpty { heldBack[key] = Array(current.toStart) }
                pass?.toStart = []
            }
            awaitRetry(index, .error(error), after: nextDelay(of: index) ?? .zero, &actions)
            settleHeldUpEnd(&actions)
            settled(key, &actions)
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
        var actions = spare.take()
        guard let index = index(of: key) else { return actions }
        slots[index].over = max(slots[index].over, Int32(clamping: incarnation))
        if isAbandoned {
            slots[index].zombies += 1
            actions.append(.report(.unstoppable(key, askedFor: askedFor)))
            switch slots[index].unstoppablePolicy {
            case .abandon: break
            case .abortProcess: actions.append(.abortProcess(key))
            case .escalate:
                let isDealtWith = escalate(index, incarnation: incarnation, reason, askedFor: askedFor, &actions)
                if isDealtWith { return actions }
            }
        }
        switch slots[index].life {
        case .stopping:
            childStopped(key, reason, askedFor: askedFor, &actions)
        case .starting(let purpose):
            startFailed(key, reason.startError, purpose, &actions)
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
    mutating func childStopped(
        _ key: ChildKey,
        _ reason: ExitReason,
        askedFor: Duration,
        _ actions: inout [Action]
    ) {
        guard let index = index(of: key) else { return }
        let isExpected = isExpected(reason, of: slots[index])
        actions.append(.report(isExpected ? .stopped(key, reason) : .shutdownError(key, reason)))
        setDownInPass(key, &actions)
        if !terminations.isEmpty {
            for request in terminations.removeValue(forKey: key) ?? [] { actions.append(.reply(request, .done)) }
        }
        resumeFollowers(of: key, &actions)
        settled(key, &actions)
    }

    /// Whether a child that was asked to stop may end like this without a report (R53).
    func isExpected(_ reason: ExitReason, of slot: Slot) -> Bool {
        reason.isExpected(ofStopped: slot.restart)
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
            case .down, .stopping, .starting(.add), .starting(.bringBack), .starting(.restart): return false
            case .starting(.pass), .running, .exited, .restarting: return true
            }
        }
    }

    private func startsSignificant(besides key: ChildKey) -> Bool {
        slots.contains { other in
            guard other.isSignificant, other.key != key else { return false }
            switch other.life {
            case .starting(.add), .starting(.bringBack), .starting(.restart): return true
            case .down, .starting(.pass), .running, .exited, .restarting, .stopping: return false
            }
        }
    }

    /// A start outside of a pass has turned out one way or the other: does the child still keep the supervisor?
    private mutating func settleHeldUpEnd(_ actions: inout [Action]) {
        // Looked at first, as to take it apart takes longer than all the rest.
        guard case .some = heldUpEnd else { return }
        guard let (key, id) = heldUpEnd, !startsSignificant(besides: key) else { return }
        heldUpEnd = nil
        if outcome != nil || keepsSupervisor(besides: key) { return }
        actions.append(.report(.autoShutdown(key)))
        beginShutdown(.autoShutdown(id), &actions)
    }
}

extension ExitReason {
    /// Whether a child of that restart type that was asked to stop may end like this without a report (R53).
    func isExpected(ofStopped restart: Restart) -> Bool {
        switch self {
        case .shutdown: true
        case .normal, .shutdownWith: restart != .permanent
        case .error: false
        // Reported as such already.
        case .unstoppable: true
        }
    }
}
