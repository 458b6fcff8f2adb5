public import Synchronization

/// Whether a key of a ``Registry`` can be held by many.
public enum RegistryKeys: Sendable {
    /// Each key by one server at most (R90).
    case unique
    /// A key by any number of servers, and by one server any number of times (R91).
    case duplicate
}

/// Servers by keys that are made while the program runs, each with a value: sessions by user, subscribers by topic.
///
/// ```swift
/// let sessions = Registry<Int, String>()
///
/// Child("alice") { Session() }.registered(in: sessions, under: 7, value: "web")   // a name, kept over restarts
/// try topics.register("news", for: context)                                       // an entry of one life of a server
///
/// try await ServerRef<Session>(sessions, 7).call { $0.cart }
/// for entry in sessions.lookup(7) { print(entry.path, entry.value) }
/// ```
///
/// An entry belongs to the incarnation that has registered it, and goes when that ends, however it ends (R92): a crash,
/// a stop, or being given up. What a dead incarnation still tries to register is refused (S1). A name, which
/// ``ChildSpecification/registered(in:under:value:)`` gives, belongs to its child's place and goes when the child stays
/// down.
///
/// A registry is a value that you make where you need it and pass along. It needs no server and no task of its own, so
/// there is nothing of it that could crash. All its functions can be called from anywhere, and none waits but
/// ``lock(_:_:)``. It takes its locks for single steps only: never while code of yours runs, but for the `==` and the
/// `hash` of the keys.
public final class Registry<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// Is told of each change: see ``init(keys:partitions:listeners:)``.
    public typealias Listener = @Sendable (RegistryChange<Key, Value>) -> Void

    /// A lock of its own for a part of the entries.
    @usableFromInline
    final class Partition: Sendable {
        @usableFromInline let entries: Mutex<RegistryPartition<Key, Value>>
        let locks = Mutex(KeyLocks<Key>())

        init(isUnique: Bool) {
            entries = Mutex(RegistryPartition(isUnique: isUnique))
        }
    }

    /// Whether a key can be held by many.
    public let keys: RegistryKeys
    @usableFromInline let partitions: [Partition]
    private let feed: RegistryFeed<Key, Value>?

    /// An empty registry.
    ///
    /// Listeners are told of each entry that comes and goes, in the order in which that happens (R94), one change at a
    /// time and outside of every lock, so they may call back. They run where the change was made, or where another
    /// change is being told of at that moment, and should return quickly. To have a server listen, cast to it.
    ///
    /// - Parameters:
    ///   - keys: whether a key can be held by many.
    ///   - partitions: how many locks share the entries, for registries that many threads use at the same time. Less
    ///     than one is taken as one. Unique keys are spread by key; duplicate keys by server, and ``dispatch(_:_:)``
    ///     then comes once for each partition.
    ///   - listeners: what is told of each change.
    public init(keys: RegistryKeys = .unique, partitions: Int = 1, listeners: [Listener] = []) {
        self.keys = keys
        // Which entries share a lock is told by hashes and addresses, and in a simulation nothing may go by those.
        let partitions = Runtime.current.interference == nil ? partitions : 1
        self.partitions = (0..<max(1, partitions)).map { _ in Partition(isUnique: keys == .unique) }
        feed = listeners.isEmpty ? nil : RegistryFeed(listeners)
    }

    /// Registers the server of `context` under `key` until that incarnation ends (R90, R92).
    ///
    /// A holder that is dead is no obstacle, also when its entry has not been cleared away yet.
    ///
    /// - Throws: ``RegistryError/alreadyRegistered(key:holder:)`` when the keys are unique and a server, this one
    ///   included, holds it; ``RegistryError/ended(path:incarnation:)`` when the incarnation has ended or is ending (S1).
    public func register<Server: GenServer>(
        _ key: Key,
        _ value: Value,
        for context: ServerContext<Server>
    ) throws(RegistryError) {
        defer { deliver() }
        let holder = RegistryHolder(place: context.place, incarnation: context.incarnation)
        let kept = context.place.watch(under: ObjectIdentifier(self), of: context.incarnation) {
            RegistryTenant(self, holder)
        }
        guard let tenant = kept as? RegistryTenant<Key, Value> else { throw ended(context) }
        while true {
            switch tenant.add(key, value) {
            case .added: return
            case .isOver: throw ended(context)
            case .isHeld: if let path = livingHolder(of: key) { throw .alreadyRegistered(key: "\(key)", holder: path) }
            }
        }
    }

    /// Gives back all that the server of `context` has registered under `key`, and how much that was; 0 when there is
    /// nothing. A name that its child has through the registry stays.
    @discardableResult
    public func unregister<Server: GenServer>(_ key: Key, for context: ServerContext<Server>) -> Int {
        let tenant = context.place.presentWatch(under: ObjectIdentifier(self)) as? RegistryTenant<Key, Value>
        guard let tenant, tenant.holder.incarnation == context.incarnation else { return 0 }
        defer { deliver() }
        return tenant.remove(key)
    }

    /// Changes the value of a unique key that the server of `context` holds (R91). Nobody else can, and listeners are not
    /// told.
    ///
    /// The value of a name lasts for that incarnation; the next one begins with what its child was given.
    ///
    /// - Parameters:
    ///   - key: one that the server holds.
    ///   - context: the server's.
    ///   - change: makes the new value out of the old one. It runs outside of every lock, and once more when another
    ///     task of the server has changed the value meanwhile.
    /// - Returns: the value after the change and the one before it.
    /// - Throws: ``RegistryError``: `needsUniqueKeys`; `notHolder` when another server, or none, holds the key; `ended`
    ///   when the incarnation has ended.
    @discardableResult
    public func updateValue<Server: GenServer>(
        _ key: Key,
        for context: ServerContext<Server>,
        _ change: (Value) -> Value
    ) throws(RegistryError) -> (new: Value, old: Value) {
        guard keys == .unique else { throw .needsUniqueKeys("updateValue") }
        let partition = partition(of: key, context.place)
        while true {
            let entry = partition.entries.withLock { $0.holding(key) }
            guard let entry, entry.holder.place === context.place,
                entry.holder.incarnation ?? context.incarnation == context.incarnation
            else { throw .notHolder(key: "\(key)", path: context.path, holder: entry?.seen.path) }
            let value = change(entry.value)
            let isDone: Bool? = partition.entries.withLock { entries in
                // Asked under the lock, so that a zombie cannot write over what the next incarnation has.
                guard context.place.isLive(context.incarnation) else { return nil }
                return entries.update(key, entry.number, to: value)
            }
            switch isDone {
            case true?: return (value, entry.value)
            case false?: continue
            case nil: throw ended(context)
            }
        }
    }

    private func ended<Server: GenServer>(_ context: ServerContext<Server>) -> RegistryError {
        .ended(path: context.path, incarnation: context.incarnation)
    }
}

// MARK: - Changing a partition

extension Registry {
    func partition(of key: Key, _ place: any RegisteredPlace) -> Partition {
        guard partitions.count > 1 else { return partitions[0] }
        let hash = keys == .unique ? key.hashValue : ObjectIdentifier(place).hashValue
        return partitions[Int(bitPattern: UInt(bitPattern: hash) % UInt(partitions.count))]
    }

    func insert(_ key: Key, _ value: Value, _ holder: RegistryHolder) -> UInt64? {
        partition(of: key, holder.place).entries.withLock { entries in
            guard let number = entries.insert(key, value, holder) else { return nil }
            feed?.note(.registered(key, RegistryEntry(holder: holder, value: value)))
            return number
        }
    }

    func remove(_ key: Key, _ number: UInt64, _ holder: RegistryHolder) {
        // Returned out of the lock, so that what the value owns is freed outside it.
        _ = partition(of: key, holder.place).entries.withLock { entries in
            let entry = entries.remove(key, number, of: holder)
            if let entry { feed?.note(.unregistered(key, entry.seen)) }
            return entry
        }
    }

    /// The path of the server that holds a unique key. One that is dead loses it (R90).
    func livingHolder(of key: Key) -> String? {
        guard let entry = holding(key) else { return nil }
        guard entry.holder.isGone else { return entry.seen.path }
        remove(key, entry.number, entry.holder)
        return nil
    }

    /// The only entry of a unique key.
    @inlinable
    func holding(_ key: Key) -> RegistryPartition<Key, Value>.Entry? {
        partition(of: key).entries.withLock { $0.holding(key) }
    }

    /// The partition of a unique key, and of the lock of any key.
    @inlinable
    func partition(of key: Key) -> Partition {
        guard partitions.count > 1 else { return partitions[0] }
        return partitions[Int(bitPattern: UInt(bitPattern: key.hashValue) % UInt(partitions.count))]
    }

    /// Tells the listeners what has been noted. Called outside of every lock.
    func deliver() {
        feed?.deliver()
    }
}

extension Registry where Value == Void {
    /// Registers the server of `context` under `key`: see ``register(_:_:for:)``.
    public func register<Server: GenServer>(_ key: Key, for context: ServerContext<Server>) throws(RegistryError) {
        try register(key, (), for: context)
    }
}
