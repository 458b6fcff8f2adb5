/// What carries out what ``SupervisorState`` decides, for the actor that is the supervisor: it owns the children's places
/// and the replies that are owed. All of it runs on that actor.
struct SupervisorShell<Owner: SupervisingServer> {
    private(set) var machine: SupervisorState
    private var context: ServerContext<Owner>?
    private var table = ChildTable<HousedChild>()
    /// What the places tell of their children through.
    private var port: SupervisorPort<Owner>?
    private let launches: LaunchDesk
    private var ended = EndedChildren()
    /// Who waits for an answer; one that starts no child is nil.
    private var replies: [SupervisorState.RequestID: Reply<ChildStart?>] = [:]
    private var nextRequest = 0
    private let life: SupervisorLife

    init(_ machine: SupervisorState, _ life: SupervisorLife, _ launches: LaunchDesk) {
        self.machine = machine
        self.life = life
        self.launches = launches
    }

    /// Begins to start the children, each of which is sound by itself. The start is complete when the last one runs.
    ///
    /// - Returns: their places, in order.
    @discardableResult
    mutating func begin(_ children: [Child], _ context: ServerContext<Owner>) throws -> [any ManagedPlace] {
        machine.expect(children.count)
        table.reserveCapacity(children.count)
        let keys = try children.map { child in
            let key = machine.makeKey()
            guard machine.list(child.spec, key: key) else { throw SpecificationCheck.isTwice(child.id) }
            return key
        }
        self.context = context
        let port = Owner.makePort(context)
        self.port = port
        let runtime = context.runtime
        machine.random = { runtime.random(in: $0) }
        for (child, key) in zip(children, keys) { settle(child, key, port, runtime) }
        let places = table.places
        var actions = machine.begin()
        try perform(&actions, runtime.now)
        return places
    }

    /// Takes what the children tell, and what the supervisor tells itself.
    mutating func handle(_ signal: consuming SupervisorSignal, now: RuntimeInstant) throws {
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
            try decide(now) { $0.retry(key, retry: retry, now: now) }
        case .stop(let reason):
            try decide(now) { $0.stop(.stopped(reason)) }
        }
    }

    /// Lets go of the children's places, which are all closed by now, unless something but the supervisor's own stop has
    /// ended it.
    mutating func end() {
        if !machine.isFinished { stopOrphans() }
        table = ChildTable<HousedChild>()
        context = nil
        port = nil
    }

    /// Stops the children of a supervisor that was given up, or ended by an `Exit` from outside, before it had stopped
    /// them: nobody will tell it of their ends any more, and they must not live on unsupervised (R56). All at once, each
    /// within its shutdown time.
    func stopOrphans() {
        for place in table.places { place.orphan() }
    }

    var childCount: Int { machine.slots.count }
    var isEnding: Bool { machine.outcome != nil }

    func keys(from first: ChildKey, limit: Int) -> [ChildKey] {
        Array(machine.slots.lazy.map(\.key).filter { $0.number >= first.number }.prefix(limit))
    }

    func key(of id: ChildID) -> ChildKey? {
        machine.slots.first { $0.id == id }?.key
    }

    func resident(_ key: ChildKey) -> Resident? {
        guard let index = machine.slots.index(of: key), let place = table[key] else { return nil }
        return Resident(info: ChildInfo(machine.slots[index], place), place: place)
    }

    var residents: [Resident] {
        machine.slots.reversed().compactMap { slot in
            table[slot.key].map { Resident(info: ChildInfo(slot, $0), place: $0) }
        }
    }
}

// MARK: - Requests

extension SupervisorShell {
    mutating func add(_ child: Child, _ reply: Reply<ChildStart?>) throws {
        guard let context, let port else { return }
        do {
            try SpecificationCheck.check(child, machine.autoShutdown)
        } catch {
            return reply(throwing: error)
        }
        let now = context.runtime.now
        let request = register(reply)
        let key = machine.makeKey()
        settle(child, key, port, context.runtime)
        try decide(now) { $0.add(child.spec, key: key, request, now: now) }
    }

    mutating func reconfigure(
        _ change: SupervisorState.Reconfiguration,
        _ children: [Child],
        _ reply: Reply<ChildStart?>
    ) throws {
        guard let context, let port else { return }
        var problems = change.intensity.map { SpecificationCheck.problems(of: $0, "intensity.") } ?? []
        problems += SpecificationCheck.problems(of: children, change.autoShutdown ?? machine.autoShutdown)
        if let problem = problems.first { return reply(throwing: problem) }
        let now = context.runtime.now
        let request = register(reply)
        var change = change
        change.specs = children.map { child in
            let key = machine.makeKey()
            settle(child, key, port, context.runtime)
            return (key, child.spec)
        }
        try decide(now) { $0.reconfigure(change, request, now: now) }
    }

    mutating func request(
        _ reply: Reply<ChildStart?>,
        _ event: (inout SupervisorState, SupervisorState.RequestID, RuntimeInstant) -> [SupervisorState.Action]
    ) throws {
        guard let context else { return }
        let now = context.runtime.now
        let request = register(reply)
        try decide(now) { event(&$0, request, now) }
    }

    private mutating func register(_ reply: Reply<ChildStart?>) -> SupervisorState.RequestID {
        nextRequest += 1
        let request = SupervisorState.RequestID(number: nextRequest)
        replies[request] = reply
        return request
    }

    /// Gives a child its place in the tree.
    private mutating func settle(_ child: Child, _ key: ChildKey, _ port: SupervisorPort<Owner>, _ runtime: Runtime) {
        table.insert(HousedChild(key, child.makePlace(in: runtime, for: port, key)))
    }
}

// MARK: - Carrying out what the machine decides

extension SupervisorShell {
    private mutating func decide(
        _ now: RuntimeInstant,
        _ event: (inout SupervisorState) -> [SupervisorState.Action]
    ) throws {
        // In place: a copy of the machine would make each event cost as much as there are children.
        var actions = event(&machine)
        try perform(&actions, now)
        machine.spare.takeBack(&actions)
        guard ended.beginTaking() else { return }
        while let (key, incarnation) = ended.next() {
            try decide(now) {
                $0.childEnded(key, incarnation: incarnation, .shutdown, askedFor: .zero, isAbandoned: false, now: now)
            }
        }
    }

    /// Takes them out of the list, so that none is copied, unless it is so long that to close the gaps takes longer.
    private mutating func perform(_ actions: inout [SupervisorState.Action], _ now: RuntimeInstant) throws {
        guard let context else { return }
        if actions.count > 16 {
            for action in actions { try perform(action, context, now) }
            actions = []
        }
        while !actions.isEmpty { try perform(actions.remove(at: 0), context, now) }
    }

    private mutating func perform(
        _ action: consuming SupervisorState.Action,
        _ context: ServerContext<Owner>,
        _ now: RuntimeInstant
    ) throws {
        switch consume action {
        case .start(let key):
            launches.add(table[key]?.start(machine.pass == nil ? .single : .ofPass))
        case .stop(let key):
            guard let place = table[key] else { return }
            if let incarnation = launches.stop(place, now: now, isLast: machine.outcome != nil) {
                ended.append(key, incarnation)
            }
        case .scheduleRetry(let key, let retry, let delay):
            _ = context.scheduleRetry(of: key, retry, after: delay)
        case .close(let key):
            table[key]?.close()
        case .adopt(let key, let other):
            if let other = table[other] { table[key]?.adopt(other) }
        case .forget(let key):
            table.remove(key)?.place?.close()
        case .reply(let request, let answer):
            let reply = replies.removeValue(forKey: request)
            switch answer {
            case .done: reply?(nil)
            case .started(let start): reply?(start)
            case .refused(let error): reply?(throwing: error)
            }
        case .report(let report):
            report.emit(in: context.runtime) { table[$0] }
        case .abortProcess(let key):
            context.runtime.abortProcess(for: table[key]?.path ?? context.path)
        case .started:
            context.place.completeStart(of: context.incarnation, launches)
        case .finish(let outcome):
            try finish(outcome, context.path)
        }
    }

    private func finish(_ outcome: SupervisorState.Outcome, _ path: String) throws {
        switch outcome {
        case .stopped(let reason): throw Exit(reason)
        case .startFailed(let id, let error):
            throw Exit(.error(SupervisorError.childFailedToStart(path: "\(path)/\(id)", error)))
        case .unstoppable(let id): throw Exit(.error(SupervisorError.unstoppable(path: "\(path)/\(id)")))
        case .gaveUp(let id, let last, let limit):
            life.gaveUp(.reachedMaximumIntensity(path: "\(path)/\(id)", limit, lastReason: last))
            throw Exit(.shutdown)
        case .autoShutdown: throw Exit(.shutdown)
        }
    }
}
