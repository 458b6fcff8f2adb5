internal import Synchronization

extension Registry {
    /// Runs `body` while no other task runs one for the same key of this registry (R95): to look a key up and register it
    /// in one step, for instance. The key need not be registered, and holding its lock keeps nobody from registering it.
    ///
    /// The lock goes to those who wait in the order in which they came, and is freed when `body` returns or throws. A
    /// waiter that is cancelled leaves the queue; `body` itself sees a cancellation of its task like any other code. A
    /// server that is given up (S3) in the middle of `body` keeps the lock until its code has returned.
    ///
    /// - Throws: what `body` throws; `CancellationError` when the task is cancelled while it waits;
    ///   ``RegistryError/lockHeld(key:)`` when the task itself holds the lock.
    public func lock<Result>(_ key: Key, _ body: () async throws -> Result) async throws -> Result {
        if HeldLock<Key>.isHeld(key, in: self) { throw RegistryError.lockHeld(key: "\(key)") }
        let partition = partition(of: key)
        if !partition.locks.withLock({ $0.take(key) }) { try await wait(for: key, partition) }
        defer { partition.locks.withLock { $0.release(key) }?.resume() }
        return try await HeldLocks.$innermost.withValue(HeldLock(key, self)) { try await body() }
    }

    private func wait(for key: Key, _ partition: Partition) async throws {
        let ticket = LockTicket()
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                // Resumed exactly once: here, or by whoever takes it out of the queue.
                guard let number = partition.locks.withLock({ $0.take(key, or: continuation) }) else {
                    return continuation.resume()
                }
                ticket.number.withLock { $0 = number }
                // The cancellation may have come before there was a number.
                if Task.isCancelled { withdraw(key, number, partition) }
            }
        } onCancel: {
            if let number = ticket.number.withLock({ $0 }) { withdraw(key, number, partition) }
        }
    }

    private func withdraw(_ key: Key, _ number: UInt64, _ partition: Partition) {
        partition.locks.withLock { $0.withdraw(key, number) }?.resume(throwing: CancellationError())
    }
}

/// What one who waits for a lock is found by.
private final class LockTicket: Sendable {
    let number = Mutex<UInt64?>(nil)
}

private enum HeldLocks {
    /// The lock that was taken last.
    @TaskLocal static var innermost: (any AnyHeldLock)?
}

private protocol AnyHeldLock: Sendable {
    /// The lock that was taken before.
    var outer: (any AnyHeldLock)? { get }
}

/// A lock that the task holds.
private struct HeldLock<Key: Hashable & Sendable>: AnyHeldLock {
    let key: Key
    let registry: ObjectIdentifier
    let outer: (any AnyHeldLock)?
    private let task: UInt?

    init<Value>(_ key: Key, _ registry: Registry<Key, Value>) {
        self.key = key
        self.registry = ObjectIdentifier(registry)
        outer = HeldLocks.innermost
        task = TaskIdentity.current
    }

    /// Whether the current task would wait for itself. Another task has merely inherited the value.
    static func isHeld<Value>(_ key: Key, in registry: Registry<Key, Value>) -> Bool {
        var next = HeldLocks.innermost
        while let lock = next {
            if let lock = lock as? HeldLock<Key>, lock.registry == ObjectIdentifier(registry), lock.key == key,
                lock.task == TaskIdentity.current
            {
                return true
            }
            next = lock.outer
        }
        return false
    }
}
