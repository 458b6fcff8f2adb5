import Supervision
@testable import CircuitBreakers

/// A machine with a time that is set by hand, and nothing else of the world.
final class MachineBench {
    var machine: CircuitMachine
    var now = RuntimeInstant.origin
    /// All actions so far, in order.
    var actions: [CircuitAction] = []
    private let policy: SharedPolicy

    convenience init(_ policy: CircuitPolicy) {
        self.init(SharedPolicy(policy))
    }

    private init(_ policy: SharedPolicy) {
        self.policy = policy
        machine = CircuitMachine(policy, now: .origin)
        perform { _, _ in }
    }

    /// b(F, W, S) of the cases: opens after `failures` in a row, for `open` seconds, closes after `successes`.
    convenience init(_ failures: Int, open: Int = 10, successes: Int = 1, cap: Int = 1, lease: Int = 5) {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(failures)
        policy.openDuration = .constant(.seconds(open))
        policy.halfOpen = .init(maxProbes: cap, successThreshold: successes, probeTimeout: .seconds(lease))
        self.init(policy)
    }

    /// Another bench with the same past, that goes its own way from here.
    func copy() -> MachineBench {
        let copy = MachineBench(policy)
        copy.machine = CircuitMachine(copyOf: machine)
        copy.now = now
        copy.actions = actions
        return copy
    }

    var state: CircuitState { machine.state }
    var counts: CircuitCounts { machine.counts }
    var generation: UInt64 { machine.generation }
    /// The number of the latest open time.
    var attempt: Int? { machine.rare.details.attempt }
    /// What is left of the open time, as the machine stands.
    var retryAfter: Duration? { machine.snapshot(of: "test", now: now).retryAfter }

    var transitions: [CircuitTransition] {
        actions.compactMap { action in
            if case .publish(.transition(let transition), _) = action { transition } else { nil }
        }
    }

    func wait(_ duration: Duration) {
        now = now.advanced(by: duration)
    }

    /// Takes a step as a circuit does: after what is due, and followed by what comes of it.
    private func perform<Result>(_ step: (inout CircuitMachine, inout [CircuitAction]) -> Result) -> Result {
        catchUp()
        let result = step(&machine, &actions)
        catchUp()
        return result
    }

    private func catchUp() {
        while let question = machine.catchUp(to: now, actions: &actions) {
            machine.take(policy.answer(question, of: "test") { $0.upperBound }, now: now)
        }
    }

    func acquire(blockedBy obstacle: CircuitObstacle? = nil) -> CircuitMachine.Admission {
        let now = now
        return perform { $0.acquire(now: { now }, blockedBy: obstacle, actions: &$1) }
    }

    /// The ticket of a call that is let through, or nil.
    func admit() -> CircuitTicket? {
        if case .admitted(let ticket) = acquire() { ticket } else { nil }
    }

    func report(_ report: CircuitReport, of ticket: CircuitTicket) {
        let now = now
        perform { $0.record(report, of: ticket, now: { now }, actions: &$1) }
    }

    func record(_ outcome: CallOutcome, of ticket: CircuitTicket) {
        switch outcome {
        case .success: report(.success, of: ticket)
        case .failure: report(.failure(.init(error: Broken())), of: ticket)
        case .ignored: report(.ignored, of: ticket)
        }
    }

    /// Calls one after another, and how many of them were let through.
    @discardableResult
    func call(_ outcomes: CallOutcome...) -> Int {
        outcomes.count { outcome in
            guard let ticket = admit() else { return false }
            record(outcome, of: ticket)
            return true
        }
    }

    func resetTimer(generation: UInt64) {
        if generation != machine.generation { return }
        let now = now
        perform { $0.timerFired(generation: generation, now: now, actions: &$1) }
    }

    func leaseTimer(generation: UInt64, probe: UInt64) {
        if generation != machine.generation { return }
        let now = now
        perform { $0.leaseTimerFired(generation: generation, probe: probe, now: now, actions: &$1) }
    }

    func reset() { perform { [now] in $0.reset(now: now, actions: &$1) } }
    func override(_ override: CircuitOverride) { perform { [now] in $0.override(override, now: now, actions: &$1) } }
    func enable() { perform { [now] in $0.enable(now: now, actions: &$1) } }

    /// The state in effect, as an observer sees it.
    func observed() -> CircuitSnapshot {
        let copy = copy()
        copy.catchUp()
        return copy.machine.snapshot(of: "test", now: now)
    }

    /// Trips a fresh machine, and waits until it lets probes through.
    func goHalfOpen(open: Int = 10) {
        while state == .closed { call(.failure) }
        wait(.seconds(open))
        resetTimer(generation: machine.generation)
    }
}

/// The failure of an operation.
struct Broken: Error, Hashable {
    var number = 0
}
