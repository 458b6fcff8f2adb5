internal import Supervision
internal import Synchronization

/// One service's circuit: a ``CircuitMachine`` under a lock, and the hands that carry its actions out.
///
/// Nothing of the user's runs under the lock: errors and results are judged before it is taken, an open time is computed
/// between two steps, and timers and events are dealt with after it has been let go.
@usableFromInline
final class Circuit: Sendable {
    fileprivate struct Guarded {
        var machine: CircuitMachine
        /// The server has ended, or the circuit has been removed: nothing changes any more.
        var isRetired = false
        /// Events that have happened and not been told, in order.
        var events: [CircuitEvent] = []
        /// Somebody is telling them. One at a time does, so that none overtakes another (B26).
        var isEmitting = false
        var timers = CircuitTimers()
    }

    /// What an attempt to be let through came to.
    enum Acquisition {
        case admitted(CircuitTicket)
        case rejected(CircuitBreakerError)
        case retired
    }

    let service: ServiceName
    @usableFromInline let policy: CircuitPolicy
    private let environment: CircuitEnvironment
    private let guarded: Mutex<Guarded>

    init(_ service: ServiceName, policy: CircuitPolicy, environment: CircuitEnvironment) {
        self.service = service
        self.policy = policy
        self.environment = environment
        guarded = Mutex(Guarded(machine: CircuitMachine(trip: policy.trip, halfOpen: policy.halfOpen)))
    }
}

// MARK: - Calls

extension Circuit {
    func acquire() -> Acquisition {
        let quick = guarded.withLock { guarded -> CircuitTicket? in
            guarded.isRetired ? nil : guarded.machine.acquireWithoutClock()
        }
        if let quick { return .admitted(quick) }
        let admission = perform { machine, openTime, actions in
            machine.acquire(now: environment.runtime.now, openTime: openTime, actions: &actions)
        }
        switch admission {
        case nil: return .retired
        case .admitted(let ticket): return .admitted(ticket)
        case .noFreeProbe: return .rejected(.noFreeProbe(service))
        case .open(let retryAfter, let lastFailure):
            return .rejected(.open(service, retryAfter: retryAfter, lastFailure: lastFailure))
        }
    }

    /// The call returned a value.
    @inlinable
    func returned<Value>(_ value: Value, _ ticket: CircuitTicket) {
        record(policy.judgeResult.map { $0(value) } ?? .success, of: ticket)
    }

    /// The call threw an error, in a task that was cancelled or was not.
    @usableFromInline
    func threw(_ error: any Error, isCancelled: Bool, _ ticket: CircuitTicket) {
        let outcome = isCancelled ? policy.cancellation : policy.judgeError(error)
        record(outcome, failure: CircuitFailure(error, policy), of: ticket)
    }

    /// The call came to that.
    @usableFromInline
    func record(_ outcome: CallOutcome, of ticket: CircuitTicket) {
        record(outcome, failure: CircuitFailure(), of: ticket)
    }

    private func record(
        _ outcome: CallOutcome,
        failure: @autoclosure () -> CircuitFailure,
        of ticket: CircuitTicket
    ) {
        let report: CircuitReport =
            switch outcome {
            case .success: .success
            case .failure: .failure(failure())
            case .ignored: .ignored
            }
        let isRecorded = guarded.withLock { guarded in
            !guarded.isRetired && guarded.machine.recordWithoutClock(report, of: ticket)
        }
        if isRecorded { return }
        let recorded: Void? = perform { machine, openTime, actions in
            machine.record(
                report,
                of: ticket,
                now: environment.runtime.now,
                openTime: openTime,
                actions: &actions
            )
        }
        if recorded == nil { environment.reportLate(service) }
    }

    /// A call of an earlier incarnation, or of an earlier circuit of this service, reports (B4).
    func addLate() {
        guarded.withLock { $0.machine.addLate() }
    }
}

// MARK: - Timers, operators, queries

extension Circuit {
    func resetTimerFired(generation: UInt64) {
        _ = perform { machine, _, actions in
            .done(machine.resetTimerFired(generation: generation, now: environment.runtime.now, actions: &actions))
        }
    }

    func leaseTimerFired(generation: UInt64, probe: UInt64) {
        _ = perform { machine, openTime, actions in
            machine.leaseTimerFired(
                generation: generation,
                probe: probe,
                now: environment.runtime.now,
                openTime: openTime,
                actions: &actions
            )
        }
    }

    func reset() {
        _ = perform { machine, _, actions in
            .done(machine.reset(now: environment.runtime.now, actions: &actions))
        }
    }

    func override(_ override: CircuitOverride) {
        _ = perform { machine, _, actions in
            .done(machine.override(override, now: environment.runtime.now, actions: &actions))
        }
    }

    func enable() {
        _ = perform { machine, _, actions in
            .done(machine.enable(now: environment.runtime.now, actions: &actions))
        }
    }

    /// The state in effect, found out on a copy: nothing is changed and no chance is drawn (B9).
    func snapshot() -> CircuitSnapshot {
        var (machine, now) = guarded.withLock { ($0.machine, environment.runtime.now) }
        var openTime: CircuitMachine.OpenTime?
        var ignored: [CircuitAction] = []
        while let attempt = machine.catchUp(to: now, openTime: openTime, actions: &ignored) {
            // Without jitter, which has not been drawn yet, this is the longest that the open time can be.
            openTime = .computed(by: policy, attempt: attempt) { $0.upperBound }
        }
        return machine.snapshot(of: service, now: now)
    }

    /// Ends the circuit: what its calls report from now on is late. With `event` one says that it was removed.
    func retire(isRemoval: Bool = false) {
        let (timers, emits) = guarded.withLock { guarded in
            if isRemoval, !guarded.isRetired {
                let machine = guarded.machine
                let kind = CircuitEvent.Kind.removed(machine.visibleState, counts: machine.counts)
                guarded.append(kind, of: service, at: environment.runtime.now)
            }
            guarded.isRetired = true
            return (guarded.timers.takeAll(), guarded.beginEmitting())
        }
        for timer in timers { timer.cancel() }
        if emits { emitEvents() }
    }
}

// MARK: - Carrying out

extension Circuit {
    /// Takes one step of the machine, with the open time that it asks for if it does, and carries out what follows.
    /// Returns nil when the circuit has been retired.
    @inline(__always)
    private func perform<Result>(
        _ step: (inout CircuitMachine, CircuitMachine.OpenTime?, inout [CircuitAction]) -> CircuitMachine.Step<Result>
    ) -> Result? {
        var openTime: CircuitMachine.OpenTime?
        while true {
            var actions: [CircuitAction] = []
            let taken = guarded.withLock { guarded -> CircuitMachine.Step<Result>? in
                if guarded.isRetired { return nil }
                let taken = step(&guarded.machine, openTime, &actions)
                for case .publish(let kind, let time) in actions { guarded.append(kind, of: service, at: time) }
                return taken
            }
            if !actions.isEmpty { carryOut(actions) }
            switch taken {
            case nil: return nil
            case .done(let result): return result
            case .needsOpenTime(let attempt):
                openTime = .computed(by: policy, attempt: attempt, random: environment.drawRandom)
            }
        }
    }

    @inline(never)
    private func carryOut(_ actions: [CircuitAction]) {
        for action in actions {
            switch action {
            case .publish: break
            case .armResetTimer(let time, let generation):
                arm(.reset, .resetTimer(service, generation: generation), at: time, of: generation)
            case .armLeaseTimer(let time, let generation, let probe):
                let message = CircuitBreakerServer.Message.leaseTimer(service, generation: generation, probe: probe)
                arm(.lease(probe: probe), message, at: time, of: generation)
            case .cancelLeaseTimer(let probe):
                guarded.withLock { $0.timers.take(.lease(probe: probe)) }?.cancel()
            case .cancelTimers:
                // Those of the generation that is over. A newer one may have been armed meanwhile by another thread.
                let timers = guarded.withLock { $0.timers.takeAll(before: $0.machine.generation) }
                for timer in timers { timer.cancel() }
            }
        }
        if guarded.withLock({ $0.beginEmitting() }) { emitEvents() }
    }

    /// Arms a timer, if there is a server to send its message to. One that comes too late to be needed does no harm
    /// (B14); it is only not kept.
    private func arm(
        _ slot: CircuitTimers.Slot,
        _ message: CircuitBreakerServer.Message,
        at time: RuntimeInstant,
        of generation: UInt64
    ) {
        guard let context = environment.context else { return }
        let delay = max(.zero, environment.runtime.now.duration(to: time))
        let timer = context.send(message, after: delay)
        let unneeded = guarded.withLock { guarded in
            if guarded.isRetired || guarded.machine.generation != generation { return timer as TimerToken? }
            return guarded.timers.keep(timer, in: slot, of: generation)
        }
        unneeded?.cancel()
    }

    /// Tells the sink of all that has happened, also of what happens meanwhile.
    private func emitEvents() {
        while true {
            let events = guarded.withLock { $0.takeEvents() }
            if events.isEmpty { return }
            let runtime = environment.runtime
            for event in events { runtime.emit(event) }
        }
    }
}

extension Circuit.Guarded {
    fileprivate mutating func append(_ kind: CircuitEvent.Kind, of service: ServiceName, at time: RuntimeInstant) {
        events.append(CircuitEvent(service: service, time: time, kind: kind))
    }

    /// True when there is something to tell and nobody else is telling.
    fileprivate mutating func beginEmitting() -> Bool {
        if events.isEmpty || isEmitting { return false }
        isEmitting = true
        return true
    }

    fileprivate mutating func takeEvents() -> [CircuitEvent] {
        let taken = events
        events = []
        if taken.isEmpty { isEmitting = false }
        return taken
    }
}
