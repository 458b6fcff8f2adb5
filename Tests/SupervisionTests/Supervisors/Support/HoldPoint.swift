import Synchronization

/// Where code of a test hangs, deaf to cancellation, until the test lets it go.
final class HoldPoint: Sendable {
    private struct State {
        var isOpen = false
        var arrivals = 0
        var held: [CheckedContinuation<Void, Never>] = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

        /// One more has come. Gives who has waited for that.
        mutating func arrive() -> [CheckedContinuation<Void, Never>] {
            arrivals += 1
            let ready = watchers.filter { $0.count <= arrivals }.map(\.continuation)
            if !ready.isEmpty { watchers.removeAll { $0.count <= arrivals } }
            return ready
        }
    }

    private let state = Mutex(State())

    /// Comes here and goes on.
    func note() {
        let watchers = state.withLock { $0.arrive() }
        for watcher in watchers { watcher.resume() }
    }

    /// Hangs here until ``open()``.
    func hold() async {
        await withCheckedContinuation { continuation in
            let (isOpen, watchers) = state.withLock { state in
                let ready = state.arrive()
                if !state.isOpen { state.held.append(continuation) }
                return (state.isOpen, ready)
            }
            for watcher in watchers { watcher.resume() }
            if isOpen { continuation.resume() }
        }
    }

    /// Waits until `count` have come here in all.
    func waitForArrivals(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.arrivals >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets go whoever hangs here, now and later.
    func open() {
        let held = state.withLock { state in
            state.isOpen = true
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }
}
