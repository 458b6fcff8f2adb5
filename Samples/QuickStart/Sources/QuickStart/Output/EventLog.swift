import Supervision
import Synchronization

/// Keeps the events of a run, so that the tour can wait for what happens rather than for time to pass.
final class EventLog: Sendable {
    private struct State {
        var events: [any RuntimeEvent] = []
        var readers: [Int: AsyncStream<any RuntimeEvent>.Continuation] = [:]
        var nextReader = 0
        var isStopping = false
    }

    /// A tour makes about a hundred events. On the terminal a run may last for days, and nobody looks back.
    private static let limit = 1_000

    private let state = Mutex(State())

    func append(_ event: any RuntimeEvent) {
        state.withLock { state in
            if state.events.count < Self.limit { state.events.append(event) }
            if case .signalled? = (event as? SupervisionEvent)?.kind { state.isStopping = true }
            for reader in state.readers.values { reader.yield(event) }
        }
    }

    /// Whether a signal has told the process to end.
    var isStopping: Bool { state.withLock(\.isStopping) }

    /// The events kept so far.
    var events: [any RuntimeEvent] { state.withLock(\.events) }

    /// The events from the one at `position` on, those to come included.
    func events(from position: Int) -> AsyncStream<any RuntimeEvent> {
        let (stream, continuation) = AsyncStream<any RuntimeEvent>.makeStream()
        let reader = state.withLock { state in
            for event in state.events.dropFirst(position) { continuation.yield(event) }
            state.nextReader += 1
            state.readers[state.nextReader] = continuation
            return state.nextReader
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.readers[reader] = nil }
        }
        return stream
    }
}
