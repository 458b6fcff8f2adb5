/// What is to run for a place: its start, its end, or a drain of its mail. For the place it has begun; whoever is given
/// it has it run, in a task of the tree's and off the supervisor that has decided on it.
///
/// What follows from it, as when the supervisor starts the next child, runs in the same task, one after the other. To
/// hand it to a task of its own would take longer than all the rest.
@usableFromInline
struct Launch: Sendable {
    enum Kind: Sendable { case start, drain, end }

    let kind: Kind
    let place: any ManagedPlace
    let incarnation: Int
    let runtime: Runtime
    /// Gives what follows from it. To be given without a capture list, as should what ``Runtime/spawn(_:)`` is given: Swift
    /// 6.3 has an asynchronous closure with one run on the pool, wrapped in two more functions.
    let work: @Sendable () async -> [Launch]

    /// Has it run in a task of its own.
    @usableFromInline
    func spawn() {
        // Unstructured, because the supervisor goes on answering meanwhile (S8); its outcome is told to the supervisor,
        // which waits for it before it ends. Started under the place's lock, which only queues a job: the task must be
        // known before it can be asked for.
        place.assign(self) { runtime.spawn { await run() } }
    }

    /// Runs it in the current task, which nobody else needs, and then what follows from it.
    @usableFromInline
    func run() async {
        var next = self
        while true {
            let task = next.place.task(of: next)
            let following = await next.work()
            guard let task, let first = following.first, !Task.isCancelled, runtime.interference == nil else {
                return following.spawn()
            }
            following[1...].spawn()
            first.place.assign(first) { task }
            next = first
        }
    }
}

extension Sequence<Launch> {
    func spawn() {
        for launch in self { launch.spawn() }
    }
}

/// What a supervisor has decided to start and to end, while it deals with one thing.
struct Launches {
    /// Whether whoever visits the supervisor takes it away.
    private var isKept = false
    private var list: [Launch] = []

    mutating func add(_ launch: Launch?) {
        guard let launch else { return }
        if isKept { list.append(launch) } else { launch.spawn() }
    }

    mutating func keep() {
        isKept = true
    }

    mutating func take() -> [Launch] {
        isKept = false
        defer { list = [] }
        return list
    }
}
