/// Restarts: what counts, what is allowed, and what is tried again.
extension SupervisorState {
    /// One restart is due. It counts, also when it is another attempt after a failed one (R30, R32).
    ///
    /// - Parameter isPauseOver: whether the pause has passed that the child's own limit gave it.
    mutating func attemptRestart(
        _ key: ChildKey,
        _ reason: ExitReason,
        _ actions: inout [Action],
        isFirst: Bool,
        isPauseOver: Bool = false
    ) {
        guard let index = index(of: key) else { return }
        // Few have one, and to look for it takes as long as the rest.
        if !limits.isEmpty, let limit = limits[key]?.limit {
            let isWithinLimit = limits[key]?.history.note(at: now) ?? true
            if !isWithinLimit, !isPauseOver { return exceeded(limit, index, reason, &actions, isFirst: isFirst) }
        }
        guard history.note(at: now) else {
            return giveUp(index, reason, history.intensity, &actions, isFirst: isFirst)
        }
        // A later attempt follows a failed start, which has been reported as that.
        if isFirst { actions.append(.report(.ended(key, reason, next: .restartsNow))) }
        // The group's pass starts again what a failed start had held back.
        if !heldBack.isEmpty { heldBack[key] = nil }
        if strategy == .oneForOne {
            slots[index].life = .starting(.restart)
            actions.append(.start(key))
        } else {
            beginGroupRestart(of: key, &actions)
        }
    }

    /// The child would be restarted more often than its own limit allows (S6). That is no attempt, so the supervisor
    /// does not count it.
    private mutating func exceeded(
        _ limit: ChildLimit,
        _ index: Int,
        _ reason: ExitReason,
        _ actions: inout [Action],
        isFirst: Bool
    ) {
        let key = slots[index].key
        // What follows, a pause or the way back on request, begins a new count.
        limits[key]?.history = RestartHistory(limit.intensity)
        switch limit.consequence {
        case .escalate:
            giveUp(index, reason, limit.intensity, &actions, isFirst: isFirst)
        case .park:
            if isFirst { actions.append(.report(.ended(key, reason, next: .staysDown))) }
            actions.append(.report(.parked(key, reason, limit.intensity)))
            let waiting = heldBack[key] ?? []
            setDown(key, &actions)
            if !waiting.isEmpty { startHeldBack(waiting, &actions) }
        case .pause(let time):
            if isFirst { actions.append(.report(.ended(key, reason, next: .restartsAfter(time)))) }
            actions.append(.report(.paused(key, reason, limit.intensity, time)))
            awaitRetry(index, reason, after: time, &actions)
            limits[key]?.pause = nextRetry
        }
    }

    private mutating func giveUp(
        _ index: Int,
        _ reason: ExitReason,
        _ intensity: RestartIntensity,
        _ actions: inout [Action],
        isFirst: Bool
    ) {
        let (key, id) = (slots[index].key, slots[index].id)
        if isFirst { actions.append(.report(.ended(key, reason, next: .supervisorGivesUp))) }
        actions.append(.report(.gaveUp(key, reason, intensity)))
        remove(key, &actions)
        beginShutdown(.gaveUp(id, reason, intensity), &actions)
    }

    /// The delay that the child's back-off gives for its next attempt; nil when it has none.
    mutating func nextDelay(of index: Int) -> Duration? {
        guard let backoff = backoffs[slots[index].key] else { return nil }
        defer { slots[index].attempts += 1 }
        return backoff.delay(attempt: Int(slots[index].attempts), random: random).delay
    }

    /// Another attempt comes as a message to the supervisor itself, so that what waits in its mailbox is handled
    /// between attempts (R46).
    mutating func awaitRetry(
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
        var actions = spare.take()
        if pass == nil {
            attemptRetry(key, retry: retry, &actions)
        } else if outcome == nil {
            deferred.append(.retry(key, retry: retry))
        }
        return actions
    }

    mutating func attemptRetry(_ key: ChildKey, retry: Int, _ actions: inout [Action]) {
        guard let slot = slot(of: key), case .restarting(retry, let reason) = slot.life else { return }
        let isPauseOver = limits[key]?.pause == retry
        attemptRestart(key, reason, &actions, isFirst: false, isPauseOver: isPauseOver)
    }
}
