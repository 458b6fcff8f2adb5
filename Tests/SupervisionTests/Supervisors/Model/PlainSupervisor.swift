import Supervision

/// What can happen to a supervisor whose children start and stop at once.
enum PlainEvent: Equatable, Sendable {
    enum Reason: CaseIterable { case normal, shutdown, crash }

    /// A running child ends by itself.
    case ends(Int, Reason)
    /// The next start of the child will fail.
    case breaks(Int)
    /// A running child crashes, and its clean-up never ends.
    case hangs(Int)
    /// The child will not obey when it is stopped next.
    case sticks(Int)
    /// The next start of the child will say ignore.
    case ignores(Int)
    /// The oldest retry that was scheduled for the child comes.
    case retry(Int)
    case terminate(Int)
    case restart(Int)
    case delete(Int)
    case add(Int, Restart = .permanent)
    /// The child gets a new specification, or is kept without a start when it is not known (R77).
    case change(Int, Restart)
    case mode(Supervisor.AutoShutdown)
    case strategy(Strategy)
    case tick
    case stop
}

/// What a supervisor does about it.
enum PlainStep: Equatable, Sendable {
    enum Answer: Equatable, Sendable {
        case ok, ignored, startFailed, alreadyStarted, alreadyPresent, running, restarting, notFound, shuttingDown
    }

    enum End: Equatable, Sendable {
        case told, gaveUp(Int), automatic(Int), unstoppable(Int)
    }

    case start(Int)
    case stop(Int)
    case retryLater(Int)
    case answer(Answer)
    case over(End)
}

/// The rules R15 to R74 in the plainest form: each child starts and stops at once, and nothing happens meanwhile.
///
/// Written from the rules alone, with no pass, no deferral and no incarnation.
struct PlainSupervisor {
    enum State: Equatable {
        case running, down
        case restarting(ticket: Int, isPaused: Bool = false)
    }

    struct Member: Equatable {
        var id: Int
        var restart: Restart
        var isSignificant: Bool
        var state: State
        var limit: PlainSetup.Limit?
        var policy = UnstoppablePolicy.abandon
        /// Those with the same number start together; nil for one that starts alone.
        var wave: Int?
        /// The restarts that count against its own limit.
        var restartTimes: [Int] = []
        /// Those after it in its group that its failed start has left without a process.
        var heldBack: [Int] = []
    }

    enum StartOutcome {
        case runs, fails, ignored
    }

    var strategy: Strategy
    let allowed: Int
    let period: Int
    var mode: Supervisor.AutoShutdown
    var members: [Member]
    var isOver = false
    var steps: [PlainStep] = []
    /// How the next start of a child goes, unless it goes well.
    private var moods: [Int: StartOutcome] = [:]
    private var stuck: Set<Int> = []
    /// A child that could not be stopped and takes the supervisor along (S3).
    private var fatal: Int?
    private var restartTimes: [Int] = []
    private var now = 0
    private var tickets: [Int: [Int]] = [:]
    private var lastTicket = 0

    init(_ setup: PlainSetup) {
        strategy = setup.strategy
        allowed = setup.allowed
        period = setup.period
        mode = setup.mode
        var wave = 0
        members = setup.members.enumerated().map { id, member in
            if !member.startsWithPrevious { wave += 1 }
            return Member(
                id: id,
                restart: member.restart,
                isSignificant: member.isSignificant,
                state: .running,
                limit: member.limit,
                policy: member.policy,
                wave: wave
            )
        }
    }

    /// Whether the event can happen now.
    func allows(_ event: PlainEvent) -> Bool {
        switch event {
        case .ends(let id, _), .hangs(let id): members.contains { $0.id == id && $0.state == .running }
        case .breaks(let id), .ignores(let id): moods[id] == nil
        case .sticks(let id): !stuck.contains(id)
        case .retry(let id): !(tickets[id] ?? []).isEmpty
        case .terminate, .restart, .delete, .add, .change, .mode, .strategy, .tick, .stop: true
        }
    }

    mutating func take(_ event: PlainEvent, tick: Int) {
        steps = []
        switch event {
        case .ends(let id, let reason): ended(id, crash: reason == .crash)
        case .hangs(let id):
            if let place = place(of: id), members[place].policy == .escalate {
                if members[place].restart == .temporary {
                    members.remove(at: place)
                } else {
                    members[place].state = .down
                }
                fatal = id
                return end(.unstoppable(id))
            }
            ended(id, crash: true)
        case .sticks(let id): stuck.insert(id)
        case .breaks(let id): moods[id] = .fails
        case .ignores(let id): moods[id] = .ignored
        case .retry(let id): retry(id)
        case .tick: now += tick
        case .stop: end(.told)
        case .terminate, .restart, .delete, .add, .change, .mode, .strategy:
            steps.append(.answer(isOver ? .shuttingDown : answer(event)))
            if let fatal { end(.unstoppable(fatal)) }
        }
    }

    /// All that its future depends on, with times and tickets in relation to now.
    var fingerprint: [Int] {
        var parts = [strategy.hashValue, mode.hashValue, restartTimes.filter { $0 >= now - period }.count]
        parts += restartTimes.filter { $0 >= now - period }.map { now - $0 }
        for member in members {
            parts += [-1, member.id, member.restart.hashValue, member.isSignificant ? 1 : 0, member.wave ?? -1]
            switch member.state {
            case .running: parts.append(-2)
            case .down: parts.append(-3)
            case .restarting(let ticket, let isPaused):
                let position = (tickets[member.id] ?? []).firstIndex(of: ticket) ?? -1
                parts += [-4, position, isPaused ? 1 : 0]
            }
            let period = member.limit?.period ?? 0
            parts += [-5] + member.restartTimes.filter { $0 >= now - period }.map { now - $0 }
            parts += [-6] + member.heldBack
        }
        for (id, mood) in moods.sorted(by: { $0.key < $1.key }) { parts += [-7, id, mood.hashValue] }
        for id in stuck.sorted() { parts += [-8, id] }
        for (id, waiting) in tickets.sorted(by: { $0.key < $1.key }) { parts += [-9, id, waiting.count] }
        return parts
    }

    private func place(of id: Int) -> Int? { members.firstIndex { $0.id == id } }

    // MARK: Ends and restarts

    private mutating func ended(_ id: Int, crash: Bool) {
        guard let place = place(of: id) else { return }
        let member = members[place]
        if member.restart == .permanent || (member.restart == .transient && crash) { return restart(id) }
        if member.restart == .temporary { members.remove(at: place) } else { members[place].state = .down }
        guard member.isSignificant else { return }
        let isAnyLeft = members.contains { $0.isSignificant && $0.state != .down }
        if mode == .anySignificant || (mode == .allSignificant && !isAnyLeft) { end(.automatic(id)) }
    }

    private mutating func retry(_ id: Int) {
        guard let ticket = tickets[id]?.removeFirst(), let place = place(of: id) else { return }
        switch members[place].state {
        case .restarting(ticket, let isPaused): restart(id, afterPause: isPaused)
        case .restarting, .running, .down: break
        }
    }

    /// Its own limit is asked first (S6). Gives whether the restart is to be attempted.
    private mutating func isWithinLimit(_ place: Int, afterPause: Bool) -> Bool {
        guard let limit = members[place].limit else { return true }
        members[place].restartTimes.append(now)
        let count = members[place].restartTimes.count { $0 >= now - limit.period }
        if afterPause || count <= limit.allowed { return true }
        let id = members[place].id
        members[place].restartTimes = []
        switch limit.consequence {
        case .escalate:
            members.remove(at: place)
            end(.gaveUp(id))
        case .pause: retryLater(id, isPaused: true)
        case .park:
            members[place].state = .down
            let waiting = members[place].heldBack
            members[place].heldBack = []
            startAll(waiting.filter { other in members.contains { $0.id == other && $0.state == .down } })
        }
        return false
    }

    private mutating func restart(_ id: Int, afterPause: Bool = false) {
        guard let place = place(of: id) else { return }
        members[place].state = .down
        guard isWithinLimit(place, afterPause: afterPause) else { return }
        members[place].heldBack = []
        restartTimes.append(now)
        if restartTimes.count(where: { $0 >= now - period }) > allowed {
            members.remove(at: place)
            return end(.gaveUp(id))
        }
        let group: [Int]
        switch strategy {
        case .oneForOne: group = [id]
        case .oneForAll: group = members.map(\.id)
        case .restForOne:
            // Of those that start together with it, only one that waits for a restart as well (A2).
            let wave = members[place].wave
            group = members.enumerated().filter { other in
                if other.element.id == id { return true }
                if let wave, other.element.wave == wave {
                    if case .restarting = other.element.state { return true }
                    return false
                }
                return other.offset > place
            }.map(\.element.id)
        }
        for other in group.reversed() where other != id {
            stopMember(other)
            if let fatal { return end(.unstoppable(fatal)) }
        }
        startAll(group.filter { self.place(of: $0) != nil })
    }

    /// In order, up to one that fails. One that says ignore stays down, and the others go on (R12).
    private mutating func startAll(_ ids: [Int]) {
        var rest = ids[...]
        while let first = rest.first {
            let wave = members.first { $0.id == first }?.wave
            let together = rest.prefix { id in
                id == first || (wave != nil && members.contains { $0.id == id && $0.wave == wave })
            }
            rest = rest.dropFirst(together.count)
            let failed = together.filter { start($0) == .fails }
            if let place = failed.first.flatMap({ self.place(of: $0) }) { members[place].heldBack = Array(rest) }
            for id in failed { retryLater(id) }
            if !failed.isEmpty { return }
        }
    }

    private mutating func retryLater(_ id: Int, isPaused: Bool = false) {
        guard let place = place(of: id) else { return }
        lastTicket += 1
        tickets[id, default: []].append(lastTicket)
        members[place].state = .restarting(ticket: lastTicket, isPaused: isPaused)
        steps.append(.retryLater(id))
    }

    private mutating func start(_ id: Int) -> StartOutcome {
        steps.append(.start(id))
        let outcome = moods.removeValue(forKey: id) ?? .runs
        if outcome == .runs, let place = place(of: id) { members[place].state = .running }
        return outcome
    }

    /// A temporary child is dropped when it has been stopped.
    private mutating func stopMember(_ id: Int) {
        guard let place = place(of: id) else { return }
        if members[place].state == .running {
            steps.append(.stop(id))
            if stuck.remove(id) != nil, members[place].policy == .escalate, fatal == nil { fatal = id }
        }
        members[place].heldBack = []
        if members[place].restart == .temporary { members.remove(at: place) } else { members[place].state = .down }
    }

    private mutating func end(_ end: PlainStep.End) {
        guard !isOver else { return }
        isOver = true
        for id in members.map(\.id).reversed() { stopMember(id) }
        // However it was about to end: with a child that cannot be stopped it ends with that error.
        steps.append(.over(fatal.map { .unstoppable($0) } ?? end))
    }

    // MARK: Requests

    private mutating func answer(_ event: PlainEvent) -> PlainStep.Answer {
        switch event {
        case .add(let id, let restart):
            if let place = place(of: id) {
                return members[place].state == .running ? .alreadyStarted : .alreadyPresent
            }
            members.append(Member(id: id, restart: restart, isSignificant: false, state: .down))
            let outcome = start(id)
            if outcome == .fails || (outcome == .ignored && restart == .temporary) { members.removeLast() }
            return answer(outcome)
        case .terminate(let id):
            guard place(of: id) != nil else { return .notFound }
            stopMember(id)
            return .ok
        case .restart(let id):
            guard let place = place(of: id) else { return .notFound }
            switch members[place].state {
            case .running: return .running
            case .restarting: return .restarting
            case .down:
                let outcome = start(id)
                if outcome == .ignored, members[place].restart == .temporary { members.remove(at: place) }
                return answer(outcome)
            }
        case .delete(let id):
            guard let place = place(of: id) else { return .notFound }
            switch members[place].state {
            case .running: return .running
            case .restarting: return .restarting
            case .down:
                members.remove(at: place)
                return .ok
            }
        case .change(let id, let restart):
            if let place = place(of: id) {
                members[place].restart = restart
                members[place].isSignificant = false
                members[place].limit = nil
                members[place].restartTimes = []
                members[place].policy = .abandon
            } else {
                members.append(Member(id: id, restart: restart, isSignificant: false, state: .down))
            }
            return .ok
        case .mode(let new):
            mode = new
            return .ok
        case .strategy(let new):
            strategy = new
            return .ok
        case .ends, .hangs, .sticks, .breaks, .ignores, .retry, .tick, .stop: return .ok
        }
    }

    private func answer(_ outcome: StartOutcome) -> PlainStep.Answer {
        switch outcome {
        case .runs: .ok
        case .fails: .startFailed
        case .ignored: .ignored
        }
    }
}

/// How a supervisor for the comparison is made.
struct PlainSetup: Sendable {
    struct Member: Sendable {
        var restart: Restart
        var isSignificant = false
        var limit: Limit?
        var policy = UnstoppablePolicy.abandon
        var startsWithPrevious = false
    }

    /// A limit of a child's own.
    struct Limit: Sendable, Equatable {
        var allowed: Int
        var period = 10
        var consequence: LimitConsequence
    }

    var strategy: Strategy
    var allowed = 2
    var period = 10
    /// How far a tick moves the time.
    var tick = 6
    var mode = Supervisor.AutoShutdown.never
    var members: [Member]
}
