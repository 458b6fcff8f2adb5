import Synchronization

/// Runs tasks only when a test says so, and then until none of them can go on: whoever waits then, waits for sure.
final class SteppedExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Runs all that can run, in the order in which it became ready, or so many steps of it.
    func run(steps: Int = .max) {
        var steps = steps
        while steps > 0, let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            job.runSynchronously(on: asUnownedTaskExecutor())
            steps -= 1
        }
    }

    /// Starts a task, and runs it as far as it gets.
    func start<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) -> Task<Value, any Error> {
        let task = Task(executorPreference: self, operation: work)
        run()
        return task
    }
}
