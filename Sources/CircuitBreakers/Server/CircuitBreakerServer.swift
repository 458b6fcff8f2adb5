public import Supervision
internal import Synchronization

/// A server that keeps callers from services that fail: one circuit for each service name (B22).
///
/// ```swift
/// try await Supervisor {
///     Child(.circuitBreakers) { CircuitBreakerServer() }
///     Child(.users) { UserDirectory() }
/// }.run()
///
/// let user = try await CircuitBreakerServer.call("user-api") { try await api.user(1) }
/// ```
///
/// The server of the name `.circuitBreakers` is the one that the static functions use. Others may run under names of
/// their own and know nothing of each other; call them through their `ServerRef`. An instance may also be used by
/// itself, without a supervisor: it sets no timers then, and an open time ends when a call comes after it (B11).
///
/// The operation of a call runs in the caller's own task and on the caller's actor, never in the server and never under
/// a lock, so that a slow service holds up nobody else's calls (B1).
///
/// **Failure.** A restarted server starts with fresh circuits. Calls that are in flight then go on; what they report is
/// counted as late (B4). Calls that come while it restarts wait for it.
///
/// **Shutdown.** When it stops, its timers are cancelled and nothing of it is left (B28). Calls in flight go on.
public actor CircuitBreakerServer: GenServer {
    /// What can be cast to it, and what its timers send.
    public enum Message: Sendable, Hashable {
        /// Something that an operator asks, without an answer.
        case admin(AdminMessage)
        /// The open time of a circuit is over. Dropped when the circuit has gone on since (B14).
        case resetTimer(ServiceName, generation: UInt64)
        /// The lease of a probe is over. Dropped when the circuit or the probe has gone on since (B13, B14).
        case leaseTimer(ServiceName, generation: UInt64, probe: UInt64)
        /// It is time to look whether a flapping circuit has become quiet.
        case alarmTimer(ServiceName)
        /// It is time to tell the figures.
        case figuresTimer
    }

    /// Where calls begin: its circuits are here, or in the runtime's table when it runs under the well-known name.
    private nonisolated let ownTable: CircuitTable

    nonisolated var table: CircuitTable { ownTable.inUse }

    private let store: (any CircuitStore)?
    private let metricsInterval: Duration?
    private var figures: (beat: FiguresBeat, timer: TimerToken)?
    private var keeper: CircuitKeeper?
    /// Whether it has been given up, which may be while it starts.
    private nonisolated let isCutOff = Atomic(false)

    /// A server without circuits. Each is made at the first call of its service.
    ///
    /// Policies are checked when the server starts, and in an instance without a supervisor at the first call; see
    /// ``CircuitPolicy/validate()``.
    ///
    /// - Parameters:
    ///   - policy: the policy of the services that have none of their own.
    ///   - policies: the policies of single services. They count as known from the start.
    ///   - maxCircuits: how many circuits there may be at once. For one more the closed circuit is evicted that has not
    ///     been used for longest and has no call in flight; without any, the call throws
    ///     ``CircuitBreakerError/tooManyCircuits(limit:)`` (B23).
    ///   - autoCreate: whether the first call of a service that has no policy of its own makes a circuit. If not, it
    ///     throws ``CircuitBreakerError/unknownService(_:known:)``.
    ///   - metricsInterval: how often a ``CircuitEvent/Kind/figures(_:)`` tells the figures of all circuits; nil for never.
    ///     Longer than zero.
    ///   - store: where circuits outlive the server, so that a restarted one takes up open circuits with the time that
    ///     they have left (B22).
    public init(
        policy: CircuitPolicy = .init(),
        policies: [ServiceName: CircuitPolicy] = [:],
        maxCircuits: Int = 1_000,
        autoCreate: Bool = true,
        metricsInterval: Duration? = nil,
        store: (any CircuitStore)? = nil
    ) {
        self.metricsInterval = metricsInterval
        self.store = store
        let rules = CircuitTable.Rules(
            policy: policy,
            policies: policies,
            maxCircuits: maxCircuits,
            autoCreate: autoCreate
        )
        ownTable = CircuitTable(rules: rules, runtime: .current)
    }

    deinit {
        // Circuits and their table hold each other.
        ownTable.retire(nil)
    }

    /// Begins the incarnation.
    ///
    /// - Throws: ``InvalidCircuitPolicy``, a failed start.
    public func started(_ context: ServerContext<CircuitBreakerServer>) async throws {
        let rules = ownTable.rules
        if let invalid = rules.invalidPolicy { throw invalid }
        var table = ownTable
        if context.name == ServerName.circuitBreakers.rawValue {
            table = .wellKnown(in: context.runtime, orMadeWith: rules)
            ownTable.moveOut(to: table)
        }
        var stored: [StoredCircuit] = []
        var trouble: String?
        do {
            stored = try await store?.load() ?? []
        } catch {
            trouble = "it could not be loaded, so all circuits are fresh: \(type(of: error))"
        }
        keeper = store.map { store in
            CircuitKeeper(store, runtime: context.runtime) { [weak table] in table?.tellStoreTrouble($0) }
        }
        let hasBegun = table.attach(to: context, owner: ObjectIdentifier(self), rules: rules, keeper: keeper) {
            isCutOff.load(ordering: .sequentiallyConsistent)
        }
        guard hasBegun else { throw CancellationError() }
        if let trouble { table.tellStoreTrouble(trouble) }
        // One that no circuit can be made for is left out: the bound of the map may have been lowered.
        for circuit in stored { try? table.restore([circuit]) }
        if let metricsInterval {
            let beat = FiguresBeat(every: metricsInterval, from: context.runtime.now)
            figures = (beat, context.send(.figuresTimer, after: context.runtime.now.duration(to: beat.next)))
        }
    }

    /// Handles a message of its own timers, or of an operator who wants no answer.
    public func handle(_ message: Message, _ context: ServerContext<CircuitBreakerServer>) {
        switch message {
        case .admin(let message):
            _ = admin(message)
        case .resetTimer(let service, let generation):
            table.circuit(of: service)?.resetTimerFired(generation: generation)
        case .leaseTimer(let service, let generation, let probe):
            table.circuit(of: service)?.leaseTimerFired(generation: generation, probe: probe)
        case .alarmTimer(let service):
            table.circuit(of: service)?.alarmTimerFired()
        case .figuresTimer:
            tellFigures(context)
        }
    }

    /// Tells the figures that are due, and has itself sent a message for the next.
    private func tellFigures(_ context: ServerContext<CircuitBreakerServer>) {
        guard var (beat, timer) = figures else { return }
        timer.cancel()
        for _ in 0..<beat.take(by: context.runtime.now) { table.tellFigures() }
        timer = context.send(.figuresTimer, after: context.runtime.now.duration(to: beat.next))
        // Time may have passed since it was read, and a clock that is moved by hand goes off only when it is moved.
        if beat.next <= context.runtime.now { context.ref.cast(.figuresTimer) }
        figures = (beat, timer)
    }

    /// Ends the incarnation: no more calls are let through, no timer is left, streams of events end. The sink and the
    /// store have been told of all that happened when this returns, unless they take longer than the server's time to
    /// shut down.
    public func terminate(reason: ExitReason) async {
        let feed = table.feed
        await keeper?.flush()
        table.retire(ObjectIdentifier(self))
        await feed.flush()
    }
}

// MARK: - Calls

extension CircuitBreakerServer {
    /// Runs `operation` if the service's circuit lets it through, and records what came of it.
    ///
    /// When the caller's task is cancelled the operation is told as usual; what it throws then counts as
    /// ``CircuitPolicy/cancellation`` says.
    ///
    /// - Throws: the operation's own error, unchanged (B7), or ``CircuitBreakerError`` when the operation was not run:
    ///   ``CircuitBreakerError/noServer`` when this server has stopped.
    @inlinable
    public nonisolated func call<Value, Failure: Error>(
        _ service: ServiceName,
        _ operation: () async throws(Failure) -> Value
    ) async throws -> Value {
        let admission: CircuitAdmission
        do throws(CircuitBreakerError) {
            admission = try admit(service)
        } catch {
            guard case .noFreeProbe = error else { throw error }
            admission = try await admitLater(service, error)
        }
        return try await admission.run(operation)
    }

    @usableFromInline
    nonisolated func admit(_ service: ServiceName) throws(CircuitBreakerError) -> CircuitAdmission {
        try ownTable.admitAtOnce(service)
    }

    @usableFromInline
    nonisolated func admitLater(_ service: ServiceName, _ problem: CircuitBreakerError) async throws -> CircuitAdmission
    {
        guard let admission = try await ownTable.admitLater(service, problem) else {
            throw CircuitBreakerError.noServer
        }
        return admission
    }

    /// The right to make one call of the service, to be spent with a report (B2).
    ///
    /// - Throws: ``CircuitBreakerError`` when the circuit does not let a call through, or this server has stopped.
    public nonisolated func permit(_ service: ServiceName) throws(CircuitBreakerError) -> CallPermit {
        CallPermit(try ownTable.admitAtOnce(service, canWait: false))
    }

    /// Forces a circuit open for as long as the ``CircuitIsolation`` is held (B18).
    ///
    /// - Throws: ``CircuitBreakerError`` when no circuit can be made for the service, or this server has stopped.
    public nonisolated func isolate(_ service: ServiceName) throws(CircuitBreakerError) -> CircuitIsolation {
        try table.isolate(service)
    }
}

// MARK: - Queries and operators

extension CircuitBreakerServer {
    /// The state in effect of a service's circuit; nil when it has neither a circuit nor a policy. Changes nothing
    /// (B9).
    public func state(of service: ServiceName) -> CircuitSnapshot? {
        table.snapshot(of: service)
    }

    /// The states in effect of all circuits, and of the services that have a policy of their own, by name.
    public func states() -> [CircuitSnapshot] {
        table.snapshots()
    }

    /// What has come of a service's circuit since it was made; nil when it has neither a circuit nor a policy. Changes
    /// nothing (B9, B27).
    public func figures(of service: ServiceName) -> CircuitFigures? {
        table.figures(of: service)
    }

    /// The figures and the health of all circuits, which reads as a table (B27).
    public func overview() -> CircuitOverview {
        table.overview()
    }

    /// The events of the circuits from now on (B26). The stream ends when this incarnation of the server does.
    ///
    /// - Parameter capacity: how many events wait for a consumer that is slow; more are lost, and counted.
    public nonisolated func events(capacity: Int = CircuitEventStream.standardCapacity) -> CircuitEventStream {
        table.feed.stream(capacity: capacity)
    }

    /// Closes a circuit and clears its counts, whatever state it was in (B19).
    ///
    /// - Throws: ``CircuitBreakerError/unknownService(_:known:)``.
    public func reset(_ service: ServiceName) throws(CircuitBreakerError) {
        try table.reset(service)
    }

    /// Gives a service a policy of its own, also while its circuit is in use: it stays what it is, with its counts, and
    /// goes on by the new policy (B24). Windows of the same kind keep their calls. An open time that has begun and the
    /// leases of probes in flight are not changed, and the outcome of a call in flight is judged as when it began.
    ///
    /// It holds until the server is restarted.
    ///
    /// - Throws: ``CircuitBreakerError/invalidPolicy(_:)``; nothing has changed then.
    public func configure(_ service: ServiceName, _ policy: CircuitPolicy) throws(CircuitBreakerError) {
        try table.configure(service, policy)
    }

    /// Has the calls of a service fail or wait now and then; with nil no more. See ``CircuitFaults``.
    ///
    /// - Throws: ``CircuitBreakerError``: the service is unknown, or no circuit can be made for it.
    public func inject(_ faults: CircuitFaults?, into service: ServiceName) throws(CircuitBreakerError) {
        try table.inject(faults, into: service)
    }

    /// The circuits that are not closed, as another server can take them up: an open one with the time that it has left
    /// (B22). Changes nothing.
    public func storedCircuits() -> [StoredCircuit] {
        table.kept()
    }

    /// Takes up circuits: an open one for the time that it had left, one that was half-open begins that anew, an
    /// override holds on. Circuits of other services are left alone.
    ///
    /// - Throws: ``CircuitBreakerError`` when no circuit can be made for one of them; those before it are taken up.
    public func restore(_ circuits: [StoredCircuit]) throws(CircuitBreakerError) {
        try table.restore(circuits)
    }

    /// Does what an operator asks, and answers.
    public func admin(_ message: AdminMessage) -> AdminReply {
        table.admin(message)
    }
}

extension CircuitTable {
    func admin(_ message: CircuitBreakerServer.AdminMessage) -> CircuitBreakerServer.AdminReply {
        do throws(CircuitBreakerError) {
            switch message {
            case .state(let service):
                guard let snapshot = snapshot(of: service) else {
                    return .unknownService(service, known: knownServices)
                }
                return .states([snapshot])
            case .states: return .states(snapshots())
            case .reset(let service): try reset(service)
            case .resetAll: resetAll()
            case .forceOpen(let service): try override(service, .forcedOpen)
            case .disable(let service): try override(service, .disabled)
            case .metricsOnly(let service): try override(service, .metricsOnly)
            case .enable(let service): try enable(service)
            case .injectFaults(let service, let faults): try inject(faults, into: service)
            case .configure(let service, let settings): return answer(service, settings)
            case .remove(let service): try remove(service)
            }
            return .done
        } catch {
            if case .unknownService(let service, let known) = error { return .unknownService(service, known: known) }
            return .failed(reason: "\(error)")
        }
    }
}

extension CircuitBreakerServer: CutOffServer {
    /// One that is killed lets no more calls through either (B28).
    package nonisolated func wasCutOff(in runtime: Runtime) {
        isCutOff.store(true, ordering: .sequentiallyConsistent)
        table.retire(ObjectIdentifier(self))
    }
}
