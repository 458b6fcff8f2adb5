internal import Supervision
internal import Synchronization

/// A ``BulkheadMachine`` under a lock, and the tasks that wait at it.
final class BulkheadGate: DeadlineTarget {
    private struct Waiter {
        // Resumed exactly once: by whoever takes the waiter out of the table.
        var continuation: UnsafeContinuation<Void, any Error>
        var deadlines: DeadlineQueue
        var token: DeadlineQueue.Token?
        var timeout: Duration?
    }

    private struct Guarded {
        var machine: BulkheadMachine
        /// Those who wait, by their number: the same as in the machine.
        var waiters: [UInt64: Waiter] = [:]
    }

    let maxConcurrent: Int
    let maxWaiting: Int
    private let guarded: Mutex<Guarded>

    init(maxConcurrent: Int, maxWaiting: Int) {
        self.maxConcurrent = maxConcurrent
        self.maxWaiting = maxWaiting
        guarded = Mutex(Guarded(machine: BulkheadMachine(maxConcurrent: maxConcurrent, maxWaiting: maxWaiting)))
    }

    var figures: Bulkhead.Figures { guarded.withLock { $0.machine.figures } }

    /// Takes a free slot. Returns the number under which the caller may wait when there is none.
    func enterAtOnce() throws(BulkheadFull) -> UInt64? {
        switch guarded.withLock({ $0.machine.approach() }) {
        case .admitted: return nil
        case .mayWait(let id): return id
        case .rejected: throw full(waited: nil)
        }
    }

    /// Waits for a slot.
    func enter(_ id: UInt64, waitingUpTo timeout: Duration?, in runtime: Runtime) async throws {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let waiter = Waiter(continuation: continuation, deadlines: runtime.deadlines, timeout: timeout)
                begin(waiter, id, now: runtime.now)
            }
        } onCancel: {
            giveUp(id, CancellationError())
        }
        // It may have been cancelled when the slot was its already.
        if Task.isCancelled {
            leave()
            throw CancellationError()
        }
    }

    private func begin(_ waiter: Waiter, _ id: UInt64, now: RuntimeInstant) {
        let entry = guarded.withLock { guarded in
            let entry = guarded.machine.enter(id)
            if entry == .waits { guarded.waiters[id] = waiter }
            return entry
        }
        switch entry {
        case .admitted: return waiter.continuation.resume()
        case .rejected: return waiter.continuation.resume(throwing: full(waited: nil))
        case .waits: break
        }
        if let timeout = waiter.timeout {
            let token = waiter.deadlines.schedule(at: now.advanced(by: timeout), self, tag: id)
            let isWaiting = guarded.withLock { guarded in
                guarded.waiters[id]?.token = token
                return guarded.waiters[id] != nil
            }
            if !isWaiting { waiter.deadlines.cancel(token) }
        }
        // The cancellation may have come before it waited, and then found nothing.
        if Task.isCancelled { giveUp(id, CancellationError()) }
    }

    func leave() {
        let waiter = guarded.withLock { guarded in
            guarded.machine.leave().flatMap { guarded.waiters.removeValue(forKey: $0) }
        }
        guard let waiter else { return }
        if let token = waiter.token { waiter.deadlines.cancel(token) }
        waiter.continuation.resume()
    }

    func deadlinePassed(tag: UInt64) {
        giveUp(tag, nil)
    }

    /// Ends the wait, unless it has ended: with an error, or because its time is over.
    private func giveUp(_ id: UInt64, _ error: CancellationError?) {
        let waiter = guarded.withLock { guarded in
            guarded.machine.giveUp(id, isRejection: error == nil) ? guarded.waiters.removeValue(forKey: id) : nil
        }
        guard let waiter else { return }
        if let token = waiter.token { waiter.deadlines.cancel(token) }
        waiter.continuation.resume(throwing: error ?? full(waited: waiter.timeout))
    }

    private func full(waited: Duration?) -> BulkheadFull {
        BulkheadFull(maxConcurrent: maxConcurrent, maxWaiting: maxWaiting, waited: waited)
    }
}
