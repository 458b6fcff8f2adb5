import Supervision

/// The beginning of the pipeline: takes open jobs from the store and hands them to the stage, one after the other.
///
/// It is the stage that says how fast: while its mailbox is full, `send` waits.
actor Source: GenServer {
    enum Message: Sendable {
        /// There may be new jobs in the store.
        case look
        /// It is time for the next job.
        case next
    }

    private let store: JobStore
    private var jobs: ArraySlice<Int> = []
    /// The last job that was handed on. What is open up to there is on its way.
    private var last = 0

    init(store: JobStore) {
        self.store = store
    }

    func started(_ context: ServerContext<Source>) {
        context.continue(with: .look)
    }

    func handle(_ message: Message, _ context: ServerContext<Source>) async throws {
        switch message {
        case .look:
            if jobs.isEmpty {
                jobs = await store.openJobs.filter { $0 > last }[...]
                if !jobs.isEmpty { context.continue(with: .next) }
            }
        case .next:
            guard let job = jobs.popFirst() else { return context.continue(with: .look) }
            context.runtime.emit(PipelineEvent.taken(job: job))
            do {
                try await ServerRef(.stage).send(.job(job), timeout: .seconds(3_600))
            } catch {
                // The stage is gone, and this ends with it: what it had is still open in the store.
                return
            }
            last = job
            context.continue(with: .next)
        }
    }
}
