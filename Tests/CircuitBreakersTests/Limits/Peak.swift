import Synchronization

/// How many are inside at once, and how many were at most.
final class Peak: Sendable {
    private let state = Mutex((inside: 0, highest: 0))

    var inside: Int { state.withLock { $0.inside } }
    var highest: Int { state.withLock { $0.highest } }

    func enter() {
        state.withLock { state in
            state.inside += 1
            state.highest = max(state.highest, state.inside)
        }
    }

    func leave() {
        state.withLock { $0.inside -= 1 }
    }
}
