public import Supervision
internal import Synchronization

/// The circuits of a ``CircuitBreakerServer`` by service, reached without a hop to the server, with what they share:
/// their runtime, their policies, their way to have messages sent.
///
/// A server has one of its own. The server of the name `.circuitBreakers` takes its runtime's instead, which stays the
/// same over all restarts, so that a call finds it without a lock: each incarnation sits down in it and is the only
/// one that can get up again. While nobody sits there no call is let through.
///
/// Circuits hold their table and it holds them, until ``retire(_:)`` lets them go.
///
/// **Four ways of a call**, each for what the one before cannot do: let in by the lane of its service's circuit, with
/// nothing held (``CircuitMap/enter(_:)``); rejected by it (``CircuitMap/reject(_:)``); either of them by the lane of a
/// circuit whose name is spelled in another way, while the table cannot change; with the circuit held, which is made if
/// there is none.
@usableFromInline
final class CircuitTable: Sendable {
    struct Rules: Sendable {
        var policy: SharedPolicy
        var policies: [ServiceName: SharedPolicy]
        var maxCircuits: Int
        var autoCreate: Bool
        /// What is wrong with the first policy that is invalid.
        var invalidPolicy: InvalidCircuitPolicy?
    }

    /// Not copied, since many look into it.
    fileprivate struct Guarded: ~Copyable {
        var rules: Rules
        /// The incarnation that sits here, if one does.
        var owner: ObjectIdentifier?
        var isRetired = false
        /// The runtime's table, if the server has gone to sit there. This one has no circuits then.
        var successor: CircuitTable?
    }

    private struct Surroundings {
        var runtime: Runtime?
        var context: ServerContext<CircuitBreakerServer>?
        /// A new one for each incarnation, since its streams end with it (B28).
        var feed = CircuitEventFeed()
        var keeper: CircuitKeeper?
        /// Made with the first circuit.
        var ofCircuits: CircuitSurroundings?
    }

    private let guarded: ReadMostly<Guarded>
    /// Changed only by those who change what is guarded, and read as that is, but for calls that enter by a lane.
    private let circuits = CircuitMap()
    let lanes = LanePool()
    private let uses = CircuitUses()
    private let around: Mutex<Surroundings>

    init(rules: Rules, runtime: Runtime) {
        guarded = ReadMostly(Guarded(rules: rules))
        around = Mutex(Surroundings(runtime: runtime))
    }

    /// The runtime's own table. Nobody sits there yet.
    private init(vacantWith rules: Rules) {
        guarded = ReadMostly(Guarded(rules: rules, isRetired: true))
        around = Mutex(Surroundings())
    }

    /// The table of the runtime's well-known server; nil when there has never been one.
    @usableFromInline
    static func wellKnown(in runtime: Runtime) -> CircuitTable? {
        // Nothing else is ever put there.
        runtime.wellKnownBreakers.map { Unmanaged<CircuitTable>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The table of the runtime's well-known server, made if there is none.
    static func wellKnown(in runtime: Runtime, orMadeWith rules: Rules) -> CircuitTable {
        while true {
            if let table = wellKnown(in: runtime) { return table }
            runtime.keepWellKnownBreakers(CircuitTable(vacantWith: rules))
        }
    }
}

// MARK: - What circuits need

extension CircuitTable {
    /// What circuits that are made now belong to.
    var surroundings: CircuitSurroundings {
        around.withLock { around in
            if let made = around.ofCircuits { return made }
            let made = CircuitSurroundings(table: self, runtime: around.runtime ?? .current, feed: around.feed)
            around.ofCircuits = made
            return made
        }
    }

    var runtime: Runtime { around.withLock { $0.runtime ?? .current } }

    var feed: CircuitEventFeed { around.withLock(\.feed) }

    /// Nil when no supervisor runs the server: then there are no timers, and open times end when a call comes (B11).
    var context: ServerContext<CircuitBreakerServer>? { around.withLock(\.context) }

    /// A circuit has changed, which is to outlive the server if there is a store.
    func keep(_ circuit: Circuit) {
        around.withLock(\.keeper)?.keep(circuit)
    }

    /// The first of the services that a circuit's service depends on, directly or not, that cannot be called (B21).
    func obstacle(to circuit: Circuit) -> CircuitObstacle? {
        var seen: Set<ServiceName> = [circuit.service]
        var upcoming = circuit.policy.policy.dependsOn
        while !upcoming.isEmpty {
            let service = upcoming.removeFirst()
            guard seen.insert(service).inserted, let snapshot = dependency(service) else { continue }
            switch snapshot.state {
            case .open, .forcedOpen: return CircuitObstacle(service: service, retryAfter: snapshot.retryAfter)
            case .disabled, .metricsOnly: break
            case .closed, .halfOpen: upcoming += policy(of: service).dependsOn
            }
        }
        return nil
    }

    /// How a service stands that another one depends on. One that has not been called yet stands as an operator would
    /// have it begin; that it would begin open is not held against it, since nobody might ever call it.
    private func dependency(_ service: ServiceName) -> CircuitSnapshot? {
        if let snapshot = circuit(of: service)?.snapshot() { return snapshot }
        let begins = policy(of: service).initialState
        let state = begins.isOverride ? CircuitState(rawValue: begins.rawValue) : nil
        return CircuitSnapshot(service: service, state: state ?? .closed)
    }

    /// A report came to a circuit that has been retired. It counts as late where the service's calls go now (B4): in
    /// the same server, when only the circuit was removed, or in its next incarnation. Harmless when there is none.
    func reportLate(_ service: ServiceName) {
        circuit(of: service)?.addLate()
    }
}

// MARK: - Life

extension CircuitTable {
    var isRetired: Bool { guarded.read { $0.isRetired } }

    /// Begins an incarnation: with fresh circuits, by its rules. What a former one has left, which may have been killed
    /// before it could clean up, is retired.
    ///
    /// - Parameter isCutOff: whether the incarnation has been given up while it started. Then it stays out, since
    ///   nobody would have it go, and the next one may be here already.
    /// - Returns: whether it has begun.
    func attach(
        to context: ServerContext<CircuitBreakerServer>,
        owner: ObjectIdentifier,
        rules: Rules,
        keeper: CircuitKeeper?,
        unless isCutOff: () -> Bool
    ) -> Bool {
        let former = guarded.change { guarded -> ([Circuit], CircuitEventFeed)? in
            if isCutOff() { return nil }
            defer { guarded = Guarded(rules: rules, owner: owner) }
            let feed = around.withLock { around in
                defer { around = Surroundings(runtime: context.runtime, context: context, keeper: keeper) }
                return around.feed
            }
            return (circuits.removeAll(), feed)
        }
        guard let (circuits, feed) = former else { return false }
        feed.finish()
        Self.retire(circuits)
        return true
    }

    /// Ends the incarnation: lets no call through any more, cancels the timers (B28), and what calls in flight report
    /// is late. Nothing happens when another one has taken the place.
    func retire(_ owner: ObjectIdentifier?) {
        // All at once, so that what is taken away is this incarnation's and not the next one's. It is let go of outside
        // the lock. The runtime holds its own table, which must not hold it in turn.
        let retired = guarded.change { guarded -> ([Circuit], Surroundings)? in
            if guarded.owner != owner { return nil }
            guarded.isRetired = true
            let former = around.withLock { around in
                defer { around = Surroundings() }
                return around
            }
            return (circuits.removeAll(), former)
        }
        guard let (circuits, former) = retired else { return }
        Self.retire(circuits)
        former.feed.finish()
    }

    /// In the same order in every process.
    private static func retire(_ circuits: [Circuit]) {
        for circuit in circuits.sorted(by: { $0.service.rawValue < $1.service.rawValue }) { circuit.retire() }
    }

    /// The server goes to sit in the runtime's table. Calls that come here find their circuits there.
    func moveOut(to table: CircuitTable) {
        let left = guarded.change { guarded in
            guarded.successor = table
            return circuits.removeAll()
        }
        Self.retire(left)
    }

    /// The table that the circuits of this server are in.
    var inUse: CircuitTable { guarded.read { $0.successor } ?? self }

    /// The rules in force.
    var rules: Rules { guarded.read { $0.rules } }
}

// MARK: - Calls

extension CircuitTable {
    /// Lets a call through, or throws why that is not possible at once.
    ///
    /// - Parameter canWait: whoever calls will go on with ``admitLater(_:_:)`` when there is no free probe.
    @inline(__always)
    func admitAtOnce(_ service: ServiceName, canWait: Bool = true) throws(CircuitBreakerError) -> CircuitAdmission {
        if let entrance = enterByLane(service) { return CircuitAdmission(entrance) }
        let table = Unmanaged.passUnretained(self)
        if let rejection = Self.rejectByLane(table, service) { throw rejection.error(for: service) }
        return CircuitAdmission(try Self.enterByLook(table, service, canWait: canWait))
    }

    /// The first way. Nil when that is none.
    @inline(__always)
    func enterByLane(_ service: ServiceName) -> CircuitEntrance? {
        guard let entrance = circuits.enter(service) else { return nil }
        uses.note(entrance.lane)
        return entrance
    }

    /// The second way, which lets no call in: by the lane, too. Whoever calls makes an error of the rejection, so that
    /// what is thrown is copied no more than it has to be. Nil when the circuit may let the call in. The table is kept
    /// by whoever calls.
    @inline(never)
    static func rejectByLane(
        _ table: Unmanaged<CircuitTable>,
        _ service: ServiceName
    ) -> CircuitMachine.OpenRejection? {
        table._withUnsafeGuaranteedRef { table in
            guard let (lane, rejection) = table.circuits.reject(service) else { return nil }
            table.uses.note(lane)
            return rejection
        }
    }

    /// The third way: with a look at the circuit, which does not leave the table meanwhile. The table is kept by
    /// whoever calls.
    @inline(never)
    static func enterByLook(
        _ table: Unmanaged<CircuitTable>,
        _ service: ServiceName,
        canWait: Bool
    ) throws(CircuitBreakerError) -> CircuitEntrance {
        let line = table._withUnsafeGuaranteedRef { $0.guarded.beginReading() }
        guard let circuit = table._withUnsafeGuaranteedRef({ $0.circuits.unretained(service) }) else {
            table._withUnsafeGuaranteedRef { $0.guarded.endReading(line) }
            return try table.takeUnretainedValue().enterAfterAll(service, nil, canWait: canWait)
        }
        let lane = circuit._withUnsafeGuaranteedRef { $0.lane }
        table._withUnsafeGuaranteedRef { $0.uses.note(lane) }
        // Its name may be spelled in another way.
        if let view = lane.pointer.pointee.enter() {
            table._withUnsafeGuaranteedRef { $0.guarded.endReading(line) }
            return CircuitEntrance(lane, view)
        }
        if let rejection = lane.pointer.pointee.reject() {
            table._withUnsafeGuaranteedRef { $0.guarded.endReading(line) }
            throw rejection.error(for: service)
        }
        let held = circuit.retain()
        table._withUnsafeGuaranteedRef { $0.guarded.endReading(line) }
        return try table.takeUnretainedValue().enterAfterAll(service, held.takeRetainedValue(), canWait: canWait)
    }

    @inline(never)
    private func enterAfterAll(
        _ service: ServiceName,
        _ found: Circuit?,
        canWait: Bool
    ) throws(CircuitBreakerError) -> CircuitEntrance {
        guard let entrance = try enter(service, found, canWait: canWait) else { throw .noServer }
        return entrance
    }

    /// Goes on with a call that could not be let through at once. Nil when the table is retired.
    @usableFromInline
    func admitLater(_ service: ServiceName, _ problem: CircuitBreakerError) async throws -> CircuitAdmission? {
        switch problem {
        case .noServer: return nil
        case .noFreeProbe: return try await admitToProbe(service, problem)
        default: throw problem
        }
    }

    /// Lets a call through, or throws why not. Nil when the table is retired.
    ///
    /// - Parameter canWait: whoever calls will go on with ``admitLater(_:_:)`` when there is no free probe.
    func admit(_ service: ServiceName, canWait: Bool = false) throws(CircuitBreakerError) -> CircuitAdmission? {
        guard let entrance = try enter(service, nil, canWait: canWait) else { return nil }
        return CircuitAdmission(entrance)
    }

    /// The fourth way: with the circuit, which is looked up if it has not been, and made if there is none.
    private func enter(
        _ service: ServiceName,
        _ found: Circuit?,
        canWait: Bool
    ) throws(CircuitBreakerError) -> CircuitEntrance? {
        var next = found
        while true {
            if next == nil { next = try circuit(for: service) }
            guard let circuit = next.take() else { return nil }
            if let view = circuit.lane.pointer.pointee.enter() { return CircuitEntrance(circuit.lane, view) }
            switch circuit.acquire(canWait: canWait) {
            case .admitted(let ticket, let taker): return CircuitEntrance(by: taker, ticket)
            case .rejected(let error): throw error
            // Removed since it was looked up, so the next look-up finds or makes another, or the table is retired.
            case .retired: continue
            }
        }
    }

    /// The way of a call that has been rejected: if that is for want of a free probe, and its policy has it wait for
    /// one, it does.
    ///
    /// - Throws: the rejection when there is nothing to wait for, or `CancellationError`.
    private func admitToProbe(
        _ service: ServiceName,
        _ rejection: CircuitBreakerError
    ) async throws -> CircuitAdmission? {
        let table = inUse
        guard case .noFreeProbe = rejection, table.circuit(of: service)?.policy.waitsForProbes == true else {
            throw rejection
        }
        while true {
            guard let circuit = table.circuit(of: service), circuit.policy.waitsForProbes else {
                return try table.admit(service)
            }
            guard try await circuit.waitForProbe() else { throw CircuitBreakerError.noFreeProbe(service) }
            do throws(CircuitBreakerError) {
                return try table.admit(service, canWait: true)
            } catch {
                guard case .noFreeProbe = error else { throw error }
            }
        }
    }

    /// The circuit of a service, if there is one.
    func circuit(of service: ServiceName) -> Circuit? {
        guarded.read { _ in circuits[service] }
    }

    /// The circuit of a service, made if there is none. Nil when the table is retired.
    @inline(__always)
    func circuit(for service: ServiceName) throws(CircuitBreakerError) -> Circuit? {
        if let circuit = guarded.read({ _ in circuits[service] }) {
            uses.note(circuit.lane)
            return circuit
        }
        return try makeCircuit(for: service)
    }

    @inline(never)
    private func makeCircuit(for service: ServiceName) throws(CircuitBreakerError) -> Circuit? {
        enum Made {
            // With those that had to go for it: what they own is freed outside the lock.
            case circuit(Circuit, isNew: Bool, evicted: [Circuit])
            case elsewhere(CircuitTable)
            case retired
            case not(CircuitBreakerError)
        }
        let made = guarded.change { guarded -> Made in
            if let successor = guarded.successor { return .elsewhere(successor) }
            if guarded.isRetired { return .retired }
            if let circuit = circuits[service] { return .circuit(circuit, isNew: false, evicted: []) }
            let rules = guarded.rules
            if let invalid = rules.invalidPolicy { return .not(.invalidPolicy(invalid)) }
            if !rules.autoCreate, rules.policies[service] == nil {
                let known = Known(circuits: circuits.circuits, policies: rules.policies)
                return .not(.unknownService(service, known: known.services))
            }
            var evicted: [Circuit] = []
            // More than one has to go when the bound has been lowered.
            while circuits.count >= rules.maxCircuits {
                guard let idle = circuits.evictLongestIdle() else {
                    return .not(.tooManyCircuits(limit: rules.maxCircuits))
                }
                evicted.append(idle)
            }
            let circuit = Circuit(service, policy: rules.policies[service] ?? rules.policy, table: self)
            circuits.insert(circuit)
            uses.noteAnother(circuit.lane)
            return .circuit(circuit, isNew: true, evicted: evicted)
        }
        switch made {
        case .elsewhere(let table): return try table.circuit(for: service)
        case .retired: return nil
        case .not(let error): throw error
        case .circuit(let circuit, let isNew, let evicted):
            if !evicted.isEmpty { feed.wake(in: runtime) }
            if isNew { circuit.settle() }
            return circuit
        }
    }
}

// MARK: - Queries and operators

extension CircuitTable {
    /// What makes services known: a circuit, or a policy of their own.
    fileprivate struct Known {
        let circuits: [Circuit]
        let policies: [ServiceName: SharedPolicy]

        /// By name.
        var services: [ServiceName] {
            Set(circuits.map(\.service)).union(policies.keys).sorted { $0.rawValue < $1.rawValue }
        }
    }
}

extension CircuitTable {
    var knownServices: [ServiceName] {
        // Put in order outside: whoever changes the table waits for its readers.
        guarded.readAtLength { Known(circuits: circuits.circuits, policies: $0.rules.policies) }.services
    }

    /// By name, so that what is done to all of them is done in the same order in every process.
    var allCircuits: [Circuit] {
        guarded.readAtLength { _ in circuits.circuits }.sorted { $0.service.rawValue < $1.service.rawValue }
    }

    private func hasPolicy(_ service: ServiceName) -> Bool {
        guarded.read { $0.rules.policies[service] != nil }
    }

    /// Nil when the service has neither a circuit nor a policy. Makes no circuit (B9).
    func snapshot(of service: ServiceName) -> CircuitSnapshot? {
        if let snapshot = circuit(of: service)?.snapshot() { return snapshot }
        guard let policy = guarded.read({ $0.rules.policies[service] }) else { return nil }
        // As it would begin, so that nobody is surprised by the first call.
        let state = CircuitState(rawValue: policy.policy.initialState.rawValue)
        return CircuitSnapshot(service: service, state: state ?? .closed)
    }

    func snapshots() -> [CircuitSnapshot] {
        knownServices.compactMap(snapshot)
    }

    /// Nil when the service has neither a circuit nor a policy. Makes no circuit (B9).
    func figures(of service: ServiceName) -> CircuitFigures? {
        if let figures = circuit(of: service)?.figures() { return figures }
        return snapshot(of: service).map { CircuitFigures(service: service, state: $0.state) }
    }

    func overview() -> CircuitOverview {
        CircuitOverview(knownServices.compactMap(figures))
    }

    /// Tells the figures of all circuits.
    func tellFigures() {
        let (runtime, feed) = (runtime, feed)
        let event = CircuitEvent(service: nil, time: runtime.now, kind: .figures(overview().circuits))
        if feed.append(event) { feed.wake(in: runtime) }
    }

    func tellStoreTrouble(_ trouble: String) {
        let (runtime, feed) = (runtime, feed)
        let event = CircuitEvent(service: nil, time: runtime.now, kind: .storeTrouble(trouble))
        if feed.append(event) { feed.wake(in: runtime) }
    }

    func reset(_ service: ServiceName) throws(CircuitBreakerError) {
        try known(service)
        try circuit(for: service)?.reset()
    }

    func resetAll() {
        for circuit in allCircuits { circuit.reset() }
    }

    /// Holds also for a service that has no circuit yet (B18).
    func override(_ service: ServiceName, _ override: CircuitOverride) throws(CircuitBreakerError) {
        try circuit(for: service)?.override(override)
    }

    func enable(_ service: ServiceName) throws(CircuitBreakerError) {
        try known(service)
        if let circuit = circuit(of: service) { return circuit.enable() }
        // It may begin overridden. Any other one has nothing that could be lifted.
        if policy(of: service).initialState.isOverride { try circuit(for: service)?.enable() }
    }

    func remove(_ service: ServiceName) throws(CircuitBreakerError) {
        try known(service)
        guard let circuit = guarded.change({ _ in circuits.remove(service) }) else { return }
        circuit.retire { .removed($0, counts: $1) }
        around.withLock(\.keeper)?.forget(circuit)
    }

    func isolate(_ service: ServiceName) throws(CircuitBreakerError) -> CircuitIsolation {
        while let circuit = try circuit(for: service) {
            if let id = circuit.isolate() { return CircuitIsolation(circuit: circuit, id: id) }
        }
        throw .noServer
    }

    func inject(_ faults: CircuitFaults?, into service: ServiceName) throws(CircuitBreakerError) {
        if faults == nil { try known(service) }
        try circuit(for: service)?.inject(faults)
    }

    /// The policy of a service: its own, or the one of those that have none.
    func policy(of service: ServiceName) -> CircuitPolicy {
        guarded.read { $0.rules.policies[service] ?? $0.rules.policy }.policy
    }

    /// What outlives a server: the circuits that are not closed.
    func kept() -> [StoredCircuit] {
        allCircuits.compactMap { $0.kept()?.0 }.sorted { $0.service.rawValue < $1.service.rawValue }
    }

    /// Takes up what was kept.
    func restore(_ stored: [StoredCircuit]) throws(CircuitBreakerError) {
        for stored in stored { try circuit(for: stored.service)?.restore(stored) }
    }

    /// Changes the rules, and the policies of the circuits that are there: they go on as they are, with their counts.
    /// Nothing changes when `change` throws.
    func changeRules<Failure: Error>(_ change: (inout Rules) throws(Failure) -> Void) throws(Failure) {
        let successors = try guarded.change { guarded throws(Failure) -> [Circuit] in
            var rules = guarded.rules
            try change(&rules)
            guarded.rules = rules
            var successors: [Circuit] = []
            for circuit in circuits.sorted {
                let policy = rules.policies[circuit.service] ?? rules.policy
                guard policy !== circuit.policy, let successor = circuit.replaced(policy: policy) else { continue }
                circuits.replace(with: successor)
                successors.append(successor)
            }
            return successors
        }
        for successor in successors {
            successor.settle()
            successor.releaseWaiters()
        }
    }

    private func known(_ service: ServiceName) throws(CircuitBreakerError) {
        if hasPolicy(service) || circuit(of: service) != nil { return }
        throw .unknownService(service, known: knownServices)
    }
}

extension CircuitTable.Rules {
    init(policy: CircuitPolicy, policies: [ServiceName: CircuitPolicy], maxCircuits: Int, autoCreate: Bool) {
        self.policy = SharedPolicy(policy)
        self.policies = policies.mapValues(SharedPolicy.init)
        self.maxCircuits = maxCircuits
        self.autoCreate = autoCreate
        invalidPolicy = Self.firstInvalid(policy, policies)
    }

    /// Checks all policies, and that none leads into a circle of dependencies (B21).
    func check() throws(InvalidCircuitPolicy) {
        try CircuitPolicy.validate(default: policy.policy, policies: policies.mapValues(\.policy))
    }

    private static func firstInvalid(
        _ policy: CircuitPolicy,
        _ policies: [ServiceName: CircuitPolicy]
    ) -> InvalidCircuitPolicy? {
        do throws(InvalidCircuitPolicy) {
            try CircuitPolicy.validate(default: policy, policies: policies)
            return nil
        } catch {
            return error
        }
    }
}
