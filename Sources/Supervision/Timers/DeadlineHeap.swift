/// The pure part of a ``DeadlineQueue``: a binary heap of deadlines whose entries can be cancelled in place.
///
/// Entries with the same deadline leave in the order in which they came. An entry is known by its slot and the
/// slot's generation, so that a token of an entry that has left says nothing about the entry that took its slot.
struct DeadlineHeap<Element> {
    struct Token: Hashable, Sendable {
        fileprivate var slot: UInt32
        fileprivate var generation: UInt32
    }

    private struct Entry {
        var deadline: RuntimeInstant
        var sequence: UInt64
        var slot: UInt32

        func precedes(_ other: Entry) -> Bool {
            deadline == other.deadline ? sequence < other.sequence : deadline < other.deadline
        }
    }

    fileprivate struct Slot {
        /// Where the entry stands in the heap; the next free slot when there is none.
        var position: UInt32
        var generation: UInt32
        var element: Element?
    }

    private var entries: [Entry] = []
    private var slots: [Slot] = []
    private var firstFree = UInt32.max
    private var nextSequence: UInt64 = 0
    /// The generation that a new slot begins with.
    private var baseGeneration: UInt32 = 0

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var earliest: RuntimeInstant? { entries.first?.deadline }

    mutating func insert(_ element: Element, at deadline: RuntimeInstant) -> Token {
        let slot: UInt32
        if firstFree == .max {
            slot = UInt32(slots.count)
            slots.append(Slot(position: 0, generation: baseGeneration, element: element))
        } else {
            slot = firstFree
            firstFree = slots[Int(slot)].position
            slots[Int(slot)].element = element
        }
        entries.append(Entry(deadline: deadline, sequence: nextSequence, slot: slot))
        nextSequence += 1
        slots[Int(slot)].position = UInt32(entries.count - 1)
        moveUp(from: entries.count - 1)
        return Token(slot: slot, generation: slots[Int(slot)].generation)
    }

    /// Takes the entry out, or returns nil when it has left before.
    mutating func remove(_ token: Token) -> Element? {
        let slot = Int(token.slot)
        guard slot < slots.count, slots[slot].generation == token.generation, slots[slot].element != nil else {
            return nil
        }
        return removeEntry(at: Int(slots[slot].position))
    }

    /// Takes out the earliest entry if its deadline has come.
    mutating func popFirst(upTo now: RuntimeInstant) -> Element? {
        guard let earliest, earliest <= now else { return nil }
        return removeEntry(at: 0)
    }

    /// Takes out one of the entries with the earliest deadline: the one that `choose` says out of so many, in the order
    /// in which they came.
    mutating func removeEarliest(_ choose: (Int) -> Int) -> Element? {
        let tied = entries.filter { $0.deadline == earliest }.sorted { $0.sequence < $1.sequence }
        guard !tied.isEmpty else { return nil }
        let chosen = tied[min(max(0, choose(tied.count)), tied.count - 1)]
        return removeEntry(at: Int(slots[Int(chosen.slot)].position))
    }

    private mutating func removeEntry(at position: Int) -> Element? {
        let slot = Int(entries[position].slot)
        let element = slots[slot].element
        slots[slot].element = nil
        slots[slot].generation &+= 1
        slots[slot].position = firstFree
        firstFree = UInt32(slot)

        let last = entries.removeLast()
        if position < entries.count {
            entries[position] = last
            slots[Int(last.slot)].position = UInt32(position)
            moveUp(from: position)
            moveDown(from: Int(slots[Int(last.slot)].position))
        }
        releaseUnusedMemory()
        return element
    }

    /// Gives memory back after a peak: an empty heap keeps nothing but its generations' meaning.
    private mutating func releaseUnusedMemory() {
        guard entries.isEmpty, slots.count > 1_024 else { return }
        // No token of before may match again, so generations go on from above the highest that was ever used.
        let generation = (slots.map { $0.generation }.max() ?? 0) &+ 1
        entries = []
        slots = [Slot(position: .max, generation: generation, element: nil)]
        firstFree = 0
        baseGeneration = generation
    }

    private mutating func moveUp(from start: Int) {
        var child = start
        let entry = entries[child]
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry.precedes(entries[parent]) else { break }
            place(entries[parent], at: child)
            child = parent
        }
        place(entry, at: child)
    }

    private mutating func moveDown(from start: Int) {
        var parent = start
        let entry = entries[parent]
        while true {
            var child = 2 * parent + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].precedes(entries[child]) { child += 1 }
            guard entries[child].precedes(entry) else { break }
            place(entries[child], at: parent)
            parent = child
        }
        place(entry, at: parent)
    }

    private mutating func place(_ entry: Entry, at position: Int) {
        entries[position] = entry
        slots[Int(entry.slot)].position = UInt32(position)
    }
}

extension DeadlineHeap: Sendable where Element: Sendable {}
extension DeadlineHeap.Slot: Sendable where Element: Sendable {}
