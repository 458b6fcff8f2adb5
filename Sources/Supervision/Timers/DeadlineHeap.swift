/// The deadlines of a ``DeadlineWheel`` that come next: a binary heap, from which each can be taken out in place.
///
/// Those with the same deadline leave in the order in which they came. It does not retain what it holds.
struct DeadlineHeap {
    private struct Entry {
        var instant: RuntimeInstant
        var sequence: UInt64
        var deadline: Unmanaged<Deadline>

        func precedes(_ other: Entry) -> Bool {
            instant == other.instant ? sequence < other.sequence : instant < other.instant
        }
    }

    private var entries: [Entry] = []
    private var nextSequence: UInt64 = 0

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var earliest: RuntimeInstant? { entries.first?.instant }
    var first: Unmanaged<Deadline>? { entries.first?.deadline }

    mutating func insert(_ deadline: Unmanaged<Deadline>, at instant: RuntimeInstant) {
        let entry = Entry(instant: instant, sequence: nextSequence, deadline: deadline)
        nextSequence += 1
        entries.append(entry)
        moveUp(entry, from: entries.count - 1)
    }

    /// - Parameter position: where it stands, as its ``Deadline/position`` says.
    mutating func remove(at position: Int) {
        let last = entries.removeLast()
        if position < entries.count {
            if position > 0, last.precedes(entries[(position - 1) / 2]) {
                moveUp(last, from: position)
            } else {
                moveDown(last, from: position)
            }
        }
        // Memory is given back after a peak.
        if entries.isEmpty, entries.capacity > 1_024 { entries = [] }
    }

    /// One of those with the earliest deadline: the one that `choose` says out of so many, in the order in which they
    /// came.
    func chosenEarliest(_ choose: (Int) -> Int) -> Unmanaged<Deadline>? {
        let tied = entries.filter { $0.instant == earliest }.sorted { $0.sequence < $1.sequence }
        guard !tied.isEmpty else { return nil }
        return tied[min(max(0, choose(tied.count)), tied.count - 1)].deadline
    }

    func forEach(_ body: (Unmanaged<Deadline>) -> Void) {
        for entry in entries { body(entry.deadline) }
    }

    private mutating func moveUp(_ entry: Entry, from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard entry.precedes(entries[parent]) else { break }
            place(entries[parent], at: child)
            child = parent
        }
        place(entry, at: child)
    }

    private mutating func moveDown(_ entry: Entry, from start: Int) {
        var parent = start
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
        entry.deadline._withUnsafeGuaranteedRef { $0.position = Deadline.Position(inHeap: position) }
    }
}
