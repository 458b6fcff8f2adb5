import Testing

@testable import Supervision

/// Drives the pure machine by the numbers of the children, and puts what it decides into words.
///
/// It stands for the shell: it counts incarnations as places do, and keeps the retries that were scheduled. After each
/// event it checks the invariants that the machine states.
struct DynamicHarness {
    private(set) var machine: DynamicSupervisorState
    var now = RuntimeInstant.origin
    private var incarnations: [Int: Int] = [:]
    private var retries: [Int: [Int]] = [:]
    private var requests = 0
    private var answered: Set<SupervisorState.RequestID> = []
    private(set) var isFinished = false

    init(
        maxChildren: Int? = nil,
        intensity: RestartIntensity = RestartIntensity(1000, within: .seconds(1)),
        running restarts: [Restart] = []
    ) {
        machine = DynamicSupervisorState(maxChildren: maxChildren, intensity: intensity)
        for restart in restarts {
            add(restart)
            started(machine.nextKey - 1)
        }
    }

    // MARK: Events

    @discardableResult
    mutating func add(
        _ restart: Restart = .permanent,
        isSupervisor: Bool = false,
        backoff: Backoff? = nil,
        limit: ChildLimit? = nil,
        whenUnstoppable policy: UnstoppablePolicy = .abandon
    ) -> [String] {
        let spec = DynamicSupervisorState.Spec(
            restart: restart,
            isSupervisor: isSupervisor,
            backoff: backoff,
            limit: limit,
            unstoppablePolicy: policy
        )
        let key = machine.makeKey()
        return note(machine.add(spec, key: key, request(), now: now))
    }

    @discardableResult
    mutating func started(_ child: Int, info: (any Sendable)? = nil) -> [String] {
        let incarnation = incarnations[child] ?? 0
        let info = info.map(StartInfo.init)
        return note(machine.childStarted(ChildKey(number: child), incarnation: incarnation, info: info, now: now))
    }

    @discardableResult
    mutating func startFailed(_ child: Int, _ error: any Error = Mishap()) -> [String] {
        note(machine.childStartFailed(ChildKey(number: child), error, now: now))
    }

    @discardableResult
    mutating func ended(
        _ child: Int,
        _ reason: ExitReason,
        incarnation: Int? = nil,
        askedFor: Duration = .zero,
        isAbandoned: Bool = false
    ) -> [String] {
        note(
            machine.childEnded(
                ChildKey(number: child),
                incarnation: incarnation ?? incarnations[child] ?? 0,
                reason,
                askedFor: askedFor,
                isAbandoned: isAbandoned,
                now: now
            )
        )
    }

    @discardableResult
    mutating func crashed(_ child: Int) -> [String] { ended(child, .error(Mishap())) }

    @discardableResult
    mutating func zombieEnded(_ child: Int) -> [String] { note(machine.zombieEnded(ChildKey(number: child))) }

    /// The retry of that place in the order in which the child's retries were scheduled comes; by default the latest.
    @discardableResult
    mutating func retry(_ child: Int, number: Int? = nil) -> [String] {
        let all = retries[child] ?? []
        let retry = number.map { all[$0] } ?? all.last ?? -1
        return note(machine.retry(ChildKey(number: child), retry: retry, now: now))
    }

    @discardableResult
    mutating func terminate(_ child: Int) -> [String] {
        note(machine.terminate(ChildKey(number: child), request(), now: now))
    }

    @discardableResult
    mutating func stop() -> [String] { note(machine.stop(.stopped(.shutdown))) }

    mutating func pass(_ time: Duration) { now = now.advanced(by: time) }

    // MARK: What stands

    /// The children, oldest first, each with its life.
    var lives: [String] {
        machine.slots.sorted { $0.key.number < $1.key.number }.map { "\($0.key.number) \($0.value.life)" }
    }

    private mutating func request() -> SupervisorState.RequestID {
        requests += 1
        return SupervisorState.RequestID(number: requests)
    }

    private mutating func note(_ actions: [DynamicSupervisorState.Action]) -> [String] {
        for action in actions {
            #expect(!isFinished, "an action after the finish: \(action)")
            switch action {
            case .start(let key):
                #expect(machine.outcome == nil, "a start on the way down")
                incarnations[key.number, default: 0] += 1
            case .scheduleRetry(let key, let retry, _): retries[key.number, default: []].append(retry)
            case .reply(let request, _):
                #expect(answered.insert(request).inserted, "request \(request.number) was answered twice")
            case .finish: isFinished = true
            case .stop, .stopAll, .close, .forget, .report, .reportStopped, .noteCulprit, .abortProcess: break
            }
        }
        for violation in violations { Issue.record("\(violation), with \(lives)") }
        if isFinished { #expect(answered.count == requests, "requests without an answer at the end") }
        return actions.map(Self.words)
    }

    /// What the machine says of itself that always holds between two events.
    private var violations: [String] {
        var violations: [String] = []
        let slots = machine.slots
        if machine.activeCount != slots.values.count(where: \.life.isActive) { violations.append("active miscounted") }
        if machine.supervisorCount != slots.values.count(where: \.isSupervisor) {
            violations.append("supervisors miscounted")
        }
        if machine.zombieCount != machine.zombies.values.reduce(0, +) { violations.append("zombies miscounted") }
        if Set(machine.retries.keys) != Set(slots.filter { $0.value.life == .waiting }.keys) {
            violations.append("retries and waiting children differ")
        }
        if Set(machine.starts.keys) != Set(slots.filter { $0.value.life == .starting }.keys) {
            violations.append("first starts and who waits for them differ")
        }
        if !Set(machine.terminations.keys).isSubset(of: slots.filter { $0.value.life == .stopping }.keys) {
            violations.append("somebody waits for the end of a child that was not asked to stop")
        }
        if !Set(machine.paces.keys).union(machine.limits.keys).isSubset(of: slots.keys) {
            violations.append("a pace or a limit without a child")
        }
        if machine.outcome != nil, slots.values.contains(where: { $0.life != .stopping }) {
            violations.append("on the way down with a child that was not asked to stop")
        }
        if machine.outcome != nil, slots.isEmpty != isFinished { violations.append("finished too early or too late") }
        return violations
    }

    private static func words(_ action: DynamicSupervisorState.Action) -> String {
        switch action {
        case .start(let key): return "start \(key.number)"
        case .stop(let key): return "stop \(key.number)"
        case .stopAll(let keys): return "stop all: " + keys.map { "\($0.number)" }.joined(separator: ", ")
        case .scheduleRetry(let key, _, let delay): return "retry \(key.number) in \(delay.shortDescription)"
        case .close(let key): return "close \(key.number)"
        case .forget(let key): return "forget \(key.number)"
        case .reply(let request, let answer): return "answer \(request.number): \(words(answer))"
        case .report(let report): return MachineWords.report(.report(report), [:]) ?? ""
        case .reportStopped(let group):
            return "\(group.count) \(group.isExpected ? "stopped" : "ended badly"): \(group.reason)"
        case .finish(.stopped(let reason)): return "over: \(reason)"
        case .finish(.gaveUp): return "over: gave up"
        case .finish(.unstoppable): return "over: unstoppable"
        case .noteCulprit(let key): return "culprit \(key.number)"
        case .abortProcess(let key): return "abort for \(key.number)"
        }
    }

    private static func words(_ answer: DynamicSupervisorState.Answer) -> String {
        switch answer {
        case .done: "done"
        case .unknown: "unknown"
        case .started(let key, let info): "started \(key.number)\(info.map { " with \($0.value)" } ?? "")"
        case .ignored(let key): "ignored \(key.number)"
        case .refused(let error): MachineWords.words(error)
        case .failed(let error): "failed: \(error)"
        }
    }
}
