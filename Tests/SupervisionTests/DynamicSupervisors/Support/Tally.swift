import Supervision
import Synchronization

/// A sink that only counts, for tests with more events than are good to keep, and lets a test wait for a count.
final class Tally: EventSink {
    private struct State {
        var restarts = 0
        var crashes = 0
        /// How many children were told of as stopped.
        var stopped = 0
        var awaited: (restarts: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    var restarts: Int { state.withLock(\.restarts) }
    var crashes: Int { state.withLock(\.crashes) }
    var stopped: Int { state.withLock(\.stopped) }

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        guard let event = event as? SupervisionEvent else { return }
        let ready = state.withLock { state -> CheckedContinuation<Void, Never>? in
            switch event.kind {
            case .restarted: state.restarts += 1
            case .ended: state.crashes += 1
            case .childrenStopped(_, let count, _): state.stopped += count
            default: return nil
            }
            guard let awaited = state.awaited, state.restarts >= awaited.restarts else { return nil }
            state.awaited = nil
            return awaited.continuation
        }
        ready?.resume()
    }

    /// Waits until there have been that many restarts. One task may wait at a time.
    func waitForRestarts(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.restarts >= count { return true }
                state.awaited = (count, continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
