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
        let id = guarded.withLock { $0.rare.details.waiters.announce() }
        defer { current.guarded.withLock { $0.rare.details.waiters.forget(id) } }
        let hasRoom = await withTaskCancellationHandler {
            var hasRoom = true
            await withCheckedContinuation { continuation in
                let waits = guarded.withLock { guarded in
                    guard !guarded.isOver, guarded.machine.freeProbes == 0 else { return false }
                    hasRoom = guarded.rare.details.waiters.count < limit
                    return hasRoom && guarded.rare.details.waiters.add(.init(id: id, continuation: continuation))
                }
                if !waits { continuation.resume() }
            }
            return hasRoom
        } onCancel: {
            cancelWait(id)
        }
        try Task.checkCancellation()
        if !hasRoom { perform { $0.rejectWaiter(now: $1(), actions: &$2) } }
        return hasRoom
    }

    /// The circuit that goes on in the place of this one, if one does.
    private var current: Circuit {
        var circuit = self
        while let successor = circuit.guarded.withLock({ $0.rare.details.successor }) { circuit = successor }
        return circuit
    }

    /// Those who wait have been handed on to the successor, if there is one.
    private func cancelWait(_ id: UInt64) {
        let (waiter, successor) = guarded.withLock { guarded -> (ProbeWaiters.Waiter?, Circuit?) in
            if let successor = guarded.rare.details.successor { return (nil, successor) }
            return (guarded.rare.details.waiters.cancel(id), nil)
        }
        waiter?.resume()
        successor?.cancelWait(id)
    }

    /// Lets go of those who need not wait any more.
    func releaseWaiters() {
        let waiters = guarded.withLock { guarded in
            guarded.rare.isEmpty ? [] : guarded.rare.details.waiters.take(guarded.machine.freeProbes)
        }
        for waiter in waiters { waiter.resume() }
    }
}
