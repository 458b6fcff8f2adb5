import SupervisionTesting

@testable import Supervision

extension ServerName where Server == TaskSupervisor {
    static var tasks: Self { .init("tasks") }
}

/// A world of its own for a test of tasks: a supervisor of tasks, and two servers that can start some.
struct TaskBench {
    let clock = ManualClock()
    let recorder = EventRecorder()
    let journal = LifeJournal()
    let runtime: Runtime
    private let marks = HoldPoint()

    init() {
        runtime = Runtime(clock: clock, events: recorder)
        marks.open()
    }

    /// Says that the code has come here: requests that were made before wait for no deadline any more.
    func mark() async {
        await marks.hold()
    }

    /// Waits for the mark, and then until `sleepers` deadlines wait.
    func waitForMark(sleepers: Int) async {
        await marks.waitForArrivals()
        await clock.waitForSleepers(sleepers)
    }

    var tasks: ServerRef<TaskSupervisor> { ServerRef(.tasks, in: runtime) }
    var owner: ServerRef<Desk> { ServerRef(ServerName("owner"), in: runtime) }
    var other: ServerRef<Desk> { ServerRef(ServerName("other"), in: runtime) }

    func start(maxChildren: Int? = nil) async throws -> ServerRef<Supervisor> {
        try await Supervisor(intensity: RestartIntensity(100, within: .seconds(1))) {
            Child(.tasks) { TaskSupervisor(maxChildren: maxChildren) }
            desk("owner")
            desk("other")
        }.start(in: runtime)
    }

    private func desk(_ name: String) -> Child {
        Child(ServerName<Desk>(name)) { [journal] in
            Desk(journal, onStart: { _, _ in }, onTerminate: { _, _ in })
        }
    }

    /// Stops the tree, and checks that nothing is left that waits for a deadline.
    func stop(_ tree: ServerRef<Supervisor>) async throws -> Int {
        try await tree.stop(.shutdown)
        return runtime.deadlines.pendingCount + clock.sleeperCount
    }

    /// Runs `work` as the owner's code, and waits for it. What it throws is a crash of the owner.
    func asOwner(_ work: @escaping Desk.Work) async {
        owner.cast(.run(work))
        _ = try? await owner.notes()
    }

    /// Waits until the task has ended, however it did.
    func waitForEnd(of task: String) async {
        await recorder.waitFor { event in
            guard let event = event as? SupervisionEvent, event.path == "app/tasks/\(task)" else { return false }
            switch event.kind {
            case .ended, .stopped, .unstoppable: return true
            default: return false
            }
        }
    }

    /// What is told of the task, without its path.
    func events(of task: String) -> [String] {
        let path = "app/tasks/\(task) "
        return recorder.lines.filter { $0.hasPrefix(path) }.map { String($0.dropFirst(path.count)) }
    }
}

/// How a wait for a task ended, in a few words.
func outcome<Value: Sendable>(_ wait: () async throws -> Value) async -> String {
    do {
        return "\(try await wait())"
    } catch let error as TaskError {
        switch error {
        case .notOwner(let path): return "not the owner of \(path)"
        case .alreadyTaken(let path): return "\(path) was taken"
        case .timedOut(let path, let time): return "\(path) not done in \(time.shortDescription)"
        }
    } catch let error as ServerError {
        return await ending { throw error }
    } catch is CancellationError {
        return "cancelled"
    } catch {
        return "threw \(error)"
    }
}

extension Result where Failure == Exit {
    var words: String {
        switch self {
        case .success(let value): "\(value)"
        case .failure(let exit): "\(exit)"
        }
    }
}
