import Supervision

extension ServerName {
    static var results: ServerName<Results> { .init("results") }
    static var workers: ServerName<DynamicSupervisor> { .init("workers") }
    static var stage: ServerName<Stage> { .init("stage") }
    static var source: ServerName<Source> { .init("source") }
}

/// The supervision tree of the sample.
enum Application {
    /// How many jobs are worked on at once.
    static let workers = 3
    /// How many jobs may wait for the stage.
    static let waiting = 4

    /// The pipeline, its end first: each child needs only those before it, so a crash takes along only what comes after.
    static func tree(
        store: JobStore,
        inspect: @escaping @Sendable (Int) throws -> Void = { _ in },
        work: @escaping @Sendable (Int) async throws -> Int
    ) -> Supervisor {
        Supervisor(strategy: .restForOne) {
            // Where mail waited for its restart, workers would wait with theirs, and it starts only when they have ended.
            Child(.results) { Results(store: store) }.mail(.discarded)
            Child(.workers) { DynamicSupervisor() }
            // The mail of a stage that crashed is dropped: the source, which is restarted with it, sends all of it again.
            Child(.stage, shutdown: .timeout(.seconds(15))) { Stage(workers: workers, inspect: inspect, work: work) }
                .mailbox(limit: waiting, overflow: .suspend)
                .mail(.discarded)
            Child(.source) { Source(store: store) }
        }
    }
}
