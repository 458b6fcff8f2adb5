/// Things in the order of their numbers, which only rise. One is found by halving and taken out without moving the
/// others, so that a long list is left as fast as it was filled.
@usableFromInline
struct NumberedList<Element> {
    @usableFromInline var slots: [(number: UInt64, element: Element?)] = []
    /// Before it all have been taken out.
    private var first = 0
    @usableFromInline private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Those that are there, lowest number first, each as `change` makes it.
    @inlinable
    func map<Changed>(_ change: (Element) -> Changed) -> [Changed] {
        var all: [Changed] = []
        all.reserveCapacity(count)
        for slot in slots { if let element = slot.element { all.append(change(element)) } }
        return all
    }

    /// Adds an element whose number is higher than all that have been there.
    mutating func append(_ element: Element, _ number: UInt64) {
        slots.append((number, element))
        count += 1
    }

    mutating func remove(_ number: UInt64) -> Element? {
        var low = first
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].number < number { low = middle + 1 } else { high = middle }
        }
        guard low < slots.count, slots[low].number == number else { return nil }
        return take(at: low)
    }

    mutating func popFirst() -> Element? {
        while first < slots.count {
            if slots[first].element != nil { return take(at: first) }
            first += 1
        }
        return nil
    }

    private mutating func take(at index: Int) -> Element? {
        guard let element = slots[index].element else { return nil }
        slots[index].element = nil
        count -= 1
        if index == first { first += 1 }
        // Each gap is closed at most once for each element taken out.
        if slots.count > 16, count < slots.count / 2 {
            slots.removeAll { $0.element == nil }
            first = 0
        }
        return element
    }
}

extension NumberedList: Sendable where Element: Sendable {}
