import Synchronization

/// What happened, in order, written down from anywhere.
final class Trace: Sendable {
    private let stored = Mutex<[String]>([])

    var words: [String] { stored.withLock { $0 } }

    func add(_ word: String) { stored.withLock { $0.append(word) } }

    func clear() { stored.withLock { $0 = [] } }
}
