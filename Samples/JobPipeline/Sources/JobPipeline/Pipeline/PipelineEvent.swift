import Supervision

/// What the pipeline tells beside what its supervisors tell.
enum PipelineEvent: RuntimeEvent {
    /// The source has taken a job from the store, and now hands it to the stage.
    case taken(job: Int)
    /// So many jobs have a result.
    case finished(count: Int)

    var level: EventLevel { .debug }

    var description: String {
        switch self {
        case .taken(let job): "source takes job \(job)"
        case .finished(let count): "\(count) jobs finished"
        }
    }
}
