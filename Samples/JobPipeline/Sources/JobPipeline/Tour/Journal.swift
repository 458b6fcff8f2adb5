import Supervision
import Synchronization

/// What is known from the events of the tree, for the tour to wait for.
final class Journal: EventSink {
    struct Status: Sendable {
        /// The last job that the source has taken.
        var taken = 0
        var finished = 0
        /// How often a worker was started again.
        var replacedWorkers = 0
        var stopped: Set<String> = []
        var isFull = false
    }

    private let state = Mutex(Status())
    private let statuses: AsyncStream<Status>
    private let continuation: AsyncStream<Status>.Continuation

    init() {
        (statuses, continuation) = AsyncStream.makeStream()
    }

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        let status = state.withLock { status in
            status.note(event)
            return status
        }
        continuation.yield(status)
    }

    /// Waits until the events have led to that. One at a time may wait.
    func wait(until isReached: (Status) -> Bool) async {
        if isReached(state.withLock { $0 }) { return }
        for await status in statuses where isReached(status) { return }
    }

    var status: Status { state.withLock { $0 } }
}

extension Journal.Status {
    fileprivate mutating func note(_ event: any RuntimeEvent) {
        switch event {
        case PipelineEvent.taken(let job): taken = job
        case PipelineEvent.finished(let count): finished = max(finished, count)
        case let event as SupervisionEvent:
            switch event.kind {
            case .restarted where event.path.contains("workers/"): replacedWorkers += 1
            case .stopped: stopped.insert(event.path)
            case .mailboxHigh: isFull = true
            default: break
            }
        default: break
        }
    }
}
