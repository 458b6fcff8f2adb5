public import Synchronization

extension Registry {
    /// How many entries there are.
    public var count: Int {
        partitions.reduce(0) { $0 + $1.entries.withLock { $0.count } }
    }

    /// How many entries `key` has.
    public func count(of key: Key) -> Int {
        shares(of: key).reduce(0) { $0 + $1.entries.withLock { $0.count(of: key) } }
    }

    /// The entries of `key`, partition by partition, and within each the oldest first.
    ///
    /// A reader may still see the entry of a server that has ended at this very moment (R92): calls to it fail, or wait
    /// for its next incarnation, as with any address.
    @inlinable
    public func lookup(_ key: Key) -> [RegistryEntry<Value>] {
        if keys == .unique || partitions.count == 1 { return entries(of: key, in: partition(of: key)) }
        return partitions.flatMap { entries(of: key, in: $0) }
    }

    /// The entry of `key`; with duplicate keys the first of them.
    @inlinable
    public subscript(key: Key) -> RegistryEntry<Value>? {
        keys == .unique ? holding(key)?.seen : lookup(key).first
    }

    /// The keys under which the present incarnation of `server` is registered, in no particular order; the name that it
    /// has through this registry is one of them.
    public func keys<Server: GenServer>(of server: ServerRef<Server>) -> [Key] {
        guard let place = server.place else { return [] }
        let tenant = place.presentWatch(under: ObjectIdentifier(self)) as? RegistryTenant<Key, Value>
        return (tenant?.keys ?? []) + (name(of: place).map { [$0] } ?? [])
    }

    /// The values that `server` has registered under `key`, oldest first.
    public func values<Server: GenServer>(of key: Key, _ server: ServerRef<Server>) -> [Value] {
        guard let place = server.place else { return [] }
        return entries(of: key, in: partition(of: key, place)).filter { $0.holder.place === place }.map { $0.value }
    }

    /// All entries, in no particular order. What is registered or goes meanwhile may be there or not.
    public var entries: [(key: Key, entry: RegistryEntry<Value>)] {
        partitions.flatMap { $0.entries.withLock { $0.all } }
    }

    /// Calls `body` with the entries of `key`: once for each partition that has some, and not at all when there are none
    /// (R93). It runs in the caller, one partition after the other, outside of every lock. What it throws ends it.
    ///
    /// ```swift
    /// topics.dispatch("news") { entries in
    ///     for entry in entries { try? entry.ref(as: Subscriber.self).cast(.news(text)) }
    /// }
    /// ```
    @inlinable
    public func dispatch<Failure: Error>(
        _ key: Key,
        _ body: (_ entries: [RegistryEntry<Value>]) throws(Failure) -> Void
    ) throws(Failure) {
        for partition in shares(of: key) {
            let entries = entries(of: key, in: partition)
            if !entries.isEmpty { try body(entries) }
        }
    }

    /// As ``dispatch(_:_:)``, with a child task for each partition that has entries, side by side (R93). It returns when
    /// all have ended; when one throws, or the caller is cancelled, the others are cancelled. With one partition it runs
    /// in the caller.
    public func dispatchConcurrently(
        _ key: Key,
        _ body: @escaping @Sendable (_ entries: [RegistryEntry<Value>]) async throws -> Void
    ) async throws {
        let lists = shares(of: key).map { entries(of: key, in: $0) }.filter { !$0.isEmpty }
        guard lists.count > 1 else {
            if let entries = lists.first { try await body(entries) }
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for entries in lists { group.addTask { try await body(entries) } }
            try await group.waitForAll()
        }
    }

    /// The partitions that can have entries of `key`.
    @inlinable
    func shares(of key: Key) -> [Partition] {
        keys == .unique ? [partition(of: key)] : partitions
    }

    @inlinable
    func entries(of key: Key, in partition: Partition) -> [RegistryEntry<Value>] {
        partition.entries.withLock { $0.entries(of: key) }
    }
}
