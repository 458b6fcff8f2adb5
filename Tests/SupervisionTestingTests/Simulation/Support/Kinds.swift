import Synchronization

/// What was seen in any of several runs.
final class Kinds: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ more: [String]) { lines.withLock { $0 += more } }

    var all: [String] { lines.withLock { $0 } }

    func has(_ part: String) -> Bool { lines.withLock { $0.contains { $0.contains(part) } } }
}
