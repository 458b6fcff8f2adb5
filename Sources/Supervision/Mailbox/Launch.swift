/// What is to run for a place: its start, its end, or a drain of its mail. For the place it has begun; whoever is given
/// it has it run, in a task of the tree's and off the supervisor that has decided on it.
///
/// What follows from it, as when the supervisor starts the next child, runs in the same task, one after the other. To
/// hand it to a task of its own would take longer than all the rest.
///
/// An object, because it goes through many hands; not generic, because those who hand it on know nothing of the type of the
/// server, which would be looked up at run time; and itself the turn that it is, which would be another object for each.
@usableFromInline
final class Launch: Turn, @unchecked Sendable {
    // Unchecked because of the server alone, which is taken out by the one task that carries the launch out.

    enum Work: Sendable {
        /// Whether the place has been changed since it was made, and so how its server is made.
        case start(isChanged: Bool)
        case drain
        case end(cleansUp: Bool)
    }

    let work: Work
    // What an end has to deal with. Together, as values of the case, they would be copied together.

    /// Why the incarnation ends, if this is its end.
    let reason: ExitReason
    /// What it has set, and is to be taken back first.
    private let timers: TimerList?
    /// What it has started, and is to be cancelled and joined first.
    let tasks: [Task<Void, Never>]
    /// The server that has mail, or is to end; nil once that is carried out: as a turn the launch is kept by tasks that are
    /// started in it, and must not keep the server for as long.
    @exclusivity(unchecked) private var server: (any AnyObject & Sendable)?

    /// A start, for which the supervisor waits whose turn is given.
    init(
        startOf place: any ManagedPlace,
        of incarnation: Int,
        _ kind: StartKind,
        isChanged: Bool,
        for supervisor: Turn?
    ) {
        work = .start(isChanged: isChanged)
        reason = .normal
        timers = nil
        tasks = []
        super.init(place, of: incarnation, for: supervisor, start: kind, by: nil)
    }

    /// The drain of the server's mail.
    init(drainOf server: any AnyObject & Sendable, at place: any ManagedPlace, of incarnation: Int) {
        work = .drain
        reason = .normal
        timers = nil
        tasks = []
        self.server = server
        super.init(place, of: incarnation, by: nil)
    }

    /// The end of an incarnation.
    init(
        endOf server: any AnyObject & Sendable,
        _ reason: ExitReason,
        cleansUp: Bool,
        timers: TimerList?,
        tasks: [Task<Void, Never>],
        at place: any ManagedPlace,
        of incarnation: Int
    ) {
        work = .end(cleansUp: cleansUp)
        self.reason = reason
        self.timers = timers
        self.tasks = tasks
        self.server = server
        super.init(place, of: incarnation, by: nil)
    }

    var isEnd: Bool {
        if case .end = work { return true }
        return false
    }

    private var isDrain: Bool {
        if case .drain = work { return true }
        return false
    }

    /// A simulation has some of those launches run in tasks of their own that might run in the current one.
    fileprivate var isToBeSpawned: Bool { place.runtime.interference?.choose(2) == 0 }

    /// Takes back what an incarnation that is to end has set, and cancels what it has started.
    func cancelBelongings() {
        timers?.cancelAll()
        for task in tasks { task.cancel() }
    }

    /// Has it run in a task of its own.
    func spawn() {
        // Unstructured, because the supervisor goes on answering meanwhile (S8); its outcome is told to the supervisor,
        // which waits for it before it ends. Started under the place's lock, which only queues a job: the task must be
        // known before it can be asked for.
        place.assign(self) { start() }
    }

    /// Starts a task for it.
    func start() -> Task<Void, Never> {
        place.runtime.spawn { await self.run() }
    }

    /// Runs it in the current task, which was started for it, and then what follows from it.
    private func run() async {
        // A supervisor can be at something else when its drain is done. That of others is asked for only when it is needed.
        let task = isDrain && !place.isSelfManaged ? nil : place.task(of: self)
        let identity = TaskIdentity.current
        await carryOut(by: identity).run(as: task, identity)
    }

    /// Gives what follows from it.
    @inline(__always)
    fileprivate func carryOut(by identity: UInt?) async -> LaunchList {
        isRun(by: identity)
        switch work {
        case .start(let isChanged): return await place.carryOutStart(self, isChanged: isChanged)
        case .drain:
            guard let server = takeServer() else { return .none }
            return await place.carryOutDrain(of: server, self)
        case .end(let cleansUp):
            guard let server = takeServer() else { return .none }
            return await place.carryOutEnd(of: server, cleansUp: cleansUp, self)
        }
    }

    @inline(__always)
    private func takeServer() -> (any AnyObject & Sendable)? {
        defer { server = nil }
        return server
    }
}

/// Launches in the order in which they are to run: as a rule none or one, for which there is no array. And servers that
/// have ended already, which go with it: what they do when nobody has them any more is not for their supervisor to wait
/// for.
@usableFromInline
struct LaunchList: Sendable {
    private enum Launches {
        case none
        case one(Launch)
        case several([Launch])
    }

    private var launches = Launches.none
    private var ended: [any AnyObject & Sendable]?

    @usableFromInline static var none: LaunchList { LaunchList() }

    private init() {}

    init(_ launch: Launch) {
        launches = .one(launch)
    }

    mutating func append(_ launch: Launch) {
        switch launches {
        case .none: launches = .one(launch)
        case .one(let first): launches = .several([first, launch])
        case .several(var list):
            // Lest the array be copied, which nobody else has then.
            launches = .none
            list.append(launch)
            launches = .several(list)
        }
    }

    mutating func append(contentsOf list: LaunchList) {
        switch list.launches {
        case .none: break
        case .one(let launch): append(launch)
        case .several(let launches): for launch in launches { append(launch) }
        }
        if let others = list.ended { ended = ended.map { $0 + others } ?? others }
    }

    mutating func append(ended server: any AnyObject & Sendable) {
        if ended?.append(server) == nil { ended = [server] }
    }

    /// Of launches.
    var count: Int {
        switch launches {
        case .none: 0
        case .one: 1
        case .several(let list): list.count
        }
    }

    var endedCount: Int { ended?.count ?? 0 }

    private var first: Launch? {
        switch launches {
        case .none: nil
        case .one(let launch): launch
        case .several(let list): list.first
        }
    }

    /// Runs the first in the current task, which nobody else needs, and then what follows from it. Each of the others has
    /// a task of its own.
    ///
    /// - Parameters:
    ///   - task: the current task; nil when the place of the first knows it, or nobody.
    ///   - identity: that of the current task.
    consuming func run(as task: Task<Void, Never>?, _ identity: UInt?) async {
        var list = self
        list.ended = nil
        guard let first = list.first else { return }
        guard let task = task ?? first.place.task(of: first) else { return list.spawn() }
        let isSimulated = first.place.runtime.isSimulated
        while let next = list.first {
            // The current one, which need not be looked for.
            if task.isCancelled || isSimulated && next.isToBeSpawned { return list.spawn() }
            if case .several(let launches) = list.launches {
                for launch in launches.dropFirst() { launch.spawn() }
            }
            next.place.assign(next) { task }
            list = await next.carryOut(by: identity)
            list.ended = nil
        }
    }

    /// Has each run in a task of its own, when nobody has what has ended any more.
    consuming func spawn() {
        ended = nil
        spawnLaunches()
    }

    /// Has each run in a task of its own, and keeps what has ended.
    mutating func spawnLaunches() {
        switch launches {
        case .none: break
        case .one(let launch): launch.spawn()
        case .several(let list): for launch in list { launch.spawn() }
        }
        launches = .none
    }
}

/// What a supervisor has decided to start and to end, until whoever made it decide has left it, and takes it away: to
/// begin it on the supervisor would hold up those that wait for the supervisor. And whether its own start is complete.
@usableFromInline
final class LaunchDesk: @unchecked Sendable {
    // Unchecked, and without checks of exclusivity, because only whoever is on the supervisor touches it.

    /// Whether somebody will take it away.
    @exclusivity(unchecked) private var isKept = false
    @exclusivity(unchecked) private var list = LaunchList.none
    @exclusivity(unchecked) private var start = Start.untold

    /// What whoever is on the supervisor has to tell its parent of its start when they leave.
    private enum Start {
        /// Nothing: it is not for them to tell.
        case untold
        case incomplete
        case complete
    }

    func add(_ launch: Launch?) {
        guard let launch else { return }
        // Not more than a few, so that none waits long for whoever goes through all the mail of a supervisor.
        if isKept, list.count < 8 { list.append(launch) } else { launch.spawn() }
    }

    /// Stops a child. Gives its incarnation if that has ended already, of which the supervisor is not told then.
    ///
    /// What is left of such a child goes with the launches, if somebody takes them away.
    ///
    /// - Parameter isLast: whether the supervisor is ending itself. Otherwise no more than a few children are ended at a
    ///   time, so that none waits long for the supervisor.
    func stop(_ place: any ManagedPlace, now: RuntimeInstant, isLast: Bool) -> Int? {
        guard isKept, isLast || list.endedCount < 16, let end = place.endAtOnce(.shutdown, now: now) else {
            add(place.stop(.shutdown, now: now))
            return nil
        }
        list.append(ended: end.server)
        return end.incarnation
    }

    @usableFromInline
    func keep() {
        isKept = true
    }

    func keepTellingOfStart() {
        isKept = true
        start = .incomplete
    }

    /// The start of the supervisor is complete. False when nobody here will tell its parent.
    func noteStart() -> Bool {
        if start == .incomplete { start = .complete }
        return start == .complete
    }

    /// Whether the parent is to be told that the start is complete.
    func takeStart() -> Bool {
        defer { start = .untold }
        return start == .complete
    }

    /// Has what is there run at once. What has ended is not let go of on the supervisor.
    @usableFromInline
    func clear() {
        list.spawnLaunches()
    }

    @usableFromInline
    func take() -> LaunchList {
        isKept = false
        defer { list = .none }
        return list
    }
}
