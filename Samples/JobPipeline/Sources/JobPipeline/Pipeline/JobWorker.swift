import Supervision

/// Does one job, hands its result on, and is gone.
actor JobWorker: GenServer {
    enum Message: Sendable {
        case work
    }

    private let job: Int
    private let work: @Sendable (Int) async throws -> Int
    private let done: @Sendable () -> Void

    init(_ job: Int, work: @escaping @Sendable (Int) async throws -> Int, done: @escaping @Sendable () -> Void) {
        self.job = job
        self.work = work
        self.done = done
    }

    func started(_ context: ServerContext<JobWorker>) {
        context.continue(with: .work)
    }

    func handle(_ message: Message, _ context: ServerContext<JobWorker>) async throws {
        let (job, result) = (job, try await work(job))
        try await ServerRef(.results).call { try await $0.take(result, of: job) }
        done()
        throw Exit(.normal)
    }
}
