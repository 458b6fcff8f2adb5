internal import Synchronization

/// Those that wait for an answer in a simulated runtime, in the order in which they began to wait.
package final class WaitBook: Sendable {
    private struct State: Sendable {
        var waits: [(number: Int, text: @Sendable () -> String)] = []
        var count = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Notes a wait, and gives its number.
    func begin(_ text: @escaping @Sendable () -> String) -> Int {
        state.withLock { state in
            state.count += 1
            state.waits.append((state.count, text))
            return state.count
        }
    }

    func end(_ number: Int) {
        state.withLock { state in state.waits.removeAll { $0.number == number } }
    }

    /// Who waits for whom, a line for each.
    package var lines: [String] {
        state.withLock { $0.waits }.map { $0.text() }
    }
}
