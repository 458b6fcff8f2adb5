import Supervision

/// The end of the pipeline: keeps results in the store. A job counts as done when this has answered.
actor Results: GenServer {
    private let store: JobStore
    private var runtime: Runtime?

    init(store: JobStore) {
        self.store = store
    }

    func started(_ context: ServerContext<Results>) {
        runtime = context.runtime
    }

    func take(_ result: Int, of job: Int) async throws {
        let count = await store.finish(job, with: result)
        runtime?.emit(PipelineEvent.finished(count: count))
    }
}
