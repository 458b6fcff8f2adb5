import Dispatch
import Synchronization

/// Runs tasks on threads of its own, and counts them.
final class CountingExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "counting", attributes: .concurrent)
    private let seen = Mutex<Set<String>>([])

    /// How many different tasks have run here so far.
    var taskCount: Int { seen.withLock(\.count) }

    func enqueue(_ job: consuming ExecutorJob) {
        let description = job.description
        seen.withLock { _ = $0.insert(description) }
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
