/// Who is in a bulkhead and who waits, and nothing else: no lock, clock or task.
///
/// A slot that gets free goes to the first who waits, and never to one who comes later.
struct BulkheadMachine {
    /// What becomes of one who wants a slot and cannot wait here.
    enum Approach: Equatable {
        case admitted
        /// May wait under that number.
        case mayWait(UInt64)
        case rejected
    }

    /// What becomes of one who wants a slot and can wait.
    enum Entry: Equatable {
        case admitted, waits, rejected
    }

    let maxConcurrent: Int
    let maxWaiting: Int
    private(set) var figures = Bulkhead.Figures()
    private var nextID: UInt64 = 0
    /// Those who wait, first come first, from `first` on; those among them who have left are not in `present`.
    private var queue: [UInt64] = []
    private var first = 0
    private var present: Set<UInt64> = []

    init(maxConcurrent: Int, maxWaiting: Int) {
        self.maxConcurrent = maxConcurrent
        self.maxWaiting = maxWaiting
    }

    /// How many places the queue takes up, those of who left included.
    var queueLength: Int { queue.count }

    mutating func approach() -> Approach {
        switch decide() {
        case .admitted: return .admitted
        case .rejected: return .rejected
        case .waits:
            nextID += 1
            return .mayWait(nextID)
        }
    }

    mutating func enter(_ id: UInt64) -> Entry {
        let entry = decide()
        if entry == .waits {
            queue.append(id)
            present.insert(id)
            figures.waiting = present.count
        }
        return entry
    }

    private mutating func decide() -> Entry {
        if figures.inFlight < maxConcurrent {
            figures.inFlight += 1
            figures.admitted += 1
            return .admitted
        }
        if present.count < maxWaiting { return .waits }
        figures.rejected += 1
        return .rejected
    }

    /// One who was admitted is done. Returns who gets the slot.
    mutating func leave() -> UInt64? {
        while first < queue.count {
            let id = queue[first]
            first += 1
            guard present.remove(id) != nil else { continue }
            figures.waiting = present.count
            figures.admitted += 1
            dropThoseWhoLeft()
            return id
        }
        queue = []
        first = 0
        figures.inFlight -= 1
        return nil
    }

    /// One who waits does so no longer: its time is over, which is a rejection, or it was cancelled. False when it has
    /// been admitted, or has not come yet.
    mutating func giveUp(_ id: UInt64, isRejection: Bool) -> Bool {
        guard present.remove(id) != nil else { return false }
        figures.waiting = present.count
        if isRejection { figures.rejected += 1 }
        dropThoseWhoLeft()
        return true
    }

    /// Keeps the queue as short as those who wait are few, at a cost that is spread over those who left.
    private mutating func dropThoseWhoLeft() {
        guard queue.count > 2 * present.count + 32 else { return }
        queue = queue[first...].filter(present.contains)
        first = 0
    }
}
