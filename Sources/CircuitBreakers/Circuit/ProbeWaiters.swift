/// Calls that wait until the probes of a half-open circuit have shown whether the service works (B12), in order.
struct ProbeWaiters {
    struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Void, Never>

        func resume() {
            continuation.resume()
        }
    }

    private var waiting: [Waiter] = []
    /// Those that were cancelled before they began to wait.
    private var cancelled: Set<UInt64> = []
    private var lastID: UInt64 = 0

    var count: Int { waiting.count }

    /// The id of one that is going to wait.
    mutating func announce() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// False when it has been cancelled meanwhile and does not wait.
    mutating func add(_ waiter: Waiter) -> Bool {
        if cancelled.remove(waiter.id) != nil { return false }
        waiting.append(waiter)
        return true
    }

    /// Takes out the one that is cancelled.
    mutating func cancel(_ id: UInt64) -> Waiter? {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else {
            cancelled.insert(id)
            return nil
        }
        return waiting.remove(at: index)
    }

    /// It is no longer of interest whether that one was cancelled.
    mutating func forget(_ id: UInt64) {
        cancelled.remove(id)
    }

    /// Takes out the first so many.
    mutating func take(_ number: Int) -> [Waiter] {
        if waiting.isEmpty || number == 0 { return [] }
        let taken = Array(waiting.prefix(number))
        waiting.removeFirst(taken.count)
        return taken
    }

    mutating func takeAll() -> [Waiter] {
        take(.max)
    }
}
