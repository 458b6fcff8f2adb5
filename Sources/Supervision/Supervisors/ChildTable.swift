/// What a supervisor keeps of each child, in the order of their rising keys.
///
/// An entry is found by halving, and for each child this keeps a third of what a dictionary would. One that leaves leaves
/// a gap behind; the gaps are closed when there are more of them than entries. So an entry that leaves costs the same
/// however many there are.
struct ChildTable<Entry: ChildTableEntry> {
    private var entries: [Entry] = []
    /// How many of the entries are gaps.
    private(set) var gaps = 0

    var count: Int { entries.count - gaps }

    /// The keys of all children. Their entries need not be copied for it.
    var keys: [ChildKey] {
        var keys: [ChildKey] = []
        keys.reserveCapacity(count)
        for index in entries.indices where !entries[index].isGone { keys.append(entries[index].key) }
        return keys
    }

    /// Where the child stands, until the table changes.
    func index(of key: ChildKey) -> Int? {
        // Where it stands as long as none has come between or left for good.
        let expected = key.number - (entries.first?.key.number ?? 0)
        let isThere = entries.indices.contains(expected) && entries[expected].key == key
        let index = isThere ? expected : firstIndex(notBefore: key)
        return index < entries.count && entries[index].key == key && !entries[index].isGone ? index : nil
    }

    subscript(index: Int) -> Entry {
        _read { yield entries[index] }
        _modify { yield &entries[index] }
    }

    mutating func reserveCapacity(_ count: Int) {
        entries.reserveCapacity(count)
    }

    /// Takes an entry in whose key is not there: most often as the last, as new keys are the highest.
    mutating func insert(_ entry: consuming Entry) {
        guard let last = entries.last?.key.number, last >= entry.key.number else { return entries.append(entry) }
        let index = firstIndex(notBefore: entry.key)
        if entries[index].key == entry.key {
            entries[index] = entry
            gaps -= 1
        } else {
            entries.insert(entry, at: index)
        }
    }

    /// Takes the child's entry out, if it is there.
    mutating func remove(_ key: ChildKey) -> Entry? {
        guard let index = index(of: key) else { return nil }
        let entry = entries[index]
        entries[index].leave()
        gaps += 1
        if gaps > Swift.max(32, count) || count == 0 {
            entries = Array(self)
            gaps = 0
        }
        return entry
    }

    private func firstIndex(notBefore key: ChildKey) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key.number < key.number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What can stand in a ``ChildTable``: it can say that it is only a gap.
protocol ChildTableEntry {
    var key: ChildKey { get }
    var isGone: Bool { get }
    /// Becomes a gap, and lets go of what it keeps alive.
    mutating func leave()
}

extension ChildTable: Sequence {
    struct Iterator: IteratorProtocol {
        fileprivate var rest: ArraySlice<Entry>

        mutating func next() -> Entry? {
            while let entry = rest.popFirst() {
                if !entry.isGone { return entry }
            }
            return nil
        }
    }

    func makeIterator() -> Iterator {
        Iterator(rest: entries[...])
    }

    var underestimatedCount: Int { count }
}

extension ChildTable: Sendable where Entry: Sendable {}

/// The place of a child.
struct HousedChild: ChildTableEntry {
    let key: ChildKey
    private(set) var place: (any ManagedPlace)?

    init(_ key: ChildKey, _ place: any ManagedPlace) {
        self.key = key
        self.place = place
    }

    var isGone: Bool { place == nil }

    mutating func leave() {
        place = nil
    }
}

extension ChildTable<HousedChild> {
    subscript(key: ChildKey) -> (any ManagedPlace)? {
        index(of: key).flatMap { self[$0].place }
    }

    var places: [any ManagedPlace] { compactMap(\.place) }
}
