import Synchronization

/// Holds jobs up until they are let through, so that the tour goes the same way each time.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var open: Set<Int> = []
        var waiting: [Int: [AsyncStream<Never>.Continuation]] = [:]
    }

    private let state = Mutex(State())

    /// Returns when the job is let through.
    ///
    /// - Throws: `CancellationError`.
    func pass(_ job: Int) async throws {
        let (opening, open) = AsyncStream.makeStream(of: Never.self)
        state.withLock { state in
            if state.isOpen || state.open.contains(job) {
                open.finish()
            } else {
                state.waiting[job, default: []].append(open)
            }
        }
        for await _ in opening {}
        try Task.checkCancellation()
    }

    /// Lets one job through.
    func open(_ job: Int) {
        let waiting = state.withLock { state in
            state.open.insert(job)
            return state.waiting.removeValue(forKey: job) ?? []
        }
        for waiter in waiting { waiter.finish() }
    }

    /// Lets all through.
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return state.waiting.values.flatMap { $0 }
        }
        for waiter in waiting { waiter.finish() }
    }

    /// Holds up all that come from now on.
    func shut() {
        state.withLock { state in
            state.isOpen = false
            state.open = []
        }
    }
}
