internal import Synchronization

/// What one incarnation has registered in one registry. It is kept with what else the incarnation has begun, and so
/// gives everything back when that ends, however it ends (R92).
///
/// Its lock is taken before that of a partition, so that nothing is registered behind its back once it has ended.
final class RegistryTenant<Key: Hashable & Sendable, Value: Sendable>: Watch {
    /// The numbers of the entries of one key. Nearly always there is one, which then costs no allocation.
    private struct Numbers {
        var first: UInt64
        var others: [UInt64] = []
        var all: [UInt64] { [first] + others }
    }

    private struct State {
        var held: [Key: Numbers] = [:]
        var isOver = false
    }

    let registry: Registry<Key, Value>
    let holder: RegistryHolder
    private let state = Mutex(State())

    init(_ registry: Registry<Key, Value>, _ holder: RegistryHolder) {
        self.registry = registry
        self.holder = holder
    }

    enum Outcome {
        case added, isOver, isHeld
    }

    func add(_ key: Key, _ value: Value) -> Outcome {
        state.withLock { state in
            guard !state.isOver else { return .isOver }
            guard let number = registry.insert(key, value, holder) else { return .isHeld }
            if state.held[key] == nil {
                state.held[key] = Numbers(first: number)
            } else {
                state.held[key]?.others.append(number)
            }
            return .added
        }
    }

    /// Gives back what is registered under `key`, and how much that was.
    func remove(_ key: Key) -> Int {
        let numbers = state.withLock { state in state.held.removeValue(forKey: key)?.all ?? [] }
        for number in numbers { registry.remove(key, number, holder) }
        return numbers.count
    }

    /// The keys, in the order in which they were first registered.
    var keys: [Key] {
        Self.inOrder(state.withLock { $0.held }).map { $0.key }
    }

    private static func inOrder(_ held: [Key: Numbers]) -> [(key: Key, value: Numbers)] {
        let entries = Array(held)
        // By their numbers alone: code that compares entries of any kind looks types up each time.
        let order = entries.indices.map { (number: entries[$0].value.first, index: $0) }
        return order.sorted { $0.number < $1.number }.map { entries[$0.index] }
    }

    func stop() {
        let held = state.withLock { state in
            state.isOver = true
            defer { state.held = [:] }
            return state.held
        }
        // In the order in which it was registered, which is how listeners hear of it.
        for (key, numbers) in Self.inOrder(held) {
            for number in numbers.all { registry.remove(key, number, holder) }
        }
        registry.deliver()
    }
}

extension ServerPlace {
    /// What `incarnation` keeps under `id`, made when there is nothing yet; nil when the incarnation is over or ending.
    func watch(under id: ObjectIdentifier, of incarnation: Int, _ make: () -> any Watch) -> (any Watch)? {
        withState { state in
            guard state.isLive(incarnation), state.phase != .ending else { return nil }
            if let watch = state.rare.belongings.watches[id] { return watch }
            let watch = make()
            state.rare.belongings.watches[id] = watch
            return watch
        }
    }

    /// What the present incarnation keeps under `id`.
    func presentWatch(under id: ObjectIdentifier) -> (any Watch)? {
        withState { $0.knownRare?.belongings.watches[id] }
    }
}
