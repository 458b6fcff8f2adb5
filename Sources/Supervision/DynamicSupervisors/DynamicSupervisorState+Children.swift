/// What happens to single children.
extension DynamicSupervisorState {
    // MARK: Starts

    mutating func childStarted(
        _ key: ChildKey,
        incarnation: Int,
        info: StartInfo? = nil,
        now: RuntimeInstant
    ) -> [Action] {
        self.now = now
        var actions = spare.take()
        guard let slot = slots[key] else { return actions }
        switch slot.life {
        case .starting:
            actions.append(.report(.started(key, isRestart: false, onRequest: true)))
            answerStart(of: key, .started(key, info: info), &actions)
        case .restarting:
            slots[key]?.restarts += 1
            actions.append(.report(.started(key, isRestart: true, onRequest: false)))
        // One that is being stopped has said so too late; its end follows.
        case .running, .waiting, .stopping: return actions
        }
        slots[key]?.incarnation = Int32(truncatingIfNeeded: incarnation)
        if !paces.isEmpty { paces[key]?.runningSince = now }
        move(key, to: .running)
        return actions
    }

    mutating func childStartFailed(_ key: ChildKey, _ error: any Error, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions = spare.take()
        if error is Ignore {
            startIgnored(key, &actions)
        } else {
            startFailed(key, error, &actions)
        }
        return actions
    }

    /// The child has nothing to do: nothing is kept of it, also when it was started again (R12, R45).
    private mutating func startIgnored(_ key: ChildKey, _ actions: inout [Action]) {
        guard let slot = slots[key] else { return }
        switch slot.life {
        case .starting, .restarting:
            actions.append(.report(.ignored(key, next: .removed)))
            // Answered while the child is still known: it is dropped.
            answerStart(of: key, .ignored(key), &actions)
            remove(key, &actions)
        case .stopping:
            childStopped(key, .shutdown, isAbandoned: false, &actions)
        case .running, .waiting: break
        }
    }

    private mutating func startFailed(_ key: ChildKey, _ error: any Error, _ actions: inout [Action]) {
        guard let slot = slots[key] else { return }
        switch slot.life {
        case .starting:
            // Nothing is kept of a child that could not be started (R12, R15, R83).
            answerStart(of: key, .failed(error), &actions)
            remove(key, &actions)
        case .restarting:
            actions.append(.report(.startFailed(key, error, willRetry: true)))
            awaitRetry(key, .error(error), after: nextDelay(of: key) ?? .zero, &actions)
        case .stopping:
            childStopped(key, .shutdown, isAbandoned: false, &actions)
        case .running, .waiting: break
        }
    }

    // MARK: Ends

    mutating func childEnded(
        _ key: ChildKey,
        incarnation: Int,
        _ reason: ExitReason,
        askedFor: Duration,
        isAbandoned: Bool,
        now: RuntimeInstant
    ) -> [Action] {
        self.now = now
        var actions = spare.take()
        guard let slot = slots[key] else { return actions }
        var isFatal = false
        if isAbandoned {
            zombies[key, default: 0] += 1
            zombieCount += 1
            actions.append(.report(.unstoppable(key, askedFor: askedFor)))
            switch slot.unstoppablePolicy {
            case .abandon: break
            case .abortProcess: actions.append(.abortProcess(key))
            case .escalate: isFatal = escalate(key, &actions)
            }
        }
        switch slot.life {
        case .stopping: childStopped(key, reason, isAbandoned: isAbandoned, &actions)
        case .restarting where isFatal:
            actions.append(.report(.startFailed(key, Exit(reason), willRetry: false)))
            remove(key, &actions)
        case .starting, .restarting: startFailed(key, Exit(reason), &actions)
        case .running where isFatal:
            actions.append(.report(.ended(key, reason, next: .supervisorGivesUp)))
            remove(key, &actions)
        case .running where slot.incarnation == Int32(truncatingIfNeeded: incarnation):
            healPace(of: key)
            exited(key, slot, reason, &actions)
        case .running, .waiting: break
        }
        if isFatal { beginShutdown(.unstoppable, &actions) }
        return actions
    }

    /// The child was given up, and its supervisor is to fail for it (S3). False when it is on its way down already: it
    /// then merely ends with the error.
    private mutating func escalate(_ key: ChildKey, _ actions: inout [Action]) -> Bool {
        switch outcome {
        case nil:
            actions.append(.noteCulprit(key))
            return true
        // It ends with an error anyway, which stays the reason.
        case .stopped(.error), .unstoppable: return false
        case .stopped, .gaveUp:
            actions.append(.noteCulprit(key))
            outcome = .unstoppable
            return false
        }
    }

    /// A child that was asked to stop is gone. When all are stopped, it is told of with the others (R55), unless it was
    /// told of alone, because it was given up.
    private mutating func childStopped(
        _ key: ChildKey,
        _ reason: ExitReason,
        isAbandoned: Bool,
        _ actions: inout [Action]
    ) {
        guard let slot = slots[key] else { return }
        let isExpected = reason.isExpected(ofStopped: slot.restart)
        if outcome == nil {
            actions.append(.report(isExpected ? .stopped(key, reason) : .shutdownError(key, reason)))
        } else if !isAbandoned {
            note(reason, isExpected)
        }
        remove(key, &actions)
    }

    private mutating func note(_ reason: ExitReason, _ isExpected: Bool) {
        // Most of very many, as a rule; to put it into words would take as long as the rest of what is done for one.
        if case .shutdown = reason, isExpected { return stoppedAsAsked += 1 }
        note(reason, isExpected, count: 1)
    }

    /// Moves those over that have ended just as they were asked to.
    mutating func noteStoppedAsAsked() {
        if stoppedAsAsked > 0 { note(.shutdown, true, count: stoppedAsAsked) }
        stoppedAsAsked = 0
    }

    private mutating func note(_ reason: ExitReason, _ isExpected: Bool, count: Int) {
        let words = "\(isExpected ? 0 : 1) \(reason)"
        stopped[words, default: StoppedGroup(reason: reason, isExpected: isExpected, count: 0)].count += count
    }

    mutating func zombieEnded(_ key: ChildKey) -> [Action] {
        guard let count = zombies[key] else { return [] }
        zombies[key] = count > 1 ? count - 1 : nil
        zombieCount -= 1
        let isLast = count == 1 && slots[key] == nil
        return [.report(.zombieEnded(key))] + (isLast ? [.forget(key)] : [])
    }

    /// A child ended by itself: the table of R20.
    private mutating func exited(_ key: ChildKey, _ slot: Slot, _ reason: ExitReason, _ actions: inout [Action]) {
        let isRestarted =
            switch slot.restart {
            case .permanent: true
            case .transient: !reason.isClean
            case .temporary: false
            }
        guard isRestarted else {
            actions.append(.report(.ended(key, reason, next: .removed)))
            return remove(key, &actions)
        }
        if let delay = nextDelay(of: key) {
            actions.append(.report(.ended(key, reason, next: .restartsAfter(delay))))
            awaitRetry(key, reason, after: delay, &actions)
        } else {
            attemptRestart(key, reason, isFirst: true, &actions)
        }
    }

    // MARK: Restarts

    /// One restart is due. It counts, also when it is another attempt after a failed one (R30, R32).
    ///
    /// - Parameter isPauseOver: whether the pause has passed that the child's own limit gave it.
    private mutating func attemptRestart(
        _ key: ChildKey,
        _ reason: ExitReason,
        isFirst: Bool,
        isPauseOver: Bool = false,
        _ actions: inout [Action]
    ) {
        let isWithinLimit = limits.isEmpty || limits[key]?.history.note(at: now) ?? true
        if !isWithinLimit, !isPauseOver, let limit = limits[key]?.limit {
            return exceeded(limit, key, reason, isFirst: isFirst, &actions)
        }
        guard history.note(at: now) else {
            return giveUp(key, reason, history.intensity, isFirst: isFirst, &actions)
        }
        // A later attempt follows a failed start, which has been reported as that.
        if isFirst { actions.append(.report(.ended(key, reason, next: .restartsNow))) }
        move(key, to: .restarting)
        actions.append(.start(key))
    }

    /// The child would be restarted more often than its own limit allows (S6). That is no attempt, so the supervisor
    /// does not count it.
    private mutating func exceeded(
        _ limit: ChildLimit,
        _ key: ChildKey,
        _ reason: ExitReason,
        isFirst: Bool,
        _ actions: inout [Action]
    ) {
        // The attempt after the pause begins a new count.
        limits[key]?.history = RestartHistory(limit.intensity)
        switch limit.consequence {
        case .pause(let time):
            if isFirst { actions.append(.report(.ended(key, reason, next: .restartsAfter(time)))) }
            actions.append(.report(.paused(key, reason, limit.intensity, time)))
            awaitRetry(key, reason, after: time, &actions)
            limits[key]?.pause = nextRetry
        // A specification that asks to be parked is refused: no child stays that is down.
        case .escalate, .park:
            giveUp(key, reason, limit.intensity, isFirst: isFirst, &actions)
        }
    }

    private mutating func giveUp(
        _ key: ChildKey,
        _ reason: ExitReason,
        _ intensity: RestartIntensity,
        isFirst: Bool,
        _ actions: inout [Action]
    ) {
        if isFirst { actions.append(.report(.ended(key, reason, next: .supervisorGivesUp))) }
        actions.append(.report(.gaveUp(key, reason, intensity)))
        actions.append(.noteCulprit(key))
        remove(key, &actions)
        beginShutdown(.gaveUp(reason, intensity), &actions)
    }

    /// The delay that the child's back-off gives for its next attempt; nil when it has none.
    private mutating func nextDelay(of key: ChildKey) -> Duration? {
        guard !paces.isEmpty, let pace = paces[key] else { return nil }
        paces[key]?.attempts += 1
        return pace.backoff.delay(attempt: pace.attempts, random: random).delay
    }

    /// Attempts count from zero again when the child has run for long enough (S7).
    private mutating func healPace(of key: ChildKey) {
        guard !paces.isEmpty, let pace = paces[key] else { return }
        let healthy = pace.backoff.healthyAfter ?? pace.backoff.cap
        if pace.runningSince.duration(to: now) >= healthy { paces[key]?.attempts = 0 }
    }

    /// Another attempt comes as a message to the supervisor itself, so that what waits in its mailbox is handled
    /// between attempts (R46).
    private mutating func awaitRetry(
        _ key: ChildKey,
        _ reason: ExitReason,
        after delay: Duration,
        _ actions: inout [Action]
    ) {
        nextRetry += 1
        retries[key] = Retry(number: nextRetry, reason: reason)
        move(key, to: .waiting)
        actions.append(.scheduleRetry(key, retry: nextRetry, after: delay))
    }

    /// The time for another attempt has come. One for a child that no longer waits for it is dropped (R48).
    mutating func retry(_ key: ChildKey, retry: Int, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions = spare.take()
        guard let waiting = retries[key], waiting.number == retry else { return actions }
        retries[key] = nil
        let isPauseOver = limits[key]?.pause == retry
        attemptRestart(key, waiting.reason, isFirst: false, isPauseOver: isPauseOver, &actions)
        return actions
    }
}
