import Testing

@testable import Supervision

/// Drives the pure machine by ids, and puts what it decides into words.
///
/// It stands for the shell: it counts incarnations as places do, and keeps the retries that were scheduled. After each
/// event it checks the invariants that the machine states.
struct MachineHarness {
    /// What one event made the machine decide.
    struct Decision {
        var actions: [SupervisorState.Action]
        fileprivate var names: [ChildKey: ChildID]

        /// Starts, stops, retries, and how the supervisor itself fares.
        var orders: [String] { actions.compactMap { MachineWords.order($0, names) } }
        var reports: [String] { actions.compactMap { MachineWords.report($0, names) } }
        var replies: [String] { actions.compactMap { MachineWords.reply($0) } }
        /// Places that were closed or dropped.
        var closures: [String] { actions.compactMap { MachineWords.closure($0, names) } }
        var isEmpty: Bool { actions.isEmpty }
    }

    private(set) var machine: SupervisorState
    var now = RuntimeInstant.origin
    private var names: [ChildKey: ChildID] = [:]
    private var incarnations: [ChildKey: Int] = [:]
    private var retries: [ChildKey: [Int]] = [:]
    private var requests = 0
    private var answered: Set<SupervisorState.RequestID> = []
    private(set) var isFinished = false
    /// Whether the supervisor was on its way down after the last event.
    private var isEnding = false

    init(
        _ strategy: Strategy = .oneForOne,
        intensity: RestartIntensity = RestartIntensity(1000, within: .seconds(1)),
        autoShutdown: Supervisor.AutoShutdown = .never,
        random: @escaping @Sendable (ClosedRange<Double>) -> Double = { $0.upperBound }
    ) {
        machine = SupervisorState(strategy: strategy, intensity: intensity, autoShutdown: autoShutdown, random: random)
    }

    /// A supervisor whose children all run.
    init(
        _ strategy: Strategy = .oneForOne,
        intensity: RestartIntensity = RestartIntensity(1000, within: .seconds(1)),
        autoShutdown: Supervisor.AutoShutdown = .never,
        random: @escaping @Sendable (ClosedRange<Double>) -> Double = { $0.upperBound },
        running specs: [SupervisorState.Spec]
    ) {
        self.init(strategy, intensity: intensity, autoShutdown: autoShutdown, random: random)
        begin(specs)
        for spec in specs { started(spec.id) }
    }

    // MARK: Events

    @discardableResult
    mutating func begin(_ specs: [SupervisorState.Spec]) -> Decision {
        for spec in specs {
            let key = machine.makeKey()
            names[key] = spec.id
            let isNew = machine.list(spec, key: key)
            #expect(isNew)
        }
        return note(machine.begin())
    }

    @discardableResult
    mutating func started(_ id: ChildID, incarnation: Int? = nil, info: (any Sendable)? = nil) -> Decision {
        let key = key(of: id)
        let incarnation = incarnation ?? incarnations[key, default: 0]
        return note(machine.childStarted(key, incarnation: incarnation, info: info.map(StartInfo.init), now: now))
    }

    @discardableResult
    mutating func startFailed(_ id: ChildID, _ error: any Error = Mishap()) -> Decision {
        note(machine.childStartFailed(key(of: id), error, now: now))
    }

    @discardableResult
    mutating func ended(_ id: ChildID, _ reason: ExitReason, askedFor: Duration = .zero) -> Decision {
        let key = key(of: id)
        let incarnation = incarnations[key, default: 0]
        return note(machine.childEnded(key, incarnation: incarnation, reason, askedFor: askedFor, now: now))
    }

    /// The child is given up while its code still runs.
    @discardableResult
    mutating func abandoned(_ id: ChildID, _ reason: ExitReason, askedFor: Duration) -> Decision {
        let key = key(of: id)
        let ended = machine.childEnded(
            key,
            incarnation: incarnations[key, default: 0],
            reason,
            askedFor: askedFor,
            isAbandoned: true,
            now: now
        )
        return note(ended)
    }

    /// The child crashes.
    @discardableResult
    mutating func crashed(_ id: ChildID) -> Decision {
        ended(id, .error(Mishap()))
    }

    /// The end of an incarnation that is not the child's present one.
    @discardableResult
    mutating func ended(_ id: ChildID, incarnation: Int, _ reason: ExitReason) -> Decision {
        note(machine.childEnded(key(of: id), incarnation: incarnation, reason, askedFor: .zero, now: now))
    }

    @discardableResult
    mutating func zombieEnded(_ id: ChildID) -> Decision {
        note(machine.zombieEnded(key(of: id)))
    }

    /// The retry of that place in the order in which the child's retries were scheduled comes; by default the latest.
    @discardableResult
    mutating func retry(_ id: ChildID, number: Int? = nil) -> Decision {
        let key = key(of: id)
        let all = retries[key] ?? []
        let retry = number.map { all[$0] } ?? all.last ?? -1
        return note(machine.retry(key, retry: retry, now: now))
    }

    @discardableResult
    mutating func add(_ spec: SupervisorState.Spec) -> Decision {
        let key = machine.makeKey()
        names[key] = spec.id
        return note(machine.add(spec, key: key, request(), now: now))
    }

    @discardableResult
    mutating func restart(_ id: ChildID) -> Decision { note(machine.restartChild(id, request(), now: now)) }

    @discardableResult
    mutating func terminate(_ id: ChildID) -> Decision { note(machine.terminateChild(id, request(), now: now)) }

    @discardableResult
    mutating func delete(_ id: ChildID) -> Decision { note(machine.deleteChild(id, request(), now: now)) }

    @discardableResult
    mutating func reconfigure(
        strategy: Strategy? = nil,
        intensity: RestartIntensity? = nil,
        autoShutdown: Supervisor.AutoShutdown? = nil,
        _ specs: [SupervisorState.Spec] = []
    ) -> Decision {
        var change = SupervisorState.Reconfiguration(
            strategy: strategy,
            intensity: intensity,
            autoShutdown: autoShutdown
        )
        change.specs = specs.map { spec in
            let key = machine.makeKey()
            names[key] = spec.id
            return (key, spec)
        }
        return note(machine.reconfigure(change, request(), now: now))
    }

    @discardableResult
    mutating func stop(_ reason: ExitReason = .shutdown) -> Decision { note(machine.stop(.stopped(reason))) }

    mutating func pass(_ time: Duration) {
        now = now.advanced(by: time)
    }

    // MARK: What stands

    /// The children in start order, each with its life.
    var lives: [String] {
        machine.slots.map { "\($0.id) \(MachineWords.life($0.life))" }
    }

    var zombies: [ChildID: Int] {
        Dictionary(uniqueKeysWithValues: machine.slots.filter { $0.zombies > 0 }.map { ($0.id, Int($0.zombies)) })
    }

    /// How many requests have had no answer yet.
    var openRequests: Int { requests - answered.count }

    private func key(of id: ChildID) -> ChildKey {
        machine.keys[id] ?? names.filter { $0.value == id }.keys.max { $0.number < $1.number } ?? ChildKey(number: -1)
    }

    private mutating func request() -> SupervisorState.RequestID {
        requests += 1
        return SupervisorState.RequestID(number: requests)
    }

    private mutating func note(_ actions: [SupervisorState.Action]) -> Decision {
        let wasEnding = isEnding
        isEnding = machine.outcome != nil
        for action in actions {
            #expect(!isFinished, "an action after the finish: \(action)")
            switch action {
            case .start(let key):
                #expect(!wasEnding, "a start on the way down")
                incarnations[key, default: 0] += 1
            case .scheduleRetry(let key, let retry, _): retries[key, default: []].append(retry)
            case .reply(let request, _):
                #expect(answered.insert(request).inserted, "request \(request.number) was answered twice")
            case .finish: isFinished = true
            case .stop, .close, .adopt, .forget, .report, .abortProcess, .started: break
            }
        }
        for violation in MachineInvariants.violations(of: machine, isFinished: isFinished) {
            Issue.record("\(violation), with \(lives)")
        }
        if isFinished { #expect(openRequests == 0, "requests without an answer at the end") }
        return Decision(actions: actions, names: names)
    }
}

extension SupervisorState.Spec: ExpressibleByStringLiteral {
    /// A permanent child.
    public init(stringLiteral value: String) {
        self.init(id: ChildID(value))
    }

    /// A child of that restart type.
    init(_ id: ChildID, _ restart: Restart, significant: Bool = false, backoff: Backoff? = nil) {
        self.init(id: id, restart: restart, isSignificant: significant, backoff: backoff)
    }
}
