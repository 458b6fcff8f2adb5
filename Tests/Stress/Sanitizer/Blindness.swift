import Dispatch
import Synchronization

// What the thread sanitizer does not know, without any of our code. `Blindness locked` counts under a Mutex, and
// `Blindness resumed` reads what was written before its continuation was resumed: neither is a race, and both are
// reported as one unless Hints.c is loaded. `Blindness unlocked` counts without a lock, which is a race.

final class Counter: @unchecked Sendable {
    // Unchecked because to be unsafe is what it is for.
    private let lock = Mutex(())
    private var count = 0

    func add(isLocked: Bool) {
        if isLocked { lock.withLock { _ in count += 1 } } else { count += 1 }
    }
}

final class Note: @unchecked Sendable {
    // Unchecked because the continuation orders the write before the read, which is what is to be seen.
    var text = ""
    let isResumed = Atomic(false)
}

@main struct Blindness {
    static func main() async {
        switch CommandLine.arguments.last {
        case "locked": await count(isLocked: true)
        case "unlocked": await count(isLocked: false)
        case "resumed": await readAfterResumption()
        default: print("usage: Blindness locked|unlocked|resumed")
        }
    }

    private static func count(isLocked: Bool) async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<300_000 { counter.add(isLocked: isLocked) } }
            }
        }
    }

    private static func readAfterResumption() async {
        let note = Note()
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            DispatchQueue.global().async {
                note.text = "written"
                continuation.resume()
                note.isResumed.store(true, ordering: .relaxed)
            }
            // So that it is resumed before it is waited for. Relaxed, as it must not order the two by itself.
            while !note.isResumed.load(ordering: .relaxed) {}
        }
        print(note.text)
    }
}
