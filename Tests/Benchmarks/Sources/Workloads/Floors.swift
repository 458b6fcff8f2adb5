import Subjects
import Synchronization

/// What Swift's tasks and actors take for the steps that a supervision library cannot do without: floors under the other
/// figures.
@Sendable
func floors() async throws {
    let counter = QueuedCounter()
    for callers in [1, 16] {
        let time = try await sharing(200_000, among: callers) { _, count in
            for number in 0..<count { use(await counter.call(number)) }
        }
        report("floors", "queued-\(callers)", time, "ns")
    }
    let results = try await medians(
        count: 20_000,
        [
            { count in for number in 0..<count { use(await Task.detached { number }.value) } },
            { count in
                for number in 0..<count {
                    let counter = Counter()
                    use(await Task.detached { await counter.add(number) }.value)
                }
            },
        ]
    )
    report("floors", "task", results[0], "ns")
    report("floors", "task-on-actor", results[1], "ns")
}

/// The least that a call is which waits in a mailbox: a lock around the waiting, and a task that goes through them on
/// the actor and resumes them. No deadline, no cancellation, no error, no restart.
private actor QueuedCounter {
    private struct Mailbox {
        var waiting: [(number: Int, caller: UnsafeContinuation<Int, Never>)] = []
        var isServed = false
    }

    private var total = 0
    private let mailbox = Mutex(Mailbox())

    nonisolated func call(_ number: Int) async -> Int {
        await withUnsafeContinuation { caller in
            let isIdle = mailbox.withLock { mailbox in
                mailbox.waiting.append((number, caller))
                defer { mailbox.isServed = true }
                return !mailbox.isServed
            }
            // Unstructured, because it belongs to no caller.
            if isIdle { Task.detached { await self.serve() } }
        }
    }

    private func serve() {
        while true {
            let batch = mailbox.withLock { mailbox in
                defer { mailbox.waiting = [] }
                mailbox.isServed = !mailbox.waiting.isEmpty
                return mailbox.waiting
            }
            if batch.isEmpty { return }
            for (number, caller) in batch {
                total &+= number
                caller.resume(returning: total)
            }
        }
    }
}
