/// The pure state of a supervisor: what it decides, without a clock, a task or a place.
///
/// ## Children
///
/// | Life | Meaning | Can become |
/// |---|---|---|
/// | `down` | specified, with no process | starting |
/// | `starting` | its start runs | running, down, restarting, stopping |
/// | `running` | it runs | stopping, exited, down, restarting, starting |
/// | `exited` | it ended by itself during a pass, which has not yet come to it | down, restarting, starting |
/// | `restarting` | it waits for another attempt (R46, S7) | starting, down |
/// | `stopping` | it was asked to stop | down |
///
/// ## Passes
///
/// What concerns several children is a *pass*: first some are stopped, one after the other in reverse start order, then
/// some are started in start order, wave by wave: one after the other, or those of a ``Together`` at once. The initial start, its roll-back, the restart of a group and
/// the shutdown are passes. There is one pass at a time. What comes in meanwhile, but for questions and the request to
/// shut down, waits until it is over (S8). Under one-for-one, a restart is no pass: a child that is slow to start holds
/// up nobody.
///
/// ## Invariants
///
/// Slots stand in start order, and their keys rise. A pass that waits, waits for one child that is `starting` or
/// `stopping`, or for several of one wave that are `starting`. Once `outcome` is set no child is started any more. `finish` is the last action, and it
/// comes when no child is starting, running or stopping.
struct SupervisorState: Sendable {
    enum Life: Sendable {
        case down
        case starting(StartPurpose)
        case running(incarnation: Int)
        case exited(ExitReason)
        /// The number tells the retry that it waits for from older ones.
        case restarting(retry: Int, after: ExitReason)
        case stopping
    }

    enum StartPurpose: Sendable, Equatable {
        case pass, restart
        case add(RequestID)
        case bringBack(RequestID)
    }

    /// One child.
    struct Slot: Sendable, ChildTableEntry {
        let key: ChildKey
        let id: ChildID
        /// What lives in its place, which stays the same for as long as the child is there.
        let identity: Identity
        var restart: Restart
        var isSignificant: Bool
        let isSupervisor: Bool
        var unstoppablePolicy: UnstoppablePolicy
        // Among the small fields, where it makes the slot no larger.
        private(set) var isGone = false
        var life = Life.down
        /// How often it has been started again.
        var restarts: Int32 = 0
        /// Attempts in a row that the back-off counts.
        var attempts: Int32 = 0
        /// Incarnations that were given up and have not ended yet (S3).
        var zombies: Int32 = 0
        /// The last incarnation whose end is known.
        var over: Int32 = 0
        /// Shared by those that start at the same time, and so do not depend on each other.
        var wave: Int32 = 0
        var runningSince = RuntimeInstant.origin

        mutating func leave() {
            isGone = true
            life = .down
        }
    }

    /// What makes a child's place the place of that child: references lead to a server of that type.
    struct Identity: Sendable, Equatable {
        var type: any Any.Type = Never.self
        var isNamed = false

        static func == (left: Identity, right: Identity) -> Bool {
            left.type == right.type && left.isNamed == right.isNamed
        }
    }

    /// What a child's specification tells the machine.
    struct Spec: Sendable {
        var id: ChildID
        var identity = Identity()
        var restart = Restart.permanent
        var isSignificant = false
        var isSupervisor = false
        var backoff: Backoff?
        var limit: ChildLimit?
        var unstoppablePolicy = UnstoppablePolicy.abandon
        /// Whether it starts at the same time as the one before it.
        var startsWithPrevious = false
    }

    /// What a child with a limit of its own has used up of it (S6).
    struct LimitState: Sendable {
        var limit: ChildLimit
        var history: RestartHistory
        /// The retry that ends its pause.
        var pause: Int?

        init(_ limit: ChildLimit) {
            self.limit = limit
            history = RestartHistory(limit.intensity)
        }
    }

    struct RequestID: SerialNumber, Sendable {
        var number: Int
    }

    /// How the supervisor ends.
    enum Outcome: Sendable {
        case stopped(ExitReason)
        case startFailed(ChildID, any Error)
        /// With the limit that it was too much for: the supervisor's, or the child's own.
        case gaveUp(ChildID, ExitReason, RestartIntensity)
        case autoShutdown(ChildID)
        /// The child could not be stopped (S3).
        case unstoppable(ChildID)
    }

    enum Action: Sendable {
        case start(ChildKey)
        case stop(ChildKey)
        /// Come back with `retry` after the delay.
        case scheduleRetry(ChildKey, retry: Int, after: Duration)
        /// The place of the child is closed: its mail fails, its name is free.
        case close(ChildKey)
        /// The place of the first takes over how that of the second starts and stops its server (R77).
        case adopt(ChildKey, from: ChildKey)
        /// The child and its place are dropped.
        case forget(ChildKey)
        indirect case reply(RequestID, Answer)
        case report(Report)
        /// The process ends here, because of this child (S3).
        case abortProcess(ChildKey)
        /// The initial start is through.
        case started
        case finish(Outcome)
    }

    /// What a request is answered with.
    enum Answer: Sendable {
        case done
        case started(ChildStart)
        case refused(SupervisorError)
    }

    /// What an operator is told; the shell adds the paths.
    enum Report: Sendable {
        case started(ChildKey, isRestart: Bool, onRequest: Bool)
        case ended(ChildKey, ExitReason, next: SupervisionEvent.Consequence)
        case startFailed(ChildKey, any Error, willRetry: Bool)
        case ignored(ChildKey, next: SupervisionEvent.Consequence)
        case shutdownError(ChildKey, ExitReason)
        case stopped(ChildKey, ExitReason)
        case unstoppable(ChildKey, askedFor: Duration)
        case zombieEnded(ChildKey)
        case gaveUp(ChildKey, ExitReason, RestartIntensity)
        case parked(ChildKey, ExitReason, RestartIntensity)
        case paused(ChildKey, ExitReason, RestartIntensity, Duration)
        case autoShutdown(ChildKey)
    }

    struct Pass: Sendable {
        enum Kind: Sendable {
            case initial, group, shutdown
        }
        var kind: Kind
        /// Still to be stopped, the next one first.
        var toStop: ArraySlice<ChildKey>
        /// Still to be started, the next one first.
        var toStart: ArraySlice<ChildKey>
        /// The child that it waits for to stop, or those of a wave that it waits for to start.
        var awaited: [ChildKey] = []
        /// Whether it waits for starts that it has begun itself, rather than to stop a child.
        var isStarting = false
    }

    /// What waits for the end of a pass.
    enum Deferred: Sendable {
        case exit(ChildKey)
        case retry(ChildKey, retry: Int)
        case add(ChildKey, RequestID)
        case restart(ChildID, RequestID)
        case terminate(ChildID, RequestID)
        case delete(ChildID, RequestID)
        case reconfigure(RequestID)
    }

    var strategy: Strategy
    var autoShutdown: Supervisor.AutoShutdown
    /// Where the jitter of a back-off comes from.
    var random: @Sendable (ClosedRange<Double>) -> Double
    /// When the event came that is being dealt with.
    var now = RuntimeInstant.origin
    var history: RestartHistory
    /// Incarnations that were given up and have not ended yet, of children that are gone themselves (S3).
    var departed: [ChildKey: Int] = [:]
    /// In start order; keys rise.
    var slots = ChildTable<Slot>()
    var keys: [ChildID: ChildKey] = [:]
    var backoffs: [ChildKey: Backoff] = [:]
    /// Of the children that have one.
    var limits: [ChildKey: LimitState] = [:]
    /// Whom a failed start in a group has held back: they wait for that child's retry (R47).
    var heldBack: [ChildKey: [ChildKey]] = [:]
    var nextKey = 0
    var nextRetry = 0
    var lastWave: Int32 = 0
    var pass: Pass?
    var deferred: [Deferred] = []
    /// Children that are to be added when the pass is over.
    var additions: [ChildKey: Spec] = [:]
    /// What is to be changed when the pass is over (R77).
    var reconfigurations: [RequestID: Reconfiguration] = [:]
    /// Who waits for a child to stop.
    var terminations: [ChildKey: [RequestID]] = [:]
    /// What is asked about a child that an earlier request still starts or stops.
    var followers: [ChildKey: [Deferred]] = [:]
    /// A significant child whose end would have ended the supervisor, but for another whose start was under way (R63).
    var heldUpEnd: (key: ChildKey, id: ChildID)?
    /// Set once the supervisor is on its way down.
    var outcome: Outcome?
    var isFinished = false
    var isStarted = false
    var spare = SpareActions<Action>()

    init(
        strategy: Strategy,
        intensity: RestartIntensity = RestartIntensity(3, within: .seconds(5)),
        autoShutdown: Supervisor.AutoShutdown = .never,
        random: @escaping @Sendable (ClosedRange<Double>) -> Double = { $0.upperBound }
    ) {
        self.strategy = strategy
        self.random = random
        self.autoShutdown = autoShutdown
        history = RestartHistory(intensity)
    }

    // MARK: Look-up

    /// Where a child stands, found by its rising key.
    func index(of key: ChildKey) -> Int? {
        slots.index(of: key)
    }

    func slot(of key: ChildKey) -> Slot? {
        index(of: key).map { slots[$0] }
    }

    var knownIDs: [ChildID] { slots.map { $0.id } }

    mutating func makeKey() -> ChildKey {
        defer { nextKey += 1 }
        return ChildKey(number: nextKey)
    }

    /// Makes room for as many children.
    mutating func expect(_ count: Int) {
        slots.reserveCapacity(count)
        keys.reserveCapacity(count)
    }

    /// The child's place in the start order follows from its key, so from when it was asked for.
    mutating func insert(_ spec: Spec, key: ChildKey) {
        if !spec.startsWithPrevious { lastWave += 1 }
        var slot = Slot(
            key: key,
            id: spec.id,
            identity: spec.identity,
            restart: spec.restart,
            isSignificant: spec.isSignificant,
            isSupervisor: spec.isSupervisor,
            unstoppablePolicy: spec.unstoppablePolicy
        )
        slot.wave = lastWave
        slots.insert(consume slot)
        keys[spec.id] = key
        // Few have one, and to look for none takes as long.
        if let backoff = spec.backoff { backoffs[key] = backoff }
        if let limit = spec.limit { limits[key] = LimitState(limit) }
    }

    mutating func remove(_ key: ChildKey, _ actions: inout [Action]) {
        guard let slot = slots.remove(key) else { return }
        keys[slot.id] = nil
        backoffs[key] = nil
        limits[key] = nil
        heldBack[key] = nil
        let zombies = Int(slot.zombies)
        if zombies > 0 {
            // Kept until the last of them has ended, so that its end can be told.
            departed[key] = zombies
            actions.append(.close(key))
        } else {
            actions.append(.forget(key))
        }
    }

    /// As ``setDown``, but when the pass starts the child again its mail is kept for the next life (S2).
    mutating func setDownInPass(_ key: ChildKey, _ actions: inout [Action]) {
        if !heldBack.isEmpty { heldBack[key] = nil }
        // The pass still has to stop others, so what it will start is the whole of its range but for temporary children.
        if outcome == nil, pass?.kind == .group, let first = pass?.toStart.first, first.number <= key.number,
            let index = index(of: key), slots[index].restart != .temporary
        {
            slots[index].life = .down
        } else {
            setDown(key, &actions)
        }
    }

    /// The child has no process any more. A temporary one is dropped altogether (R24).
    mutating func setDown(_ key: ChildKey, _ actions: inout [Action]) {
        if !heldBack.isEmpty { heldBack[key] = nil }
        guard let index = index(of: key) else { return }
        if slots[index].restart == .temporary {
            remove(key, &actions)
        } else {
            slots[index].life = .down
            actions.append(.close(key))
        }
    }
}
