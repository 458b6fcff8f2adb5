/// The pure state of the locks of a registry's keys: which are held, and who waits, first come first.
struct KeyLocks<Key: Hashable & Sendable>: Sendable {
    typealias Waiter = UnsafeContinuation<Void, any Error>

    /// The held keys, each with those that wait for it.
    private var queues: [Key: NumberedList<Waiter>] = [:]
    private var lastNumber: UInt64 = 0

    var heldCount: Int { queues.count }

    func waiterCount(of key: Key) -> Int { queues[key]?.count ?? 0 }

    /// True when the key was free and is held now.
    mutating func take(_ key: Key) -> Bool {
        guard queues[key] == nil else { return false }
        queues[key] = NumberedList()
        return true
    }

    /// As ``take(_:)``; when the key is held, `waiter` waits for it. It goes by the number that is given back.
    mutating func take(_ key: Key, or waiter: Waiter) -> UInt64? {
        guard queues[key] != nil else {
            queues[key] = NumberedList()
            return nil
        }
        lastNumber += 1
        queues[key]?.append(waiter, lastNumber)
        return lastNumber
    }

    /// Gives the one who waited longest, who has the key from now on; nil when it is free.
    mutating func release(_ key: Key) -> Waiter? {
        if let next = queues[key]?.popFirst() { return next }
        queues[key] = nil
        return nil
    }

    /// Takes a waiter out of the queue. Nil when it is not there.
    mutating func withdraw(_ key: Key, _ number: UInt64) -> Waiter? {
        queues[key]?.remove(number)
    }
}
