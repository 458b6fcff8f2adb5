/// An actor that starts children on demand, each described when it is started: sessions, connections, jobs.
///
/// ```swift
/// extension ServerName where Server == DynamicSupervisor {
///     static var sessions: Self { .init("sessions") }
/// }
///
/// Supervisor {
///     Child(.sessions) { DynamicSupervisor(maxChildren: 10_000) }
/// }
///
/// let session = try await ServerRef(.sessions).startChild(restart: .temporary) { Session(of: user) }
/// let reply = try await session.call { $0.greeting }
/// ```
///
/// It begins without children. They have nothing to do with each other: they start side by side, each is restarted
/// alone (R82), and all are asked to stop at once (R55). What it costs to start, restart or stop one does not depend on
/// how many there are. Children that were started are lost when the supervisor itself is restarted (R76).
///
/// The closure that makes a child is kept as long as the child, and runs again at each restart with all that it has
/// captured: that is how a child gets its arguments (R45, R81).
///
/// An instance lives once; it is described by a closure that makes it, like any child.
public actor DynamicSupervisor: GenServer {
    /// What a dynamic supervisor sends to itself, and is sent by its children.
    public struct Message: Sendable {
        let signal: SupervisorSignal
    }

    /// What a request is answered.
    enum Answer: Sendable {
        case done
        case started(any ManagedPlace, ChildStart)
    }

    nonisolated let maxChildren: Int?
    nonisolated let intensity: RestartIntensity
    nonisolated let life = SupervisorLife()
    nonisolated let launches = LaunchDesk()
    private var hasBegun = false

    // Those that each event of a child touches do without checks of exclusivity at run time: nothing that runs while one of
    // them is being changed comes back to the supervisor.
    @exclusivity(unchecked) private var machine: DynamicSupervisorState
    private var context: ServerContext<DynamicSupervisor>?
    @exclusivity(unchecked) private var table: [ChildKey: any ManagedPlace] = [:]
    /// What the places tell of their children through.
    private var port: SupervisorPort<DynamicSupervisor>?
    @exclusivity(unchecked) private var replies: [DynamicSupervisorState.RequestID: Request] = [:]
    private var nextRequest = 0
    @exclusivity(unchecked) private var ended = EndedChildren()
    /// The child that it ends for.
    private var culprit: String?
    /// What will bring the retries that wait for a back-off.
    private var timers: [ChildKey: TimerToken] = [:]

    /// Who waits for an answer, and for which child.
    private struct Request {
        var reply: Reply<Answer>
        var subject: Subject

        enum Subject {
            case start(ChildID)
            case termination(any ManagedPlace)
        }

        /// Put together only when it is told.
        var child: ChildID {
            switch subject {
            case .start(let id): id
            case .termination(let place): ChildID(place.path)
            }
        }
    }

    /// A supervisor without children.
    ///
    /// Nothing is checked or started yet: its start throws ``SupervisorError/invalid(field:value:expected:)`` for
    /// settings that cannot be.
    ///
    /// - Parameters:
    ///   - maxChildren: how many children there may be at once, zero or more; nil for any number. Those that start and
    ///     those that are being restarted count (R80).
    ///   - intensity: how many restarts, of all children together, it makes before it gives up.
    public init(maxChildren: Int? = nil, intensity: RestartIntensity = .init(3, within: .seconds(5))) {
        self.maxChildren = maxChildren
        self.intensity = intensity
        machine = DynamicSupervisorState(maxChildren: maxChildren, intensity: intensity)
    }

    /// Checks the settings. The supervisor then waits for children.
    public func started(_ context: ServerContext<DynamicSupervisor>) async throws {
        if hasBegun { throw SupervisorError.startedBefore }
        hasBegun = true
        try SpecificationCheck.check(intensity)
        try SpecificationCheck.check(maxChildren: maxChildren)
        self.context = context
        port = Self.makePort(context)
        let runtime = context.runtime
        machine.random = { runtime.random(in: $0) }
        context.place.completeStart(of: context.incarnation, launches)
    }

    /// Lets go of the children's places, which are all closed by now, unless something but its own stop has ended it.
    public func terminate(reason: ExitReason) async {
        if !machine.isFinished { stopOrphans() }
        table = [:]
        context = nil
        port = nil
    }

    /// Takes what its children tell, and what it tells itself.
    public func handle(_ message: Message, _ context: ServerContext<DynamicSupervisor>) async throws {
        try take(message.signal, now: context.runtime.now)
    }
}

extension DynamicSupervisor: SupervisingServer {
    private final class Port: SupervisorPort<DynamicSupervisor>, @unchecked Sendable {
        // Unchecked because of the class that it comes from.

        // Ids may repeat.
        override func id(of child: ChildID, _ key: ChildKey) -> ChildID { ChildID("\(child)#\(key.number)") }

        override func tell(
            _ key: ChildKey,
            _ event: consuming PlaceEvent,
            now: RuntimeInstant
        ) async -> (isHeard: Bool, following: LaunchList) {
            await owner.tell(.place(key, consume event), from: incarnation, now: now)
        }
    }

    static func makePort(_ context: ServerContext<DynamicSupervisor>) -> SupervisorPort<DynamicSupervisor> {
        Port(context)
    }

    func take(_ signal: consuming SupervisorSignal, now: RuntimeInstant) throws {
        switch consume signal {
        case .place(let key, .started(let incarnation, let info)):
            try decide(now) { $0.childStarted(key, incarnation: incarnation, info: info, now: now) }
        case .place(let key, .startFailed(_, let error)):
            try decide(now) { $0.childStartFailed(key, error, now: now) }
        case .place(let key, .ended(let incarnation, let reason, let askedFor, let isAbandoned)):
            try decide(now) {
                $0.childEnded(
                    key,
                    incarnation: incarnation,
                    reason,
                    askedFor: askedFor,
                    isAbandoned: isAbandoned,
                    now: now
                )
            }
        case .place(let key, .strayEnded):
            try decide(now) { $0.zombieEnded(key) }
        case .retry(let key, let retry):
            timers[key] = nil
            try decide(now) { $0.retry(key, retry: retry, now: now) }
        case .stop(let reason):
            try decide(now) { $0.stop(.stopped(reason)) }
        }
    }

    static func message(_ signal: SupervisorSignal) -> Message {
        Message(signal: signal)
    }

    static var title: String { "dynamic supervisor" }

    nonisolated var shownStrategy: Strategy? { nil }

    var residents: [Resident] {
        machine.slots.sorted { $0.key.number > $1.key.number }.compactMap { key, slot in
            table[key].map { place in
                Resident(info: ChildInfo(slot, place, zombies: machine.zombies[key] ?? 0), place: place)
            }
        }
    }

    var childCount: Int { table.count }
    var isEnding: Bool { machine.outcome != nil }

    /// One pass over all children, of which there may be a million, and no sorting of those that are not asked for.
    func keys(from first: ChildKey, limit: Int) -> [ChildKey] {
        var numbers: [Int] = []
        for number in table.keys.lazy.map(\.number) where number >= first.number {
            if numbers.count >= limit {
                guard let last = numbers.last, number < last else { continue }
                numbers.removeLast()
            }
            let index = numbers.partitioningIndex { $0 > number }
            numbers.insert(number, at: index)
        }
        return numbers.map(ChildKey.init)
    }

    func key(of id: ChildID) -> ChildKey? {
        guard let key = position(of: id), table[key]?.ownID == id else { return nil }
        return key
    }

    func position(of id: ChildID) -> ChildKey? {
        id.description.split(separator: "#").last.flatMap { Int($0) }.map(ChildKey.init)
    }

    func resident(_ key: ChildKey) -> Resident? {
        guard let slot = machine.slots[key], let place = table[key] else { return nil }
        return Resident(info: ChildInfo(slot, place, zombies: machine.zombies[key] ?? 0), place: place)
    }

    static func stop(_ id: ChildID, of ref: ServerRef<DynamicSupervisor>) async throws {
        try await ref.terminateChild(id)
    }

    /// One that is stopped is forgotten with its specification (R72).
    static func stopAndStart(_ id: ChildID, of ref: ServerRef<DynamicSupervisor>) async throws {
        throw TreePart.RestartOfDynamicChild(id: id)
    }

    package nonisolated func wasCutOff(in runtime: Runtime) {
        // Unstructured: nobody waits for what was given up.
        _ = runtime.spawn { await self.stopOrphans() }
    }

    /// Stops the children of a supervisor that was given up, or ended by an `Exit` from outside, before it had stopped
    /// them (R56).
    private func stopOrphans() {
        for (_, place) in table.sorted(by: { $0.key.number < $1.key.number }) { place.orphan() }
    }
}

// MARK: - Carrying out what the machine decides

extension DynamicSupervisor {
    private func decide(
        _ now: RuntimeInstant,
        _ event: (inout DynamicSupervisorState) -> [DynamicSupervisorState.Action]
    ) throws {
        // In place: a copy of the machine would make each event cost as much as there are children.
        var actions = event(&machine)
        try perform(actions, now)
        machine.spare.takeBack(&actions)
        try takeEnded(now)
    }

    /// Tells the machine of the children that have ended as soon as they were stopped.
    private func takeEnded(_ now: RuntimeInstant) throws {
        guard ended.beginTaking() else { return }
        while let (key, incarnation) = ended.next() {
            try decide(now) {
                $0.childEnded(key, incarnation: incarnation, .shutdown, askedFor: .zero, isAbandoned: false, now: now)
            }
        }
    }

    private func perform(_ actions: [DynamicSupervisorState.Action], _ now: RuntimeInstant) throws {
        guard let context else { return }
        for action in actions {
            switch action {
            case .start(let key): launches.add(table[key]?.start(.single))
            case .stop(let key): stop(key, now: now)
            case .stopAll(let keys):
                for (number, key) in keys.enumerated() {
                    // They may be so many that the time goes on meanwhile. And what is known of one that has ended is at
                    // hand soon after; the supervisor does not finish as long as there are others to be stopped.
                    if number % 16 == 15 { try takeEnded(now) }
                    stop(key, now: number < 16 ? now : context.runtime.now)
                }
            case .scheduleRetry(let key, let retry, let delay):
                timers[key] = context.scheduleRetry(of: key, retry, after: delay)
            case .close(let key):
                cancelTimer(of: key)
                table[key]?.close()
            case .forget(let key):
                cancelTimer(of: key)
                table.removeValue(forKey: key)?.close()
                if table.isEmpty, table.capacity > 1_024 { table = [:] }
            case .reply(let request, let answer):
                if let request = replies.removeValue(forKey: request) { give(answer, to: request) }
            case .report(let report):
                report.emit(in: context.runtime) { table[$0] }
            case .reportStopped(let group):
                let kind = SupervisionEvent.Kind.childrenStopped(
                    group.reason,
                    count: group.count,
                    isExpected: group.isExpected
                )
                context.runtime.emit(SupervisionEvent(path: context.path, child: .supervisor, kind: kind))
            case .noteCulprit(let key): culprit = table[key]?.path
            case .abortProcess(let key):
                context.runtime.abortProcess(for: table[key]?.path ?? context.path)
            case .finish(let outcome): try finish(outcome)
            }
        }
    }

    private func stop(_ key: ChildKey, now: RuntimeInstant) {
        guard let place = table[key] else { return }
        if let incarnation = launches.stop(place, now: now, isLast: machine.outcome != nil) {
            ended.append(key, incarnation)
        }
    }

    private func cancelTimer(of key: ChildKey) {
        // Mostly empty, and need not be searched then.
        if !timers.isEmpty { timers.removeValue(forKey: key)?.cancel() }
    }

    private func finish(_ outcome: DynamicSupervisorState.Outcome) throws {
        switch outcome {
        case .stopped(let reason): throw Exit(reason)
        case .gaveUp(let reason, let limit):
            let error = SupervisorError.reachedMaximumIntensity(path: culprit ?? "", limit, lastReason: reason)
            life.gaveUp(error)
            throw Exit(.shutdown)
        case .unstoppable: throw Exit(.error(SupervisorError.unstoppable(path: culprit ?? "")))
        }
    }

    private func give(_ answer: DynamicSupervisorState.Answer, to request: Request) {
        switch answer {
        case .done: request.reply(.done)
        // It is still known, and so is its place.
        case .started(let key, let info):
            if let place = table[key] { request.reply(.started(place, .running(info: info?.value))) }
        case .ignored(let key):
            if let place = table[key] { request.reply(.started(place, .ignored)) }
        case .unknown: request.reply(throwing: SupervisorError.notAChild(request.child.description))
        case .refused(let error): request.reply(throwing: error)
        case .failed(let error): request.reply(throwing: SupervisorError(startOf: request.child, error))
        }
    }
}

// MARK: - Requests

extension DynamicSupervisor {
    /// Starts a child, if it is as the caller expects.
    func add(_ child: Child, _ reply: Reply<Answer>, isExpected: Bool) throws {
        guard let context, let port else { return }
        let key = machine.makeKey()
        let place = child.makePlace(in: context.runtime, for: port, key)
        do {
            try SpecificationCheck.checkDynamic(child)
            try SpecificationCheck.check(child, makes: place.kind, isExpected)
        } catch {
            return reply(throwing: error)
        }
        let now = context.runtime.now
        table[key] = place
        let request = register(reply, .start(child.id))
        let spec = DynamicSupervisorState.Spec(
            restart: child.restart,
            isSupervisor: child.isSupervisor,
            backoff: child.backoff,
            limit: child.limit,
            unstoppablePolicy: child.unstoppablePolicy
        )
        try decide(now) { $0.add(spec, key: key, request, now: now) }
    }

    /// Terminates the child that lives in `place`, unless that would wait for who asks.
    func terminate(_ place: any ManagedPlace, for turn: Turn?, _ reply: Reply<Answer>) throws {
        guard let context, let port else { return }
        let now = context.runtime.now
        let key = place.key
        guard place.parent === port else {
            return reply(throwing: SupervisorError.notAChild(place.path))
        }
        if let path = turn?.cycle(to: place) { return reply(throwing: ServerError.callCycle(path)) }
        let request = register(reply, .termination(place))
        try decide(now) { $0.terminate(key, request, now: now) }
    }

    /// Terminates the child that is listed as `id`.
    func terminate(_ id: ChildID, for turn: Turn?, _ reply: Reply<Answer>) throws {
        guard let key = key(of: id), let place = table[key] else {
            return reply(throwing: SupervisorError.notAChild("'\(id)'"))
        }
        try terminate(place, for: turn, reply)
    }

    private func register(_ reply: Reply<Answer>, _ subject: Request.Subject) -> DynamicSupervisorState.RequestID {
        nextRequest += 1
        let request = DynamicSupervisorState.RequestID(number: nextRequest)
        replies[request] = Request(reply: reply, subject: subject)
        return request
    }

    var counts: ChildCounts {
        ChildCounts(machine)
    }
}

extension [Int] {
    /// Where the elements begin that `belongsAfter` is true of, which are the last ones.
    fileprivate func partitioningIndex(_ belongsAfter: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongsAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
