import Foundation

/// Runs the jobs of a tree on the thread that plays, and knows when there is none left: then the tree is at rest.
///
/// Unchecked because it is used by that one thread alone, which is checked where a job comes in.
final class RestingExecutor: TaskExecutor, @unchecked Sendable {
    private var jobs: [UnownedJob] = []
    private var next = 0
    private let thread = Thread.current

    func enqueue(_ job: consuming ExecutorJob) {
        precondition(Thread.current === thread, "A job came from another thread: the tree does not run here alone.")
        jobs.append(UnownedJob(job))
    }

    /// Runs jobs, and those that they cause, in the order in which they came.
    func runToRest() {
        while next < jobs.count {
            let job = jobs[next]
            next += 1
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
        jobs.removeAll(keepingCapacity: true)
        next = 0
    }
}
