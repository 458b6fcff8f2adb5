internal import Synchronization

/// An actor that starts children, watches them, and restarts them when they end, by the rules of Erlang/OTP.
///
/// ```swift
/// @main struct App {
///     static func main() async throws {
///         try await Supervisor(strategy: .oneForOne) {
///             Child(.circuitBreakers) { CircuitBreakerServer() }
///             Child(.users) { UserDirectory() }
///             Worker("poller") { try await poll() }
///         }.run()
///     }
/// }
/// ```
///
/// Children are started in the order in which they stand and stopped in reverse. A supervisor can be a child of
/// another. It answers questions, and obeys a request to stop, also while a child is slow to start or to stop (S8).
///
/// An instance lives once; a nested supervisor is described by a closure that makes it, like any child.
public actor Supervisor: GenServer {
    /// Whether the end of significant children ends the supervisor (R60).
    public enum AutoShutdown: String, Sendable, Codable {
        /// It does not.
        case never
        /// The end of any of them does (R62).
        case anySignificant
        /// The end of the last of them does (R63).
        case allSignificant
    }

    /// What a supervisor sends to itself, and is sent by its children.
    public struct Message: Sendable {
        enum Content: Sendable {
            case place(ChildKey, PlaceEvent)
            case retry(ChildKey, Int)
            case stop(ExitReason)
        }
        let content: Content
    }

    // As it was made; what holds now stands in the machine (R77).
    nonisolated let strategy: Strategy
    nonisolated let intensity: RestartIntensity
    nonisolated let autoShutdown: AutoShutdown
    /// How it ended, for whoever runs it.
    private nonisolated let outcome = Mutex<SupervisorState.Outcome?>(nil)
    /// Whether it has been started as a root.
    private nonisolated let isClaimed = Atomic(false)
    private var hasBegun = false

    /// The children that it is started with.
    nonisolated let specifications: [Child]
    private var machine: SupervisorState
    private var context: ServerContext<Supervisor>?
    private var path = ""
    private var table = PlaceTable()
    /// What the places tell of their children through.
    private var port: SupervisorPort<Supervisor>?
    /// Who waits for an answer; one that starts no child is nil.
    private var replies: [SupervisorState.RequestID: Reply<ChildStart?>] = [:]
    private var nextRequest = 0

    /// A supervisor of `children`.
    ///
    /// Nothing is checked or started yet: ``run(as:in:stoppingOn:)``, ``start(as:in:)`` or the start of the supervisor as
    /// a child throws ``SupervisorError/invalid(field:value:expected:)`` when the children do not fit together.
    ///
    /// - Parameters:
    ///   - strategy: which children are restarted together with one that ended.
    ///   - intensity: how many restarts, of all children together, it makes before it gives up.
    ///   - autoShutdown: whether the end of significant children ends it.
    ///   - children: the children, in the order in which they are started. What it throws, the initializer throws;
    ///     ``Ignore`` in the start of a nested supervisor leaves that supervisor out (R14).
    public init(
        strategy: Strategy = .oneForOne,
        intensity: RestartIntensity = .init(3, within: .seconds(5)),
        autoShutdown: AutoShutdown = .never,
        @ChildrenBuilder children: @Sendable () throws -> [Child]
    ) rethrows {
        self.strategy = strategy
        self.intensity = intensity
        self.autoShutdown = autoShutdown
        specifications = try children()
        machine = SupervisorState(strategy: strategy, intensity: intensity, autoShutdown: autoShutdown)
    }

    /// Checks the specifications and begins to start the children. The start is complete when the last one runs.
    public func started(_ context: ServerContext<Supervisor>) async throws {
        if hasBegun { throw SupervisorError.startedBefore }
        hasBegun = true
        if let problem = problems.first { throw problem }

        self.context = context
        path = context.path
        let port = SupervisorPort(context)
        self.port = port
        let runtime = context.runtime
        machine.random = { runtime.random(in: $0) }
        let specs = specifications.map { child in
            let key = machine.makeKey()
            settle(child, key, port, runtime)
            return (key, child.spec)
        }
        try perform(machine.begin(specs))
    }

    /// Lets go of the children's places, which are all closed by now, unless something but its own stop has ended it. A
    /// root's place keeps its supervisor.
    public func terminate(reason: ExitReason) async {
        if !machine.isFinished { stopOrphans() }
        table = PlaceTable()
        context = nil
        port = nil
    }

    /// Takes what its children tell, and what it tells itself.
    public func handle(_ message: Message, _ context: ServerContext<Supervisor>) async throws {
        let now = context.runtime.now
        switch message.content {
        case .place(let key, .started(let incarnation, let info)):
            try decide { $0.childStarted(key, incarnation: incarnation, info: info, now: now) }
        case .place(let key, .startFailed(_, let error)):
            try decide { $0.childStartFailed(key, error, now: now) }
        case .place(let key, .ended(let incarnation, let reason, let askedFor, let isAbandoned)):
            try decide {
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
            try decide { $0.zombieEnded(key) }
        case .retry(let key, let retry):
            try decide { $0.retry(key, retry: retry, now: now) }
        case .stop(let reason):
            try decide { $0.stop(.stopped(reason)) }
        }
    }
}

extension Supervisor: SupervisingServer {
    static func stopMessage(_ reason: ExitReason) -> Message {
        Message(content: .stop(reason))
    }

    static func message(of key: ChildKey, _ event: PlaceEvent) -> Message {
        Message(content: .place(key, event))
    }

    static var title: String { "supervisor" }

    var shownStrategy: Strategy? { machine.strategy }

    nonisolated func claim() -> Bool {
        !isClaimed.exchange(true, ordering: .relaxed)
    }

    nonisolated func failure(as id: ChildID) -> SupervisorError? {
        guard case .gaveUp(let child, let last, let intensity) = outcome.withLock({ $0 }) else { return nil }
        return .reachedMaximumIntensity(path: "\(id)/\(child)", intensity, lastReason: last)
    }
}

// MARK: - Carrying out what the machine decides

extension Supervisor {
    private func decide(_ event: (inout SupervisorState) -> [SupervisorState.Action]) throws {
        // In place: a copy of the machine would make each event cost as much as there are children.
        try perform(event(&machine))
    }

    private func perform(_ actions: [SupervisorState.Action]) throws {
        guard let context else { return }
        for action in actions {
            switch action {
            case .start(let key):
                table[key]?.start()
            case .stop(let key):
                table[key]?.stop(.shutdown)
            case .scheduleRetry(let key, let retry, let delay):
                let message = Message(content: .retry(key, retry))
                if delay > .zero {
                    context.send(message, after: delay)
                } else {
                    context.place.postOwn(message, from: context.incarnation)
                }
            case .close(let key):
                table[key]?.close()
            case .adopt(let key, let other):
                if let other = table[other] { table[key]?.adopt(other) }
            case .forget(let key):
                table.remove(key)?.close()
            case .reply(let request, let answer):
                let reply = replies.removeValue(forKey: request)
                switch answer {
                case .done: reply?(nil)
                case .started(let start): reply?(start)
                case .refused(let error): reply?(throwing: error)
                }
            case .report(let report):
                if let place = table[report.child] { context.runtime.emit(report.event(of: place)) }
            case .abortProcess(let key):
                context.runtime.abortProcess(for: table[key]?.path ?? path)
            case .started:
                context.place.completeStart(of: context.incarnation)
            case .finish(let outcome):
                try finish(outcome)
            }
        }
    }

    private func finish(_ outcome: SupervisorState.Outcome) throws {
        self.outcome.withLock { $0 = outcome }
        switch outcome {
        case .stopped(let reason): throw Exit(reason)
        case .startFailed(let id, let error):
            throw Exit(.error(SupervisorError.childFailedToStart(path: "\(path)/\(id)", error)))
        case .unstoppable(let id): throw Exit(.error(SupervisorError.unstoppable(path: "\(path)/\(id)")))
        case .gaveUp, .autoShutdown: throw Exit(.shutdown)
        }
    }

    /// Gives a child its place in the tree.
    private func settle(_ child: Child, _ key: ChildKey, _ port: SupervisorPort<Supervisor>, _ runtime: Runtime) {
        table.append(child.makePlace(in: runtime, for: port, key), key)
    }
}

// MARK: - Being given up

extension Supervisor {
    package nonisolated func wasCutOff(in runtime: Runtime) {
        // Unstructured: nobody waits for what was given up.
        _ = runtime.spawn { await self.stopOrphans() }
    }

    /// Stops the children of a supervisor that was given up, or ended by an `Exit` from outside, before it had stopped them: nobody will tell it of their
    /// ends any more, and they must not live on unsupervised (R56). All at once, each within its shutdown time.
    func stopOrphans() {
        for place in table.places {
            place.stop(.shutdown)
            // Its name is free for the child that takes its place; its mail fails when it has ended.
            place.close()
        }
    }
}

// MARK: - Requests

extension Supervisor {
    func add(_ child: Child, _ reply: Reply<ChildStart?>) throws {
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
        try decide { $0.add(child.spec, key: key, request, now: now) }
    }

    func reconfigure(
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
        try decide { $0.reconfigure(change, request, now: now) }
    }

    func request(
        _ reply: Reply<ChildStart?>,
        _ event: (inout SupervisorState, SupervisorState.RequestID, RuntimeInstant) -> [SupervisorState.Action]
    ) throws {
        guard let context else { return }
        let now = context.runtime.now
        let request = register(reply)
        try decide { event(&$0, request, now) }
    }

    private func register(_ reply: Reply<ChildStart?>) -> SupervisorState.RequestID {
        nextRequest += 1
        let request = SupervisorState.RequestID(number: nextRequest)
        replies[request] = reply
        return request
    }

    var residents: [Resident] {
        machine.slots.reversed().compactMap { slot in
            table[slot.key].map { Resident(info: ChildInfo(slot, $0), place: $0) }
        }
    }

    var counts: ChildCounts {
        ChildCounts(machine)
    }
}

extension Child {
    var spec: SupervisorState.Spec {
        SupervisorState.Spec(
            id: id,
            identity: .init(type: serverType, isNamed: name != nil),
            restart: restart,
            isSignificant: significant,
            isSupervisor: isSupervisor,
            backoff: backoff,
            limit: limit,
            unstoppablePolicy: unstoppablePolicy,
            startsWithPrevious: startsWithPrevious
        )
    }
}
