import Testing

@testable import Supervision

/// The machine with children that start and stop at once: what the plain supervisor describes.
struct SynchronousTree {
    private var machine: SupervisorState
    private let tick: Int
    private(set) var steps: [PlainStep] = []
    private var moods: [Int: any Error] = [:]
    /// Children whose next stop is not obeyed.
    private var stuck: Set<Int> = []
    private var incarnations: [ChildKey: Int] = [:]
    private var numbers: [ChildKey: Int] = [:]
    private var tickets: [Int: [(ChildKey, Int)]] = [:]
    private var answers = 0
    private(set) var isOver = false
    private(set) var violations: [String] = []

    init(_ setup: PlainSetup) {
        machine = SupervisorState(
            strategy: setup.strategy,
            intensity: RestartIntensity(setup.allowed, within: .seconds(setup.period)),
            autoShutdown: setup.mode,
            random: { $0.upperBound }
        )
        tick = setup.tick
        for (number, member) in setup.members.enumerated() {
            let key = machine.makeKey()
            numbers[key] = number
            let id = ChildID("\(number)")
            var spec = SupervisorState.Spec(id, member.restart, significant: member.isSignificant)
            spec.limit = member.limit.map { limit in
                let intensity = RestartIntensity(limit.allowed, within: .seconds(limit.period))
                return ChildLimit(intensity: intensity, consequence: limit.consequence)
            }
            spec.unstoppablePolicy = member.policy
            spec.startsWithPrevious = member.startsWithPrevious
            let isNew = machine.list(spec, key: key)
            #expect(isNew)
        }
        perform(machine.begin())
    }

    /// The children in start order, as the plain supervisor has them.
    var members: [(id: Int, state: SupervisorState.Life)] {
        machine.slots.map { (numbers[$0.key] ?? -1, $0.life) }
    }

    /// All that its future depends on, with times, keys and retries in relation to now.
    var fingerprint: [Int] {
        var parts = [machine.strategy.hashValue, machine.autoShutdown.hashValue]
        parts += recent(machine.history)
        for slot in machine.slots {
            let number = numbers[slot.key] ?? -1
            parts += [-1, number, slot.restart.hashValue, slot.isSignificant ? 1 : 0, Int(slot.wave)]
            switch slot.life {
            case .running: parts.append(-2)
            case .down: parts.append(-3)
            case .restarting(let retry, _):
                let isPaused = machine.limits[slot.key]?.pause == retry
                let position = (tickets[number] ?? []).firstIndex { $0 == (slot.key, retry) } ?? -1
                parts += [-4, position, isPaused ? 1 : 0]
            case .starting, .stopping, .exited: parts.append(-10)
            }
            parts += [-5] + (machine.limits[slot.key].map { recent($0.history) } ?? [])
            parts += [-6] + (machine.heldBack[slot.key] ?? []).map { numbers[$0] ?? -1 }
        }
        for (number, error) in moods.sorted(by: { $0.key < $1.key }) { parts += [-7, number, error is Ignore ? 1 : 0] }
        for number in stuck.sorted() { parts += [-8, number] }
        for (number, waiting) in tickets.sorted(by: { $0.key < $1.key }) { parts += [-9, number, waiting.count] }
        return parts
    }

    private func recent(_ history: RestartHistory) -> [Int] {
        let edge = machine.now.advanced(by: .zero - history.intensity.period)
        let ages = history.times[history.first...].filter { $0 >= edge }.map { $0.duration(to: machine.now) }
        return [ages.count] + ages.map { Int($0.components.seconds) }
    }

    mutating func take(_ event: PlainEvent) {
        steps = []
        let now = machine.now
        switch event {
        case .ends(let number, let end):
            let key = key(of: number)
            let reason: ExitReason =
                switch end {
                case .normal: .normal
                case .shutdown: .shutdown
                case .crash: .error(Mishap())
                }
            perform(machine.childEnded(key, incarnation: life(of: key), reason, askedFor: .zero, now: now))
        case .hangs(let number):
            let key = key(of: number)
            let ended = machine.childEnded(
                key,
                incarnation: life(of: key),
                .error(Mishap()),
                askedFor: .zero,
                isAbandoned: true,
                now: now
            )
            perform(ended)
        case .sticks(let number): stuck.insert(number)
        case .breaks(let number): moods[number] = Mishap()
        case .ignores(let number): moods[number] = Ignore()
        case .retry(let number):
            guard let (key, retry) = tickets[number]?.removeFirst() else { return }
            perform(machine.retry(key, retry: retry, now: now))
        case .terminate(let number): perform(machine.terminateChild(id(number), request(), now: now))
        case .restart(let number): perform(machine.restartChild(id(number), request(), now: now))
        case .delete(let number): perform(machine.deleteChild(id(number), request(), now: now))
        case .add(let number, let restart):
            let key = machine.makeKey()
            numbers[key] = number
            perform(machine.add(SupervisorState.Spec(id: id(number), restart: restart), key: key, request(), now: now))
        case .change(let number, let restart):
            let key = machine.makeKey()
            let spec = SupervisorState.Spec(id: id(number), restart: restart)
            // A known child keeps its own key.
            if machine.keys[id(number)] == nil { numbers[key] = number }
            perform(machine.reconfigure(.init(specs: [(key, spec)]), request(), now: now))
        case .mode(let mode): perform(machine.reconfigure(.init(autoShutdown: mode), request(), now: now))
        case .strategy(let strategy): perform(machine.reconfigure(.init(strategy: strategy), request(), now: now))
        case .tick: machine.now = now.advanced(by: .seconds(tick))
        case .stop: perform(machine.stop(.stopped(.shutdown)))
        }
        if violations.isEmpty { violations = MachineInvariants.violations(of: machine, isFinished: isOver) }
    }

    private func id(_ number: Int) -> ChildID { ChildID("\(number)") }
    private func key(of number: Int) -> ChildKey { machine.keys[id(number)] ?? ChildKey(number: -1) }
    private func life(of key: ChildKey) -> Int { incarnations[key] ?? 0 }

    private mutating func request() -> SupervisorState.RequestID {
        answers += 1
        return SupervisorState.RequestID(number: answers)
    }

    /// Carries out the actions, and answers for the children when all are taken note of.
    private mutating func perform(_ actions: [SupervisorState.Action]) {
        var next = actions[...]
        while let action = next.popFirst() {
            switch action {
            case .start(let key):
                let number = numbers[key] ?? -1
                steps.append(.start(number))
                incarnations[key, default: 0] += 1
                if let error = moods.removeValue(forKey: number) {
                    next.append(contentsOf: machine.childStartFailed(key, error, now: machine.now))
                } else {
                    next.append(contentsOf: machine.childStarted(key, incarnation: life(of: key), now: machine.now))
                }
            case .stop(let key):
                let number = numbers[key] ?? -1
                steps.append(.stop(number))
                let isStuck = stuck.remove(number) != nil
                let ended = machine.childEnded(
                    key,
                    incarnation: life(of: key),
                    isStuck ? .unstoppable : .shutdown,
                    askedFor: .zero,
                    isAbandoned: isStuck,
                    now: machine.now
                )
                next.append(contentsOf: ended)
            case .scheduleRetry(let key, let retry, _):
                let number = numbers[key] ?? -1
                steps.append(.retryLater(number))
                tickets[number, default: []].append((key, retry))
            case .reply(_, let answer): steps.append(.answer(plain(answer)))
            case .finish(let outcome):
                isOver = true
                steps.append(.over(end(outcome)))
            case .close, .adopt, .forget, .report, .abortProcess, .started: break
            }
        }
    }

    private func plain(_ answer: SupervisorState.Answer) -> PlainStep.Answer {
        switch answer {
        case .done, .started(.running): .ok
        case .started(.ignored): .ignored
        case .refused(let error): plain(error)
        }
    }

    private func plain(_ error: SupervisorError) -> PlainStep.Answer {
        switch error {
        case .alreadyStarted: .alreadyStarted
        case .alreadyPresent: .alreadyPresent
        case .running: .running
        case .restarting: .restarting
        case .notFound: .notFound
        case .shuttingDown: .shuttingDown
        default: .startFailed
        }
    }

    private func end(_ outcome: SupervisorState.Outcome) -> PlainStep.End {
        func number(_ id: ChildID) -> Int { Int(id.description) ?? -1 }
        switch outcome {
        case .stopped, .startFailed: return .told
        case .gaveUp(let id, _, _): return .gaveUp(number(id))
        case .autoShutdown(let id): return .automatic(number(id))
        case .unstoppable(let id): return .unstoppable(number(id))
        }
    }
}
