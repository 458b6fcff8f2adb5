import Synchronization

// What the thread sanitizer does not know, without any of our code: `Blindness locked` counts under a Mutex, which is no
// race, and is reported as one unless LockHints.c is loaded; `Blindness unlocked` counts without, which is one.

final class Counter: @unchecked Sendable {
    // Unchecked because to be unsafe is what it is for.
    private let lock = Mutex(())
    private var count = 0

    func add(isLocked: Bool) {
        if isLocked { lock.withLock { _ in count += 1 } } else { count += 1 }
    }
}

@main struct Blindness {
    static func main() async {
        let isLocked = CommandLine.arguments.contains("locked")
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<300_000 { counter.add(isLocked: isLocked) } }
            }
        }
    }
}
