import Synchronization

/// Runs each job at once, on the thread that brings it; between ``hold()`` and ``release()`` it keeps them.
final class HeldExecutor: TaskExecutor {
    private struct State {
        var isHeld = false
        var jobs: [UnownedJob] = []
    }

    private let state = Mutex(State())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isKept = state.withLock { state in
            if state.isHeld { state.jobs.append(job) }
            return state.isHeld
        }
        if !isKept { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    func hold() {
        state.withLock { $0.isHeld = true }
    }

    func release() {
        let jobs = state.withLock { state in
            defer { state = State() }
            return state.jobs
        }
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
