/// An actor that runs several servers of one kind, its partitions, so that they share what would be too much for one.
///
/// ```swift
/// extension ServerName where Server == PartitionSupervisor<Cart> {
///     static var carts: Self { .init("carts") }
/// }
///
/// Supervisor {
///     Child(.carts) { PartitionSupervisor { Cart() } }
/// }
///
/// let total = try await ServerRef(.carts).ref(for: user.id).call { $0.total }
/// ```
///
/// A server handles one message at a time, so one that everybody calls is a bottleneck. Here each key has its server: the
/// same key leads to the same one, as long as the number of partitions stays. A look-up is quick and asks no actor.
///
/// The partitions are numbered children of a supervisor: `0`, `1` and so on. They are started in that order, stopped in
/// reverse, and restarted by the strategy. What a partition knew is gone with its incarnation, like that of any server.
///
/// An instance lives once; it is described by a closure that makes it, like any child.
public actor PartitionSupervisor<Partition: GenServer>: GenServer {
    /// What a partition supervisor sends to itself, and is sent by its children.
    public struct Message: Sendable {
        let signal: SupervisorSignal
    }

    nonisolated let strategy: Strategy
    nonisolated let intensity: RestartIntensity
    nonisolated let life = SupervisorLife()
    nonisolated let launches = LaunchDesk()
    nonisolated let routes = PartitionRoutes<Partition>()
    private nonisolated let specifications: [Child]
    private nonisolated let partitions: Int
    private var hasBegun = false
    // Without checks of exclusivity at run time: nothing that runs while it is being changed comes back to the supervisor.
    @exclusivity(unchecked) private var shell: SupervisorShell<PartitionSupervisor>

    /// A supervisor of servers that are all made alike.
    ///
    /// Nothing is checked or started yet: its start throws ``SupervisorError/invalid(field:value:expected:)`` for settings
    /// that cannot be.
    ///
    /// - Parameters:
    ///   - partitions: how many there are, 1 or more; nil for one for each processor of the system.
    ///   - strategy: which partitions are restarted together with one that ended.
    ///   - intensity: how many restarts, of all partitions together, it makes before it gives up.
    ///   - restart: when a partition is started again after it has ended.
    ///   - shutdown: how long each partition is given to stop; nil for 5 seconds.
    ///   - backoff: how long to wait before a restart; nil for not at all.
    ///   - start: makes a server, anew for each partition and each incarnation. Throwing is a failed start.
    public init(
        partitions: Int? = nil,
        strategy: Strategy = .oneForOne,
        intensity: RestartIntensity = .init(3, within: .seconds(5)),
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        backoff: Backoff? = nil,
        start: @escaping @Sendable () async throws -> Partition
    ) {
        self.init(partitions: partitions, strategy: strategy, intensity: intensity, of: Partition.self) {
            Child(ChildID("\($0)"), restart: restart, shutdown: shutdown, backoff: backoff, start: start)
        }
    }

    /// A supervisor of servers that are described one by one, each by its number.
    ///
    /// ```swift
    /// PartitionSupervisor(partitions: 4, of: Cart.self) { number in
    ///     Child("\(number)") { Cart(shard: number) }.mailbox(limit: 1_000)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - partitions: how many there are, 1 or more; nil for one for each processor of the system.
    ///   - strategy: which partitions are restarted together with one that ended.
    ///   - intensity: how many restarts, of all partitions together, it makes before it gives up.
    ///   - server: what each partition is. A specification that makes another server is refused at the start.
    ///   - specification: describes the partition of that number, from 0. Its id stands in paths and events.
    public init(
        partitions: Int? = nil,
        strategy: Strategy = .oneForOne,
        intensity: RestartIntensity = .init(3, within: .seconds(5)),
        of server: Partition.Type,
        specification: (_ number: Int) -> some ChildSpecification
    ) {
        let partitions = partitions ?? Runtime.processorCount
        self.partitions = partitions
        self.strategy = strategy
        self.intensity = intensity
        specifications = (0..<max(0, partitions)).map { specification($0).child }
        shell = SupervisorShell(SupervisorState(strategy: strategy, intensity: intensity), life, launches)
    }
}

// MARK: - Its life

extension PartitionSupervisor {
    /// Checks the settings and begins to start the partitions. The start is complete when the last one runs.
    public func started(_ context: ServerContext<PartitionSupervisor>) async throws {
        if hasBegun { throw SupervisorError.startedBefore }
        hasBegun = true
        if let problem = problems.first { throw problem }
        let places = try shell.begin(specifications, context)
        // As each is known to make the right server, none is left out.
        routes.open(places.compactMap { $0 as? ServerPlace<Partition> })
    }

    private nonisolated var problems: [SupervisorError] {
        var problems = SpecificationCheck.problems(of: intensity, "intensity.")
        if partitions < 1 {
            problems.append(.invalid(field: "partitions", value: "\(partitions)", expected: "1 or more"))
        }
        problems += SpecificationCheck.problems(of: specifications, .never)
        for child in specifications where child.serverType != Partition.self {
            problems.append(
                .invalid(
                    field: "the server of child '\(child.id)'",
                    value: "of another type",
                    expected: "\(Partition.self)"
                )
            )
        }
        return problems
    }

    /// Lets go of the partitions' places, which are all closed by now, unless something but its own stop has ended it.
    public func terminate(reason: ExitReason) async {
        routes.close()
        shell.end()
    }

    /// Takes what its children tell, and what it tells itself.
    public func handle(_ message: Message, _ context: ServerContext<PartitionSupervisor>) async throws {
        try take(message.signal, now: context.runtime.now)
    }
}

extension PartitionSupervisor: SupervisingServer {
    private final class Port: SupervisorPort<PartitionSupervisor>, @unchecked Sendable {
        // Unchecked because of the class that it comes from.

        override func tell(
            _ key: ChildKey,
            _ event: consuming PlaceEvent,
            now: RuntimeInstant
        ) async -> (isHeard: Bool, following: LaunchList) {
            await owner.tell(.place(key, consume event), from: incarnation, now: now)
        }
    }

    static func makePort(_ context: ServerContext<PartitionSupervisor>) -> SupervisorPort<PartitionSupervisor> {
        Port(context)
    }

    static func message(_ signal: SupervisorSignal) -> Message {
        Message(signal: signal)
    }

    func take(_ signal: consuming SupervisorSignal, now: RuntimeInstant) throws {
        try shell.handle(consume signal, now: now)
    }

    static var title: String { "partition supervisor" }

    var shownStrategy: Strategy? { strategy }

    var residents: [Resident] { shell.residents }

    var childCount: Int { shell.childCount }
    var isEnding: Bool { shell.isEnding }
    func keys(from first: ChildKey, limit: Int) -> [ChildKey] { shell.keys(from: first, limit: limit) }
    func key(of id: ChildID) -> ChildKey? { shell.key(of: id) }
    func resident(_ key: ChildKey) -> Resident? { shell.resident(key) }

    static func stop(_ id: ChildID, of ref: ServerRef<PartitionSupervisor>) async throws {
        try await ref.administer { $0.terminateChild(id, $1, now: $2) }
    }

    static func stopAndStart(_ id: ChildID, of ref: ServerRef<PartitionSupervisor>) async throws {
        try await ref.administer { $0.terminateChild(id, $1, now: $2) }
        try await ref.administer { $0.restartChild(id, $1, now: $2) }
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

extension PartitionSupervisor {
    var counts: ChildCounts { ChildCounts(shell.machine) }

    /// Starts and stops partitions until there are `count`, and answers when that is done.
    func resize(to count: Int, _ reply: Reply<Void>) throws {
        guard (0...partitions).contains(count) else {
            let expected = "0 to \(partitions), the number of partitions that it was made with"
            return reply(throwing: SupervisorError.invalid(field: "partitions", value: "\(count)", expected: expected))
        }
        // Each is asked, whatever it is at: another change may be under way, and comes first.
        let change = PartitionChange(routes, to: count, steps: partitions, reply)
        for number in 0..<count {
            try request(number, change) { $0.restartChild($1, $2, now: $3) }
        }
        for number in (count..<partitions).reversed() {
            try request(number, change) { $0.terminateChild($1, $2, now: $3) }
        }
    }

    /// Does to a partition what an operator asks.
    fileprivate func administer(
        _ reply: Reply<ChildStart?>,
        _ event: (inout SupervisorState, SupervisorState.RequestID, RuntimeInstant) -> [SupervisorState.Action]
    ) throws {
        try shell.request(reply, event)
    }

    private func request(
        _ number: Int,
        _ change: PartitionChange<Partition>,
        _ event: (inout SupervisorState, ChildID, SupervisorState.RequestID, RuntimeInstant) -> [SupervisorState.Action]
    ) throws {
        let id = specifications[number].id
        let reply = Reply<ChildStart?> { result, _ in change.stepEnded(result) }
        try shell.request(reply) { event(&$0, id, $1, $2) }
    }
}

extension ServerRef {
    fileprivate func administer<Partition: GenServer>(
        _ event:
            @escaping @Sendable (inout SupervisorState, SupervisorState.RequestID, RuntimeInstant)
            -> [SupervisorState.Action]
    ) async throws where Server == PartitionSupervisor<Partition> {
        _ = try await request { (supervisor: isolated Server, reply: Reply<ChildStart?>) in
            try supervisor.administer(reply, event)
        }
    }
}
