import Synchronization

/// What happened, in the order in which it happened.
final class LifeJournal: Sendable {
    private let notes = Mutex<[String]>([])

    var lines: [String] { notes.withLock { $0 } }

    func note(_ line: String) {
        notes.withLock { $0.append(line) }
    }

    /// Gives what was noted so far, and begins anew.
    func take() -> [String] {
        notes.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}
