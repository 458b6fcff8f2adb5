/// The places of a supervisor's children, by their keys.
///
/// Keys rise, so a new place goes to the end, and a place is found by halving. For each child this keeps a third of
/// what a dictionary would.
struct PlaceTable {
    private var entries: [(key: ChildKey, place: any ManagedPlace)] = []

    var places: [any ManagedPlace] { entries.map(\.place) }

    subscript(key: ChildKey) -> (any ManagedPlace)? {
        let index = firstIndex(from: key)
        return index < entries.count && entries[index].key == key ? entries[index].place : nil
    }

    /// Adds a place whose key is higher than all that are there.
    mutating func append(_ place: any ManagedPlace, _ key: ChildKey) {
        entries.append((key, place))
    }

    mutating func remove(_ key: ChildKey) -> (any ManagedPlace)? {
        let index = firstIndex(from: key)
        guard index < entries.count, entries[index].key == key else { return nil }
        return entries.remove(at: index).place
    }

    /// Where the first key stands that is not lower.
    private func firstIndex(from key: ChildKey) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key.number < key.number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
