internal import Synchronization

/// Brings the changes of a registry to its listeners, one at a time and in order, outside of every lock.
///
/// A change is noted under the lock of its partition, so that the order is the true one. Whoever finds that nobody is
/// delivering does, until nothing is left; another one that has noted something meanwhile need not wait.
final class RegistryFeed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var changes: [RegistryChange<Key, Value>] = []
        var isDelivering = false
    }

    private let listeners: [Registry<Key, Value>.Listener]
    private let state = Mutex(State())

    init(_ listeners: [Registry<Key, Value>.Listener]) {
        self.listeners = listeners
    }

    func note(_ change: RegistryChange<Key, Value>) {
        state.withLock { $0.changes.append(change) }
    }

    func deliver() {
        guard begin() else { return }
        while let changes = next() {
            for change in changes {
                for listener in listeners { listener(change) }
            }
        }
    }

    private func begin() -> Bool {
        state.withLock { state in
            guard !state.isDelivering else { return false }
            state.isDelivering = true
            return true
        }
    }

    private func next() -> [RegistryChange<Key, Value>]? {
        state.withLock { state in
            guard !state.changes.isEmpty else {
                state.isDelivering = false
                return nil
            }
            defer { state.changes = [] }
            return state.changes
        }
    }
}
