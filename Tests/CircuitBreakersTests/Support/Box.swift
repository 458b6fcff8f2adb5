import Synchronization

/// Something that is filled in later, from anywhere.
final class Box<Value: Sendable>: Sendable {
    private let stored = Mutex<Value?>(nil)

    var value: Value? {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}

/// Counts, from anywhere.
final class Counter: Sendable {
    private let stored = Atomic(0)

    var value: Int { stored.load(ordering: .relaxed) }

    func add() { stored.add(1, ordering: .relaxed) }
}
