internal import Supervision
internal import Synchronization

/// Runs the tasks of a simulation, one at a time, on the thread that runs the simulation.
///
/// A step is what a task does from where it was resumed to where it waits for something. To go over to an actor and back
/// is no step of its own: how often that happens depends on what the optimizer has left of it, and a seed is to mean the
/// same in every build.
final class SimulationLoop: TaskExecutor, @unchecked Sendable {
    // Unchecked because all but `foreign` is used by the one thread that runs the simulation, which is checked where a
    // job comes in.

    private enum Ready {
        case job(UnownedJob)
        // Resumed exactly once: by the step that takes it out of the list.
        case pass(UnsafeContinuation<Void, Never>)
    }

    /// Why the loop has returned.
    enum Pause {
        case done
        /// Nothing can go on, and no time that may pass would change that.
        case stuck
        case stepLimit
        case timeLimit
        /// Something was done by another thread.
        case foreign
    }

    private struct Foreign: Sendable {
        var jobs: [UnownedJob] = []
        var count = 0
        /// The run is over, and nobody takes jobs out any more.
        var isClosed = false
    }

    let clock = SimulationClock()
    private(set) var decisions: Decisions
    let trace: StepTrace?
    private(set) var stepCount = 0
    /// How many tasks were started outside of the runtime, as by a bare `Task { }`.
    private(set) var outsideTasks: [String] = []
    /// How likely the time is to jump while there is still something to do.
    var jumpProbability = 0.0
    /// From then on everything goes its plain way, and nothing is recorded.
    var isWindingUp = false
    private var ready: [Ready] = []
    /// What the present step goes on with.
    private var continued: [UnownedJob] = []
    private var isInStep = false
    /// The task, if any, that runs the whole simulation.
    private let runner: UInt?
    private let foreign = Mutex(Foreign())

    init(_ decisions: Decisions, trace: StepTrace?) {
        self.decisions = decisions
        self.trace = trace
        runner = TaskIdentity.current
    }

    var isOnItsThread: Bool { OutsideWork.loop === self }

    /// Whether there is something to do without a wait.
    var hasWork: Bool { !ready.isEmpty }

    // MARK: What comes in

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOnItsThread { add(job) } else { addForeign(job) }
    }

    private func add(_ job: UnownedJob) {
        // A task that goes over to an actor is nobody's current task any more, or the runner's.
        if isInStep, TaskIdentity.current.map({ $0 == runner }) ?? true {
            continued.append(job)
        } else {
            ready.append(.job(job))
        }
    }

    private func addForeign(_ job: UnownedJob) {
        let isClosed = foreign.withLock { foreign in
            if !foreign.isClosed {
                foreign.jobs.append(job)
                foreign.count += 1
            }
            return foreign.isClosed
        }
        // Late, but it is run somewhere, so that nobody waits for it for ever.
        if isClosed { globalConcurrentExecutor.enqueue(job) }
    }

    /// A job that was not started in the runtime would have gone to Swift's own threads.
    func capture(_ job: UnownedJob) {
        // A job that is no task, such as an actor that goes on with what waits for it, tells so by an id of nil.
        if isInStep, let task = TaskIdentity.current, task != runner, !"\(job)".contains("nil") {
            noteOutside()
        }
        add(job)
    }

    private func noteOutside() {
        let place = trace?.lastNote.map { ", by a task that was at: \($0)" } ?? ""
        outsideTasks.append("a task outside of the runtime, started in step \(stepCount)\(place)")
        trace?.note("a task is started, or goes on, outside of the runtime (a bare Task { })")
    }

    // MARK: Decisions

    func choose(_ count: Int) -> Int {
        guard !isWindingUp, isOnItsThread else { return 0 }
        return decisions.choose(count)
    }

    func happens(_ probability: Double) -> Bool {
        guard !isWindingUp, isOnItsThread else { return false }
        return decisions.happens(probability)
    }

    /// Lets others go first, or not.
    func pass() async {
        guard isOnItsThread, !ready.isEmpty, choose(2) == 1 else { return }
        await withUnsafeContinuation { ready.append(.pass($0)) }
    }

    // MARK: Running

    /// Runs until `isDone`, which is asked after each step.
    func run(_ limits: Simulation.Limits, until isDone: () -> Bool) -> Pause {
        while !isDone() {
            if foreign.withLock({ !$0.jobs.isEmpty }) { return .foreign }
            if stepCount >= limits.steps { return .stepLimit }
            let next = clock.next
            let isDue = next.map { $0 <= clock.now } ?? false
            if ready.isEmpty, !isDue {
                guard let next, next < Self.never else { return .stuck }
                guard next.nanoseconds <= limits.time.saturatedNanoseconds else { return .timeLimit }
                passTime()
            } else if let next, !isDue, next.nanoseconds <= limits.time.saturatedNanoseconds, happens(jumpProbability) {
                trace?.note("the clock jumps")
                passTime()
            } else {
                step(isDue)
            }
        }
        return .done
    }

    /// A deadline so far away stands for none.
    private static let never = RuntimeInstant.distantFuture.advanced(by: .seconds(-3_200_000_000))

    private func passTime() {
        clock.expireOne { self.choose($0) }
    }

    private func step(_ isDue: Bool) {
        stepCount += 1
        let candidates = ready.count + (isDue ? 1 : 0)
        let choice = choose(candidates)
        trace?.begin(stepCount, at: clock.now, choice: choice, of: candidates)
        guard choice < ready.count else {
            trace?.note("a deadline passes")
            return passTime()
        }
        isInStep = true
        switch ready.remove(at: choice) {
        case .job(let job):
            trace?.noteTask(job)
            run(job)
        case .pass(let continuation): continuation.resume()
        }
        var hops = 0
        while hops < continued.count {
            run(continued[hops])
            hops += 1
            // Tasks that only go from actor to actor would never let another step begin.
            if hops == 100_000 { break }
        }
        ready += continued[hops...].map(Ready.job)
        continued.removeAll(keepingCapacity: true)
        isInStep = false
    }

    private func run(_ job: UnownedJob) {
        job.runSynchronously(on: asUnownedTaskExecutor())
    }

    /// Has what another thread has brought run here.
    func takeForeign() {
        let jobs = foreign.withLock { foreign in
            defer { foreign.jobs = [] }
            return foreign.jobs
        }
        ready += jobs.map(Ready.job)
    }

    /// How many jobs another thread has brought.
    var foreignCount: Int { foreign.withLock(\.count) }

    /// No steps are made any more. What comes later goes to Swift's own threads.
    func close() {
        let jobs = foreign.withLock { foreign in
            foreign.isClosed = true
            defer { foreign.jobs = [] }
            return foreign.jobs
        }
        for job in jobs { globalConcurrentExecutor.enqueue(job) }
        for case .job(let job) in ready { globalConcurrentExecutor.enqueue(job) }
        for case .pass(let continuation) in ready { continuation.resume() }
        ready = []
    }
}
