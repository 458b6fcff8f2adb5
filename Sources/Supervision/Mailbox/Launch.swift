/// What is to run for a place: its start, its end, or a drain of its mail. For the place it has begun; whoever is given
/// it has it run, in a task of the tree's and off the supervisor that has decided on it.
///
/// What follows from it, as when the supervisor starts the next child, runs in the same task, one after the other. To
/// hand it to a task of its own would take longer than all the rest.
///
/// An object, because it goes through many hands; and not generic, because those who hand it on know nothing of the type
/// of the server, which would be looked up at run time.
@usableFromInline
final class Launch: Sendable {
    enum Work: Sendable {
        case start
        /// With the server whose mail it is.
        case drain(any AnyObject & Sendable)
        case end(End)
    }

    /// The end of an incarnation.
    struct End: Sendable {
        let server: any AnyObject & Sendable
        let reason: ExitReason
        let cleansUp: Bool
        /// What the incarnation has started, and is to be joined first.
        let tasks: [Task<Void, Never>]
    }

    let work: Work
    let place: any ManagedPlace
    let incarnation: Int

    init(_ work: Work, at place: any ManagedPlace, of incarnation: Int) {
        self.work = work
        self.place = place
        self.incarnation = incarnation
    }

    var isEnd: Bool {
        if case .end = work { return true }
        return false
    }

    /// Has it run in a task of its own.
    func spawn() {
        // Unstructured, because the supervisor goes on answering meanwhile (S8); its outcome is told to the supervisor,
        // which waits for it before it ends. Started under the place's lock, which only queues a job: the task must be
        // known before it can be asked for.
        place.assign(self) { place.runtime.spawn { await self.run() } }
    }

    /// Runs it in the current task, which was started for it, and then what follows from it.
    private func run() async {
        let task = place.task(of: self)
        await carryOut().run(as: task)
    }

    /// Gives what follows from it.
    @inline(__always)
    fileprivate func carryOut() async -> LaunchList {
        switch work {
        case .start: await place.carryOutStart(self)
        case .drain(let server): await place.carryOutDrain(of: server, self)
        case .end(let end): await place.carryOut(end, self)
        }
    }
}

/// Launches in the order in which they are to run: as a rule none or one, for which there is no list.
@usableFromInline
enum LaunchList: Sendable {
    case none
    case one(Launch)
    case several([Launch])

    mutating func append(_ launch: Launch) {
        switch self {
        case .none: self = .one(launch)
        case .one(let first): self = .several([first, launch])
        case .several(var list):
            // Lest the list be copied, which nobody else has then.
            self = .none
            list.append(launch)
            self = .several(list)
        }
    }

    mutating func append(contentsOf launches: LaunchList) {
        switch launches {
        case .none: break
        case .one(let launch): append(launch)
        case .several(let list): for launch in list { append(launch) }
        }
    }

    var count: Int {
        switch self {
        case .none: 0
        case .one: 1
        case .several(let list): list.count
        }
    }

    private var first: Launch? {
        switch self {
        case .none: nil
        case .one(let launch): launch
        case .several(let list): list.first
        }
    }

    /// Runs the first in the current task, which nobody else needs, and then what follows from it. Each of the others has
    /// a task of its own.
    ///
    /// - Parameter task: the current task; nil when the place of the first knows it, or nobody.
    func run(as task: Task<Void, Never>?) async {
        guard let first else { return }
        guard let task = task ?? first.place.task(of: first), !first.place.runtime.isSimulated else { return spawn() }
        var list = self
        while let next = list.first {
            // The current one, which need not be looked for.
            if task.isCancelled { return list.spawn() }
            if case .several(let launches) = list {
                for launch in launches.dropFirst() { launch.spawn() }
            }
            next.place.assign(next) { task }
            list = await next.carryOut()
        }
    }

    /// Has each run in a task of its own.
    func spawn() {
        switch self {
        case .none: break
        case .one(let launch): launch.spawn()
        case .several(let list): for launch in list { launch.spawn() }
        }
    }
}

/// What a supervisor has decided to start and to end, until whoever made it decide has left it, and takes it away: to
/// begin it on the supervisor would hold up those that wait for the supervisor.
@usableFromInline
final class LaunchDesk: @unchecked Sendable {
    // Unchecked, and without checks of exclusivity, because only whoever is on the supervisor touches it.

    /// Whether somebody will take it away.
    @exclusivity(unchecked) private var isKept = false
    @exclusivity(unchecked) private var list = LaunchList.none

    func add(_ launch: Launch?) {
        guard let launch else { return }
        // Not more than a few, so that none waits long for whoever goes through all the mail of a supervisor.
        if isKept, list.count < 8 { list.append(launch) } else { launch.spawn() }
    }

    @usableFromInline
    func keep() {
        isKept = true
    }

    /// Has what is there run at once.
    @usableFromInline
    func clear() {
        list.spawn()
        list = .none
    }

    @usableFromInline
    func take() -> LaunchList {
        isKept = false
        defer { list = .none }
        return list
    }
}
