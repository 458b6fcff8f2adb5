/// The pure state of one partition of a registry: who holds which keys.
///
/// Invariants: with unique keys `lists` is empty, else `single` is. No list is empty. `count` is the number of entries.
///
/// What reads it is inlinable: specialized for its keys and values, a look-up takes a twentieth of the instructions.
@usableFromInline
struct RegistryPartition<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    @usableFromInline
    struct Entry: Sendable {
        /// Rises with each registration, and with each new value.
        var number: UInt64
        @usableFromInline let holder: RegistryHolder
        @usableFromInline var value: Value

        @inlinable var seen: RegistryEntry<Value> { RegistryEntry(holder: holder, value: value) }
    }

    @usableFromInline var single: [Key: Entry] = [:]
    @usableFromInline var lists: [Key: NumberedList<Entry>] = [:]
    private(set) var count = 0
    private var lastNumber: UInt64 = 0
    @usableFromInline let isUnique: Bool

    init(isUnique: Bool) {
        self.isUnique = isUnique
    }

    /// Adds an entry and gives its number; nil when the key is unique and held.
    mutating func insert(_ key: Key, _ value: Value, _ holder: RegistryHolder) -> UInt64? {
        if isUnique, single[key] != nil { return nil }
        lastNumber += 1
        let entry = Entry(number: lastNumber, holder: holder, value: value)
        if isUnique {
            single[key] = entry
        } else {
            lists[key, default: NumberedList()].append(entry, lastNumber)
        }
        count += 1
        return lastNumber
    }

    /// Takes out the entry of that number, or the only one of a unique key, if `holder` holds it.
    mutating func remove(_ key: Key, _ number: UInt64, of holder: RegistryHolder) -> Entry? {
        let entry: Entry?
        if isUnique {
            guard let held = single[key], held.holder == holder else { return nil }
            single[key] = nil
            entry = held
        } else {
            entry = lists[key]?.remove(number)
            if lists[key]?.isEmpty == true { lists[key] = nil }
        }
        if entry != nil { count -= 1 }
        return entry
    }

    /// Gives the only entry of a unique key a new value, unless it has got another one since `number` was read.
    mutating func update(_ key: Key, _ number: UInt64, to value: Value) -> Bool {
        guard single[key]?.number == number else { return false }
        lastNumber += 1
        single[key]?.number = lastNumber
        single[key]?.value = value
        return true
    }

    /// The only entry of a unique key.
    @inlinable
    func holding(_ key: Key) -> Entry? { single[key] }

    /// The entries of a key, oldest first.
    @inlinable
    func entries(of key: Key) -> [RegistryEntry<Value>] {
        isUnique ? single[key].map { [$0.seen] } ?? [] : lists[key]?.map { $0.seen } ?? []
    }

    func count(of key: Key) -> Int {
        isUnique ? (single[key] == nil ? 0 : 1) : lists[key]?.count ?? 0
    }

    /// All entries, oldest first.
    var all: [(key: Key, entry: RegistryEntry<Value>)] {
        let entries = single.map { ($0.key, $0.value) } + lists.flatMap { key, list in list.map { (key, $0) } }
        return entries.sorted { $0.1.number < $1.1.number }.map { ($0.0, $0.1.seen) }
    }
}
