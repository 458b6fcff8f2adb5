internal import Synchronization

/// Waiting for the outcome of the probes (``CircuitPolicy/HalfOpen/Overflow``).
extension Circuit {
    /// Waits until a probe is free or the circuit is no longer half-open, for as long as that takes; a probe's lease
    /// bounds it. Returns at once when there is no need to wait.
    ///
    /// - Returns: false when as many wait as may.
    /// - Throws: `CancellationError` when the task is cancelled; it leaves its place to the others.
    func waitForProbe() async throws -> Bool {
        guard case .wait(let limit) = policy.policy.halfOpen.overflow else { return false }
        let id = guarded.withLock { $0.waiters.announce() }
        defer { guarded.withLock { $0.waiters.forget(id) } }
        let hasRoom = await withTaskCancellationHandler {
            var hasRoom = true
            await withCheckedContinuation { continuation in
                let waits = guarded.withLock { guarded in
                    guard !guarded.isOver, guarded.machine.freeProbes == 0 else { return false }
                    hasRoom = guarded.waiters.count < limit
                    return hasRoom && guarded.waiters.add(.init(id: id, continuation: continuation))
                }
                if !waits { continuation.resume() }
            }
            return hasRoom
        } onCancel: {
            guarded.withLock { $0.waiters.cancel(id) }?.resume()
        }
        try Task.checkCancellation()
        if !hasRoom { perform { $0.rejectWaiter(now: $1(), actions: &$2) } }
        return hasRoom
    }
}
