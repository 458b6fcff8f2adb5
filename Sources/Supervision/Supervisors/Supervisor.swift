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
        let signal: SupervisorSignal
    }

    // As it was made; what holds now stands in the machine (R77).
    nonisolated let strategy: Strategy
    nonisolated let intensity: RestartIntensity
    nonisolated let autoShutdown: AutoShutdown
    nonisolated let life = SupervisorLife()
    nonisolated let launches = LaunchDesk()
    /// The children that it is started with.
    nonisolated let specifications: [Child]
    private var hasBegun = false
    // Without checks of exclusivity at run time: nothing that runs while it is being changed comes back to the supervisor.
    @exclusivity(unchecked) private var shell: SupervisorShell<Supervisor>

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
        shell = SupervisorShell(
            SupervisorState(strategy: strategy, intensity: intensity, autoShutdown: autoShutdown),
            life,
            launches
        )
    }

    /// Checks the specifications and begins to start the children. The start is complete when the last one runs.
    public func started(_ context: ServerContext<Supervisor>) async throws {
        if hasBegun { throw SupervisorError.startedBefore }
        hasBegun = true
        try SpecificationCheck.check(intensity)
        // All that is wrong is looked for only when something is. That no id is there twice is seen when they are listed.
        if !SpecificationCheck.isEachSound(specifications, autoShutdown), let problem = problems.first { throw problem }
        try shell.begin(specifications, context)
    }

    /// Lets go of the children's places, which are all closed by now, unless something but its own stop has ended it. A
    /// root's place keeps its supervisor.
    public func terminate(reason: ExitReason) async {
        shell.end()
    }

    /// Takes what its children tell, and what it tells itself.
    public func handle(_ message: Message, _ context: ServerContext<Supervisor>) async throws {
        try take(message.signal, now: context.runtime.now)
    }
}

extension Supervisor: SupervisingServer {
    private final class Port: SupervisorPort<Supervisor>, @unchecked Sendable {
        // Unchecked because of the class that it comes from.

        override func tell(
            _ key: ChildKey,
            _ event: consuming PlaceEvent,
            now: RuntimeInstant
        ) async -> (isHeard: Bool, following: LaunchList) {
            await owner.tell(.place(key, consume event), from: incarnation, now: now)
        }
    }

    static func makePort(_ context: ServerContext<Supervisor>) -> SupervisorPort<Supervisor> { Port(context) }

    static func message(_ signal: SupervisorSignal) -> Message {
        Message(signal: signal)
    }

    func take(_ signal: consuming SupervisorSignal, now: RuntimeInstant) throws {
        try shell.handle(consume signal, now: now)
    }

    static var title: String { "supervisor" }

    var shownStrategy: Strategy? { shell.machine.strategy }

    var residents: [Resident] { shell.residents }

    var childCount: Int { shell.childCount }
    var isEnding: Bool { shell.isEnding }
    func keys(from first: ChildKey, limit: Int) -> [ChildKey] { shell.keys(from: first, limit: limit) }
    func key(of id: ChildID) -> ChildKey? { shell.key(of: id) }
    func resident(_ key: ChildKey) -> Resident? { shell.resident(key) }

    static func stop(_ id: ChildID, of ref: ServerRef<Supervisor>) async throws {
        try await ref.terminateChild(id)
    }

    static func stopAndStart(_ id: ChildID, of ref: ServerRef<Supervisor>) async throws {
        try await ref.terminateChild(id)
        try await ref.restartChild(id)
    }

    package nonisolated func wasCutOff(in runtime: Runtime) {
        // Unstructured: nobody waits for what was given up.
        _ = runtime.spawn { await self.stopOrphans() }
    }

    private func stopOrphans() {
        shell.stopOrphans()
    }
}

// MARK: - Requests

extension Supervisor {
    func add(_ child: Child, _ reply: Reply<ChildStart?>) throws {
        try shell.add(child, reply)
    }

    func reconfigure(
        _ change: SupervisorState.Reconfiguration,
        _ children: [Child],
        _ reply: Reply<ChildStart?>
    ) throws {
        try shell.reconfigure(change, children, reply)
    }

    func request(
        _ reply: Reply<ChildStart?>,
        _ event: (inout SupervisorState, SupervisorState.RequestID, RuntimeInstant) -> [SupervisorState.Action]
    ) throws {
        try shell.request(reply, event)
    }

    var counts: ChildCounts { ChildCounts(shell.machine) }
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
