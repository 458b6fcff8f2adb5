import Supervision

/// The middle of the pipeline: starts a worker for each job, and has at most so many at work.
///
/// While all are at work it waits with a job in its hands. Then its mailbox fills, and holds back the source.
actor Stage: GenServer {
    enum Message: Sendable {
        case job(Int)
    }

    private let work: @Sendable (Int) async throws -> Int
    private let inspect: @Sendable (Int) throws -> Void
    /// One element for each worker that may be started.
    private let slots: AsyncStream<Void>
    private let free: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - workers: how many may be at work.
    ///   - inspect: looks at a job before it gets a worker. What it throws, the stage crashes with.
    ///   - work: what a worker does.
    init(
        workers: Int,
        inspect: @escaping @Sendable (Int) throws -> Void,
        work: @escaping @Sendable (Int) async throws -> Int
    ) {
        self.work = work
        self.inspect = inspect
        (slots, free) = AsyncStream.makeStream()
        for _ in 0..<workers { free.yield() }
    }

    /// A stage begins with no workers: those of the last one finish their jobs first. So no job has two.
    func started(_ context: ServerContext<Stage>) async throws {
        let workers = ServerRef(.workers)
        for worker in try await workers.children() {
            do {
                try await workers.terminateChild(worker.id)
            } catch SupervisorError.notAChild {
                // It is done already.
            }
        }
    }

    func handle(_ message: Message, _ context: ServerContext<Stage>) async throws {
        guard case .job(let job) = message else { return }
        try inspect(job)
        guard await slots.first(where: { _ in true }) != nil else { throw CancellationError() }
        let (work, free) = (work, free)
        // Restarted when it crashes, with the same job, and gone when it is done. Asked to stop, it finishes its job.
        let worker = Child("job", restart: .transient) { JobWorker(job, work: work) { free.yield() } }
        do {
            try await ServerRef(.workers).startChild(worker.drain(for: .seconds(10)))
        } catch SupervisorError.shuttingDown, ServerError.exited {
            // The workers have been given up, and this ends with them: the job is still open in the store. If it crashed,
            // it could be started again before they are, and would wait for them while its supervisor waits for it.
        }
    }
}
