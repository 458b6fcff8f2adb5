/// The jobs and their results: the one place that outlives the pipeline, as a table of a database would.
///
/// A job is open until its result is here. Nothing in the pipeline need be kept besides.
actor JobStore {
    private var open: Set<Int> = []
    /// The results by their jobs.
    private(set) var results: [Int: Int] = [:]
    /// Results of jobs that had one already.
    private(set) var repeats = 0

    /// Adds jobs.
    func add(_ jobs: ClosedRange<Int>) {
        open.formUnion(jobs)
    }

    /// The jobs without a result, in their order.
    var openJobs: [Int] { open.sorted() }

    /// Keeps the result of a job, the first one if there are several.
    ///
    /// - Returns: how many jobs have a result.
    func finish(_ job: Int, with result: Int) -> Int {
        if open.remove(job) == nil { repeats += 1 } else { results[job] = result }
        return results.count
    }
}
