/// The pure state of a dynamic supervisor: what it decides, without a clock, a task or a place.
///
/// Its children have nothing to do with each other: there is no order, no pass, and no child that is down. Each event
/// concerns one child, which is found by its key, and costs the same however many children there are. Only the shutdown
/// goes through all of them, once.
///
/// | Life | Meaning | Can become |
/// |---|---|---|
/// | `starting` | its first start runs, and somebody waits for it | running, stopping, gone |
/// | `running` | it runs | restarting, waiting, stopping, gone |
/// | `waiting` | it waits for another attempt (R46, S7) | restarting, gone |
/// | `restarting` | another start of it runs | running, waiting, stopping, gone |
/// | `stopping` | it was asked to stop | gone |
///
/// Invariants: what is known of a child beside its slot is kept in tables of its own, and leaves with the slot; the
/// counts agree with the slots. Once `outcome` is set no child is started any more, and each child that is left is
/// `stopping`. `finish` is the last action, and it comes when no child is left.
struct DynamicSupervisorState: Sendable {
    enum Life: UInt8, Sendable {
        case starting, running, waiting, restarting, stopping

        /// Whether it has a process (R74).
        var isActive: Bool { self == .running || self == .stopping }
    }

    /// One child. There may be very many, so this holds no more than each of them needs.
    struct Slot: Sendable {
        var life = Life.starting
        let restart: Restart
        let isSupervisor: Bool
        let unstoppablePolicy: UnstoppablePolicy
        var incarnation: Int32 = 0
        /// How often it has been started again.
        var restarts: Int32 = 0
    }

    /// What a child's specification tells the machine.
    struct Spec: Sendable {
        var restart = Restart.permanent
        var isSupervisor = false
        var backoff: Backoff?
        var limit: ChildLimit?
        var unstoppablePolicy = UnstoppablePolicy.abandon
    }

    /// How far the back-off of a child has got.
    struct Pace: Sendable {
        let backoff: Backoff
        var attempts = 0
        var runningSince = RuntimeInstant.origin
    }

    /// The attempt that a child waits for, and what it follows. The number tells it from older ones.
    struct Retry: Sendable {
        var number: Int
        var reason: ExitReason
    }

    typealias RequestID = SupervisorState.RequestID
    typealias Report = SupervisorState.Report

    /// How the supervisor ends.
    enum Outcome: Sendable {
        case stopped(ExitReason)
        /// With the limit that it was too much for: the supervisor's, or the child's own.
        case gaveUp(ExitReason, RestartIntensity)
        /// A child could not be stopped (S3).
        case unstoppable
    }

    /// What a request is told.
    enum Answer: Sendable {
        case done
        /// There is no such child (any more).
        case unknown
        /// The child runs, with what its start had to tell (R11).
        case started(ChildKey, info: StartInfo?)
        /// The child's start said that there is nothing to do, and nothing is kept (R12).
        case ignored(ChildKey)
        case refused(SupervisorError)
        /// The child could not be started, for this.
        case failed(any Error)
    }

    enum Action: Sendable {
        case start(ChildKey)
        case stop(ChildKey)
        /// In this order, and none after the other.
        case stopAll([ChildKey])
        /// Come back with `retry` after the delay.
        case scheduleRetry(ChildKey, retry: Int, after: Duration)
        /// The child is gone: its mail fails, its name is free. Its place is still to tell of a zombie's end.
        case close(ChildKey)
        /// The child and its place are dropped.
        case forget(ChildKey)
        case reply(RequestID, Answer)
        case report(Report)
        /// What is told at once of several children that were stopped (R55).
        case reportStopped(StoppedGroup)
        /// The supervisor will end because of this child, which is about to be dropped.
        case noteCulprit(ChildKey)
        /// The process ends here, because of this child (S3).
        case abortProcess(ChildKey)
        case finish(Outcome)
    }

    /// Children that ended in the same way when they were all asked to stop.
    struct StoppedGroup: Sendable {
        var reason: ExitReason
        var isExpected: Bool
        var count: Int
    }

    /// How many children there may be; nil for any number.
    let maxChildren: Int?
    /// Where the jitter of a back-off comes from.
    var random: @Sendable (ClosedRange<Double>) -> Double
    /// When the event came that is being dealt with.
    var now = RuntimeInstant.origin
    var history: RestartHistory
    var slots: [ChildKey: Slot] = [:]
    /// Who waits for a first start.
    var starts: [ChildKey: RequestID] = [:]
    /// Who waits for a child to stop.
    var terminations: [ChildKey: [RequestID]] = [:]
    var retries: [ChildKey: Retry] = [:]
    /// Of the children that have a back-off.
    var paces: [ChildKey: Pace] = [:]
    /// Of the children that have a limit of their own (S6).
    var limits: [ChildKey: SupervisorState.LimitState] = [:]
    /// Incarnations that were given up and have not ended yet, also of children that are gone (S3).
    var zombies: [ChildKey: Int] = [:]
    /// What is to be told when all are stopped, by how it reads.
    var stopped: [String: StoppedGroup] = [:]
    /// How many of them have ended by a shutdown, and were to, and are not among those yet.
    var stoppedAsAsked = 0
    var nextKey = 1
    var nextRetry = 0
    private(set) var activeCount = 0
    private(set) var supervisorCount = 0
    var zombieCount = 0
    /// Set once the supervisor is on its way down.
    var outcome: Outcome?
    var isFinished = false
    var spare = SpareActions<Action>()

    init(
        maxChildren: Int? = nil,
        intensity: RestartIntensity = RestartIntensity(3, within: .seconds(5)),
        random: @escaping @Sendable (ClosedRange<Double>) -> Double = { $0.upperBound }
    ) {
        self.maxChildren = maxChildren
        self.random = random
        history = RestartHistory(intensity)
    }

    // MARK: Slots

    mutating func makeKey() -> ChildKey {
        defer { nextKey += 1 }
        return ChildKey(number: nextKey)
    }

    mutating func insert(_ spec: Spec, _ key: ChildKey) {
        slots[key] = Slot(
            restart: spec.restart,
            isSupervisor: spec.isSupervisor,
            unstoppablePolicy: spec.unstoppablePolicy
        )
        if spec.isSupervisor { supervisorCount += 1 }
        if let backoff = spec.backoff { paces[key] = Pace(backoff: backoff) }
        if let limit = spec.limit { limits[key] = SupervisorState.LimitState(limit) }
    }

    /// Moves a child on. Its slot is there.
    mutating func move(_ key: ChildKey, to life: Life) {
        guard let index = slots.index(forKey: key) else { return }
        let former = slots.values[index].life
        slots.values[index].life = life
        activeCount += (life.isActive ? 1 : 0) - (former.isActive ? 1 : 0)
    }

    /// The child is gone for good; there is none that is merely down.
    mutating func remove(_ key: ChildKey, _ actions: inout [Action]) {
        guard let slot = slots.removeValue(forKey: key) else { return }
        if slot.life.isActive { activeCount -= 1 }
        if slot.isSupervisor { supervisorCount -= 1 }
        // Most of these are empty, and need not be searched.
        if !starts.isEmpty { starts[key] = nil }
        if !retries.isEmpty { retries[key] = nil }
        if !paces.isEmpty { paces[key] = nil }
        if !limits.isEmpty { limits[key] = nil }
        // The place of a zombie is kept, so that its end can be told.
        actions.append(zombies.isEmpty || zombies[key] == nil ? .forget(key) : .close(key))
        if !terminations.isEmpty {
            for request in terminations.removeValue(forKey: key) ?? [] { actions.append(.reply(request, .done)) }
        }
        releaseUnusedMemory()
        finishIfDone(&actions)
    }

    /// Gives memory back after a peak, which a dictionary does not do by itself.
    private mutating func releaseUnusedMemory() {
        if slots.isEmpty, slots.capacity > 1_024 { slots = [:] }
    }

    private mutating func finishIfDone(_ actions: inout [Action]) {
        guard let outcome, slots.isEmpty, !isFinished else { return }
        isFinished = true
        noteStoppedAsAsked()
        // In an order that does not depend on chance.
        for (_, group) in stopped.sorted(by: { $0.key < $1.key }) { actions.append(.reportStopped(group)) }
        stopped = [:]
        actions.append(.finish(outcome))
    }
}

// MARK: - Requests and the shutdown

extension DynamicSupervisorState {
    mutating func add(_ spec: Spec, key: ChildKey, _ request: RequestID, now: RuntimeInstant) -> [Action] {
        self.now = now
        if outcome != nil { return [.forget(key), .reply(request, .refused(.shuttingDown))] }
        // Those that start count, too: starts run side by side, and could all find room otherwise (R80).
        if let maxChildren, slots.count >= maxChildren {
            return [.forget(key), .reply(request, .refused(.tooManyChildren(limit: maxChildren)))]
        }
        insert(spec, key)
        starts[key] = request
        var actions = spare.take()
        actions.append(.start(key))
        return actions
    }

    /// A child is to stop for good. One that waits for another attempt is removed at once (R72).
    mutating func terminate(_ key: ChildKey, _ request: RequestID, now: RuntimeInstant) -> [Action] {
        self.now = now
        var actions = spare.take()
        guard let life = slots[key]?.life else { return [.reply(request, .unknown)] }
        terminations[key, default: []].append(request)
        switch life {
        case .waiting:
            remove(key, &actions)
        case .starting, .running, .restarting:
            answerStart(of: key, .failed(Exit(.shutdown)), &actions)
            move(key, to: .stopping)
            actions.append(.stop(key))
        case .stopping: break
        }
        return actions
    }

    /// The supervisor is to end: all children are asked to stop at once (R55).
    mutating func stop(_ outcome: Outcome) -> [Action] {
        var actions = spare.take()
        beginShutdown(outcome, &actions)
        return actions
    }

    mutating func beginShutdown(_ outcome: Outcome, _ actions: inout [Action]) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        var stopping: [ChildKey] = []
        var waiting: [ChildKey] = []
        stopping.reserveCapacity(slots.count)
        // As they lie in memory: to look each up would be most of what the shutdown of very many takes.
        for index in slots.indices {
            switch slots.values[index].life {
            case .starting, .running, .restarting:
                if !slots.values[index].life.isActive { activeCount += 1 }
                slots.values[index].life = .stopping
                stopping.append(slots.keys[index])
            case .waiting: waiting.append(slots.keys[index])
            case .stopping: break
            }
        }
        // Newest first, so that the order does not depend on chance.
        stopping.sort { $0.number > $1.number }
        waiting.sort { $0.number > $1.number }
        if !starts.isEmpty { for key in stopping { answerStart(of: key, .refused(.shuttingDown), &actions) } }
        if !stopping.isEmpty { actions.append(.stopAll(stopping)) }
        for key in waiting { remove(key, &actions) }
        finishIfDone(&actions)
    }

    mutating func answerStart(of key: ChildKey, _ answer: Answer, _ actions: inout [Action]) {
        if !starts.isEmpty, let request = starts.removeValue(forKey: key) { actions.append(.reply(request, answer)) }
    }
}
