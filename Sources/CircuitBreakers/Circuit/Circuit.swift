internal import Supervision
internal import Synchronization

/// One service's circuit: a ``CircuitMachine`` under a lock with a ``FastLane`` beside it, and the hands that carry its
/// actions out.
///
/// Nothing of the user's runs under the lock: errors and results are judged before it is taken, open times and trips
/// are computed between two steps, and timers and events are dealt with after it has been let go.
///
/// **What keeps it.** Its table does, as long as it is in there; after that the calls that are in flight, which it counts
/// anyway: a circuit that is over and still has some holds itself until the last of them has reported. So a call that
/// is let through and reports need not count a reference, at a place in memory where the threads would meet.
@usableFromInline
final class Circuit: Sendable {
    struct Guarded: ~Copyable {
        var machine: CircuitMachine
        /// Nothing changes any more: the server has ended, the circuit has been removed, or it goes on as another one.
        var isOver = false
        var rare = Rare<CircuitCompany>()
    }

    let policy: SharedPolicy
    let service: ServiceName
    /// Its own until it is gone, and another one's then.
    let lane: FastLaneRef
    /// That of the table when the circuit was made, and of the incarnation that it belongs to.
    private let surroundings: CircuitSurroundings
    let guarded: Mutex<Guarded>

    init(_ service: ServiceName, policy: SharedPolicy, table: CircuitTable) {
        let surroundings = table.surroundings
        lane = table.lanes.take()
        self.service = service
        self.policy = policy
        self.surroundings = surroundings
        guarded = Mutex(Guarded(machine: CircuitMachine(policy, now: surroundings.runtime.now)))
        occupyLane()
        guarded.withLock { openLane($0) }
    }

    /// Takes the place of `former`, as it is.
    private init(_ former: Circuit, policy: SharedPolicy, guarded: consuming sending Guarded) {
        service = former.service
        lane = former.table.lanes.take()
        surroundings = former.surroundings
        self.policy = policy
        self.guarded = Mutex(guarded)
        occupyLane(lastUsed: former.lane.pointer.pointee.lastUse.load(ordering: .relaxed))
    }

    deinit {
        // It is over, or nobody has ever got at it: nobody is let in any more.
        _ = lane.pointer.pointee.close()
        table.lanes.giveBack(lane)
    }

    /// One whose text is held in another way than others is only entered by those who keep the circuit.
    private func occupyLane(lastUsed: UInt64 = 0) {
        let spelling = service.spelling ?? .init(low: 0, high: 0)
        lane.pointer.pointee.occupy(Unmanaged.passUnretained(self), spelling)
        lane.pointer.pointee.lastUse.store(lastUsed, ordering: .relaxed)
    }

    var table: CircuitTable { surroundings.table }
    var runtime: Runtime { surroundings.runtime }
    var feed: CircuitEventFeed { surroundings.feed }
}

// MARK: - Steps

extension Circuit {
    private enum Taken<Result: Sendable>: Sendable {
        case done(Result)
        case asks(CircuitQuestion)
        case stale
        case retired
        case replaced(by: Circuit)
    }

    /// Takes one step of the machine: after what is due, and followed by what comes of it. Returns nil when the circuit
    /// has been retired.
    ///
    /// - Parameter generation: does nothing at all when the circuit is not of this one any more (B14).
    @discardableResult
    func perform<Result: Sendable>(
        in generation: UInt64? = nil,
        _ step: (inout CircuitMachine, () -> RuntimeInstant, inout [CircuitAction]) -> Result
    ) -> Result? {
        var taker: Circuit?
        return perform(in: generation, by: &taker, step)
    }

    /// - Parameters:
    ///   - isReport: whether the step is the report of a call that this circuit has let in.
    ///   - taker: the circuit that has taken the step, which is another one when this one is over; nil when none has.
    private func perform<Result: Sendable>(
        in generation: UInt64? = nil,
        isReport: Bool = false,
        by taker: inout Circuit?,
        _ step: (inout CircuitMachine, () -> RuntimeInstant, inout [CircuitAction]) -> Result
    ) -> Result? {
        var result: Result?
        var answer: CircuitAnswer?
        // Between two rounds another circuit may take the place of this one, with all that it has. What has been done
        // is not done again there, and the answer goes there.
        var circuit = self
        while true {
            var actions: [CircuitAction] = []
            let isFirst = result == nil
            let isInherited = isReport && circuit !== self
            let taken = circuit.take(step, in: generation, isInherited: isInherited, answer, &result, &actions)
            if isFirst, result != nil { taker = circuit }
            if !actions.isEmpty { circuit.carryOut(actions) }
            switch taken {
            case .done(let result): return result
            case .asks(let question):
                answer = circuit.policy.answer(question, of: service, random: runtime.random)
            case .retired: return result
            case .stale: return nil
            case .replaced(let successor): circuit = successor
            }
        }
    }

    @inline(__always)
    private func take<Result: Sendable>(
        _ step: (inout CircuitMachine, () -> RuntimeInstant, inout [CircuitAction]) -> Result,
        in generation: UInt64?,
        isInherited: Bool,
        _ answer: CircuitAnswer?,
        _ result: inout Result?,
        _ actions: inout [CircuitAction]
    ) -> Taken<Result> {
        guarded.withLock { guarded -> Taken<Result> in
            if guarded.isOver { return guarded.rare.details.successor.map { .replaced(by: $0) } ?? .retired }
            if let generation, result == nil, generation != guarded.machine.generation { return .stale }
            closeLane(&guarded)
            defer { openLane(guarded) }
            let isFirst = result == nil
            let taken = take(step, answer, &result, &guarded.machine, &actions)
            // Not when a question comes before the step, which is then taken in a later round.
            if isInherited, isFirst, result != nil { guarded.rare.details.inherited -= 1 }
            for case .publish(let kind, let time) in actions { publish(kind, at: time) }
            return taken
        }
    }

    @inline(__always)
    private func take<Result: Sendable>(
        _ step: (inout CircuitMachine, () -> RuntimeInstant, inout [CircuitAction]) -> Result,
        _ answer: CircuitAnswer?,
        _ result: inout Result?,
        _ machine: inout CircuitMachine,
        _ actions: inout [CircuitAction]
    ) -> Taken<Result> {
        // One look at the clock for all that is done at once.
        var read: RuntimeInstant?
        func now() -> RuntimeInstant {
            if let read { return read }
            let now = runtime.now
            read = now
            return now
        }
        if let answer { machine.take(answer, now: now()) }
        if machine.awaitsSomething, let question = machine.catchUp(to: now(), actions: &actions) {
            return .asks(question)
        }
        let done = result ?? step(&machine, now, &actions)
        result = done
        if machine.awaitsSomething, let question = machine.catchUp(to: now(), actions: &actions) {
            return .asks(question)
        }
        return .done(done)
    }

    private func closeLane(_ guarded: inout Guarded) {
        let unseen = lane.pointer.pointee.close()
        if unseen != FastLane.Counts() { guarded.machine.add(unseen) }
    }

    private func openLane(_ guarded: borrowing Guarded) {
        guard runtime.interference == nil else { return }
        if guarded.machine.letsAllThrough {
            if policy.dependsOnOthers { return }
            lane.pointer.pointee.open(
                generation: guarded.machine.generation,
                takesSuccesses: guarded.machine.takesSuccessesUnseen,
                judgesResults: policy.judgesResults
            )
        } else if let details = guarded.machine.detailsOfRejections {
            lane.pointer.pointee.openForRejections(details)
        }
    }
}

// MARK: - Calls

extension Circuit {
    /// What an attempt to be let through came to.
    enum Acquisition {
        /// By a circuit that counts the call, and so is kept by it: another one when this one is over.
        case admitted(CircuitTicket, by: Circuit)
        case rejected(CircuitBreakerError)
        case retired
    }

    var now: RuntimeInstant {
        // The circuit keeps its runtime. To hold that as well while it is asked would cost as much as to ask.
        Unmanaged.passUnretained(surroundings.runtime)._withUnsafeGuaranteedRef { $0.now }
    }

    /// - Parameter canWait: the caller would rather wait for the probes than be rejected for them. It is told
    ///   `noFreeProbe` all the same, but if the policy lets it wait it does not count as rejected yet.
    func acquire(canWait: Bool) -> Acquisition {
        var taker: Circuit?
        switch acquireAfterAll(canWait: canWait, by: &taker) {
        case nil: return .retired
        case .admitted(let ticket):
            let taker = taker ?? self
            let hasFaults = ticket.hasFaults || runtime.interference != nil
            return .admitted(ticket.with(faults: hasFaults, judgement: taker.policy.judgesResults), by: taker)
        case .noFreeProbe: return .rejected(.noFreeProbe(service))
        case .recovering: return .rejected(.recovering(service))
        case .open(let rejection): return .rejected(rejection.error(for: service))
        case .dependencyOpen(let obstacle):
            let retryAfter = obstacle.retryAfter
            return .rejected(.dependencyOpen(service, dependency: obstacle.service, retryAfter: retryAfter))
        }
    }

    private func acquireAfterAll(canWait: Bool, by taker: inout Circuit?) -> CircuitMachine.Admission? {
        let obstacle = policy.dependsOnOthers ? table.obstacle(to: self) : nil
        return perform(by: &taker) { machine, now, actions in
            machine.acquire(now: now, blockedBy: obstacle, canWait: canWait, actions: &actions)
        }
    }

    /// A call that was let through reports. Whoever calls keeps the circuit meanwhile.
    func record(_ report: CircuitReport, of ticket: CircuitTicket) {
        var taker: Circuit?
        let recorded: Void? = perform(isReport: true, by: &taker) { machine, now, actions in
            machine.record(report, of: ticket, now: now, actions: &actions)
        }
        if recorded == nil { table.reportLate(service) }
        if taker !== self { forgetCall() }
    }

    /// The short way of a success that leaves a closed circuit as it is; false when it takes a closer look. The lane
    /// stays open meanwhile. When it is true the call is over, and the circuit may be gone.
    func succeedInPassing(_ ticket: CircuitTicket) -> Bool {
        guard policy.recordsInPassing else { return false }
        let (isRecorded, unsettled) = guarded.withLock { guarded -> (Bool, Circuit?) in
            guard !guarded.isOver, guarded.machine.succeedInPassing(ticket, now: { runtime.now }) else {
                return (false, nil)
            }
            // Nothing but what is kept here keeps the circuit from now on.
            return (true, guarded.machine.awaitsSomething ? self : nil)
        }
        unsettled?.settle()
        return isRecorded
    }

    /// A call of an earlier incarnation, or of an earlier circuit of this service, reports (B4).
    func addLate() {
        perform { $0.addLate(now: $1(), actions: &$2) }
    }
}

// MARK: - Timers and operators

extension Circuit {
    /// Does what is due.
    func settle() {
        perform { _, _, _ in }
    }

    func resetTimerFired(generation: UInt64) {
        perform(in: generation) { $0.timerFired(generation: generation, now: $1(), actions: &$2) }
    }

    func leaseTimerFired(generation: UInt64, probe: UInt64) {
        perform(in: generation) {
            $0.leaseTimerFired(generation: generation, probe: probe, now: $1(), actions: &$2)
        }
    }

    func alarmTimerFired() {
        perform { $0.checkAlarm(now: $1(), actions: &$2) }
    }

    func reset() {
        perform { $0.reset(now: $1(), actions: &$2) }
    }

    func override(_ override: CircuitOverride) {
        perform { $0.override(override, now: $1(), actions: &$2) }
    }

    func enable() {
        perform { $0.enable(now: $1(), actions: &$2) }
    }

    func isolate() -> UInt64? {
        perform { $0.isolate(now: $1(), actions: &$2) }
    }

    func endIsolation(_ isolation: UInt64) {
        perform { $0.endIsolation(isolation, now: $1(), actions: &$2) }
    }

    func inject(_ faults: CircuitFaults?) {
        perform { machine, _, _ in machine.inject(faults) }
    }

    func restore(_ stored: StoredCircuit) {
        perform { $0.restore(stored, now: $1(), actions: &$2) }
    }
}

// MARK: - Queries

extension Circuit {
    /// Asks the circuit in effect now, which is found out on a copy: nothing is changed and no chance is drawn (B9).
    /// Nil when it is no more.
    private func ask<Answer: Sendable>(_ question: (borrowing CircuitMachine, RuntimeInstant) -> Answer) -> Answer? {
        var copy: CircuitMachine?
        var now = RuntimeInstant.origin
        let successor = guarded.withLock { guarded -> Circuit? in
            if guarded.isOver { return guarded.rare.details.successor }
            closeLane(&guarded)
            defer { openLane(guarded) }
            copy = CircuitMachine(copyOf: guarded.machine)
            now = runtime.now
            return nil
        }
        if let successor { return successor.ask(question) }
        guard var machine = copy.take() else { return nil }
        var ignored: [CircuitAction] = []
        while let asked = machine.catchUp(to: now, actions: &ignored) {
            // Without jitter, which has not been drawn yet, this is the longest that the open time can be.
            machine.take(policy.answer(asked, of: service) { $0.upperBound }, now: now)
        }
        return question(machine, now)
    }

    func snapshot() -> CircuitSnapshot? {
        ask { $0.snapshot(of: service, now: $1) }
    }

    func figures() -> CircuitFigures? {
        ask { $0.figures(of: service, now: $1) }
    }

    /// What of the circuit outlives its server, if anything does, and in which generation. Nil when it is no more.
    func kept() -> (StoredCircuit?, generation: UInt64)? {
        ask { ($0.kept(of: service, now: $1), $0.generation) }
    }
}

// MARK: - Life

extension Circuit {
    /// Nothing changes any more. Calls that are in flight keep the circuit until they have reported.
    private func end(_ guarded: inout Guarded) {
        guarded.isOver = true
        // Let go of in forgetCall().
        if guarded.machine.inFlight > guarded.rare.details.inherited { _ = Unmanaged.passRetained(self) }
    }

    /// One of the calls that were in flight when this circuit ended has reported. The last one lets go of it.
    private func forgetCall() {
        let isLast = guarded.withLock { guarded in
            guarded.machine.forgetCall()
            return guarded.machine.inFlight == guarded.rare.details.inherited
        }
        // Retained in end(_:).
        if isLast { Unmanaged.passUnretained(self).release() }
    }

    /// Ends the circuit: what its calls report from now on is late. With `event` one says that it was removed.
    func retire(_ event: ((CircuitState, CircuitCounts) -> CircuitEvent.Kind)? = nil) {
        let (timers, waiters) = guarded.withLock { guarded -> ([TimerToken], [ProbeWaiters.Waiter]) in
            if guarded.isOver { return ([], []) }
            closeLane(&guarded)
            if let event {
                publish(event(guarded.machine.state, guarded.machine.counts), at: runtime.now)
            }
            end(&guarded)
            if guarded.rare.isEmpty { return ([], []) }
            return (guarded.rare.details.timers.takeAll(), guarded.rare.details.waiters.takeAll())
        }
        for timer in timers { timer.cancel() }
        for waiter in waiters { waiter.resume() }
        feed.wake(in: runtime)
    }

    /// Ends the circuit if nobody misses it: closed, not overridden, no call in flight (B23). The feed has to be woken
    /// then.
    func retireIfIdle() -> Bool {
        guarded.withLock { guarded in
            if guarded.isOver { return true }
            closeLane(&guarded)
            guard guarded.machine.isDispensable(now: { runtime.now }) else {
                openLane(guarded)
                return false
            }
            publish(.evicted(guarded.machine.counts), at: runtime.now)
            end(&guarded)
            return true
        }
    }

    /// A circuit that goes on with all that this one has, by another policy. This one forwards to it from now on. Nil
    /// when this one is no more.
    func replaced(policy: SharedPolicy) -> Circuit? {
        guarded.withLock { guarded -> Circuit? in
            if guarded.isOver { return nil }
            closeLane(&guarded)
            guarded.machine.follow(policy, now: runtime.now)
            // What is handed on is kept once.
            var heir = Guarded(machine: CircuitMachine(copyOf: guarded.machine))
            // But for the calls that this one has inherited, which it goes on to count.
            let inherited = guarded.rare.details.inherited
            swap(&heir.rare, &guarded.rare)
            guarded.rare.details.inherited = inherited
            if heir.machine.inFlight > 0 || !heir.rare.isEmpty {
                heir.rare.details.inherited = heir.machine.inFlight
            }
            let successor = Circuit(self, policy: policy, guarded: heir)
            end(&guarded)
            guarded.rare.details.successor = successor
            successor.guarded.withLock { successor.openLane($0) }
            return successor
        }
    }
}
