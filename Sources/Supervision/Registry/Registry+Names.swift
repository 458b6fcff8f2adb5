internal import Synchronization

/// A key of a registry of whatever type that a child is registered under, as its name.
final class RegistryClaim: Sendable {
    let key: any Sendable
    let registry: ObjectIdentifier
    /// Whether the registry's keys are unique, as names must be.
    let isUnique: Bool
    /// Gives the path of whoever has the key already, if someone has.
    let claim: @Sendable (any RegisteredPlace) -> String?
    let release: @Sendable (any RegisteredPlace) -> Void

    init<Key, Value>(_ registry: Registry<Key, Value>, _ key: Key, _ value: Value) {
        self.key = key
        self.registry = ObjectIdentifier(registry)
        isUnique = registry.keys == .unique
        claim = { registry.claim(key, value, for: $0) }
        release = { registry.release(key, of: $0) }
    }
}

/// Leads an address to whoever holds a key.
final class RegistryAddress<Key: Hashable & Sendable, Value: Sendable>: NameEntry, @unchecked Sendable {
    // Unchecked because the class that it comes from is not final; nothing in either can change.
    private let registry: Registry<Key, Value>
    private let key: Key

    init(_ registry: Registry<Key, Value>, _ key: Key) {
        self.registry = registry
        self.key = key
    }

    override var name: String { "\(key)" }

    override func find() throws(ServerError) -> (any AnyObject & Sendable)? {
        guard registry.keys == .unique else { throw .ambiguousName(name) }
        return registry.holding(key)?.holder.place
    }
}

extension Registry {
    /// Makes `key` lead to `place` for all its lives to come. Gives the path of whoever has the key already.
    func claim(_ key: Key, _ value: Value, for place: any RegisteredPlace) -> String? {
        defer { deliver() }
        let holder = RegistryHolder(place: place, incarnation: nil)
        while insert(key, value, holder) == nil {
            if let entry = holding(key), entry.holder == holder {
                // A new life begins with the value of the specification.
                if partition(of: key).entries.withLock({ $0.update(key, entry.number, to: value) }) { return nil }
            } else if let path = livingHolder(of: key) {
                return path
            }
        }
        return nil
    }

    func release(_ key: Key, of place: any RegisteredPlace) {
        remove(key, 0, RegistryHolder(place: place, incarnation: nil))
        deliver()
    }

    /// The key that `place` has as its name.
    func name(of place: any RegisteredPlace) -> Key? {
        guard let claim = place.rules?.claim, claim.registry == ObjectIdentifier(self), let key = claim.key as? Key,
            holding(key)?.holder == RegistryHolder(place: place, incarnation: nil)
        else { return nil }
        return key
    }
}

// MARK: - Children and addresses

extension ChildSpecification {
    /// Registers the child under a key of `registry`, with a value (R90).
    ///
    /// The key is its name there: taken before the child starts, kept while it is restarted, and free again when it stays
    /// down. ``ServerRef/init(_:_:)`` is its address. A key that another server holds fails the start with
    /// ``SupervisorError/keyTaken(_:path:holder:)``, which `startChild` throws as it is (R15).
    ///
    /// ```swift
    /// try await tree.startChild(
    ///     Child("alice", restart: .temporary) { Session() }.registered(in: sessions, under: 7, value: "web")
    /// )
    /// ```
    ///
    /// A child has one such name at most, beside its ``ServerName``; the last one asked for counts.
    ///
    /// - Parameters:
    ///   - registry: where it is registered. Its keys must be unique, else the specification is refused (R91).
    ///   - key: what it is registered under.
    ///   - value: what is registered with the key, anew for each incarnation.
    public func registered<Key, Value>(in registry: Registry<Key, Value>, under key: Key, value: Value) -> Child {
        child.with { $0.claim = RegistryClaim(registry, key, value) }
    }

    /// Registers the child under a key of a registry without values: see ``registered(in:under:value:)``.
    public func registered<Key>(in registry: Registry<Key, Void>, under key: Key) -> Child {
        registered(in: registry, under: key, value: ())
    }
}

extension ServerRef {
    /// The server that holds `key` in `registry`, whenever it is called. It need not run yet.
    ///
    /// A child that has the key as its name keeps it over restarts: calls then wait for its next incarnation (S1, S2). An
    /// entry that a server has registered itself is gone when that incarnation ends, and calls throw
    /// ``ServerError/notRunning(_:)`` until someone holds the key again. With duplicate keys they throw
    /// ``ServerError/ambiguousName(_:)`` (R91).
    public init<Key, Value>(_ registry: Registry<Key, Value>, _ key: Key) {
        // Only a name leads to the same place for as long as that has a server.
        let named = registry.holding(key).flatMap { $0.holder.incarnation == nil ? $0.holder.place : nil }
        self.init(known: named as? ServerPlace<Server>, entry: RegistryAddress(registry, key))
    }
}
