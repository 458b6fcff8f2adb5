import CircuitBreakers
import Supervision
import Synchronization

/// Where the events of the tree go: what matters is printed, and the tour can wait for it.
final class Journal: EventSink {
    /// What is known from the events so far.
    struct Status: Sendable {
        var circuits: [ServiceName: CircuitState] = [:]
        var done = 0
        /// How often in a row orders could not be sent.
        var refusals = 0
    }

    fileprivate struct State {
        var status = Status()
        /// What went wrong last, so that the same line is not printed again and again.
        var latestTrouble: String?
    }

    private let state = Mutex(State())
    private let statuses: AsyncStream<Status>
    private let continuation: AsyncStream<Status>.Continuation
    private let start: RuntimeInstant

    init(clock: some RuntimeClock = SystemClock()) {
        (statuses, continuation) = AsyncStream.makeStream()
        start = clock.now
    }

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        let line = state.withLock { state -> String? in
            let line = state.note(event)
            continuation.yield(state.status)
            return line
        }
        if let line { say("· " + line, at: time) }
    }

    /// How many orders have been dealt with.
    var done: Int { state.withLock { $0.status.done } }

    /// Prints a line with its time.
    func say(_ text: String, at time: RuntimeInstant = Runtime.current.now) {
        let tenths = start.duration(to: time).components.attoseconds / 100_000_000_000_000_000
        print("+ \(start.duration(to: time).components.seconds).\(tenths) s  \(text)")
    }

    /// Waits until the events have led to that. One at a time may wait.
    ///
    /// - Throws: `TimeLimitExceeded` when it takes longer than ten seconds.
    func wait(until isReached: @escaping @Sendable (Status) -> Bool) async throws {
        let statuses = statuses
        try await TimeLimit(.seconds(10)).call {
            for await status in statuses where isReached(status) { return }
            throw CancellationError()
        }
    }
}

extension Journal.State {
    /// Notes what happened, and returns the line to print for it.
    fileprivate mutating func note(_ event: any RuntimeEvent) -> String? {
        switch event {
        case let event as CircuitEvent:
            guard case .transition(let transition) = event.kind, let service = event.service else { return nil }
            status.circuits[service] = transition.to
            if transition.to == .closed { latestTrouble = nil }
            return event.line()
        case OrderEvent.done(let count):
            status.done = count
            return nil
        case OrderEvent.kept(_, let error):
            status.refusals += 1
            return lineOnce(event, error)
        case OrderEvent.notReceived(let error):
            return lineOnce(event, error)
        default:
            return nil
        }
    }

    private mutating func lineOnce(_ event: any RuntimeEvent, _ error: any Error) -> String? {
        let trouble = error is CircuitBreakerError ? "rejected" : "\(error)"
        defer { latestTrouble = trouble }
        return trouble == latestTrouble ? nil : event.description
    }
}
