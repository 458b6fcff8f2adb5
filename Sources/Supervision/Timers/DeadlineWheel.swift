/// The pure part of a ``DeadlineQueue``: a hierarchical timing wheel, with a heap for what comes next.
///
/// A deadline that is far is put into a bucket of those that are about as far, and taken out of it again, in a few steps
/// that do not depend on how many wait. Only those that pass before the `horizon`, about a millisecond ahead of what has
/// passed, are kept in order. As the horizon moves, the deadlines of the buckets that it comes to move on: into finer
/// buckets, and at last into the heap.
///
/// Time is counted in ticks, written as numbers with digits of six bits. A deadline stands on the level of the highest
/// digit in which its tick differs from the horizon's, in the bucket of that digit. So all of one deadline stand in one
/// bucket, in the order in which they came, and what is on a level passes before all that is on the levels above.
///
/// It retains what it holds.
struct DeadlineWheel: ~Copyable {
    /// The buckets of one level, a bit for each.
    private struct Level {
        var occupied: UInt64 = 0
        /// Where the earliest deadline has left.
        var inexact: UInt64 = 0

        mutating func clear(_ bit: UInt64) {
            occupied &= ~bit
            inexact &= ~bit
        }
    }

    private static let bitsOfTick = 20
    private static let bitsOfDigit = 6
    private static let bucketsOfLevel = 1 << bitsOfDigit
    /// As many digits as there are in a tick, with one bit to spare for the end of time.
    private static let levelCount = (64 - bitsOfTick) / bitsOfDigit + 1

    /// Made with the first deadline that is far.
    private var buckets: [DeadlineBucket] = []
    private var levels = [Level](repeating: Level(), count: DeadlineWheel.levelCount)
    /// The first tick whose deadlines are not in the heap.
    private var horizon = DeadlineWheel.tick(of: .origin)
    private var near = DeadlineHeap()

    private(set) var count = 0
    var isEmpty: Bool { count == 0 }

    deinit {
        near.forEach { _ = $0.takeRetainedValue().leave() }
        for bucket in buckets {
            var link = bucket.first
            while let deadline = link?.takeRetainedValue() {
                link = deadline.next
                _ = deadline.leave()
            }
        }
    }

    /// It must not wait already.
    mutating func insert(_ deadline: Deadline, at instant: RuntimeInstant) {
        deadline.instant = instant
        count += 1
        put(Unmanaged.passRetained(deadline), at: instant)
    }

    /// False when it does not wait.
    mutating func remove(_ deadline: Deadline) -> Bool {
        let position = deadline.position
        guard position != .nowhere else { return false }
        if position.isInHeap {
            near.remove(at: position.index)
        } else {
            unlink(deadline, from: position.index)
        }
        deadline.position = .nowhere
        count -= 1
        // The caller has it, too.
        Unmanaged.passUnretained(deadline).release()
        return true
    }

    /// Takes out the earliest deadline if it has come.
    mutating func popFirst(upTo now: RuntimeInstant) -> Deadline? {
        advance(to: Self.tick(of: now) + 1)
        guard let first = near.first, let earliest = near.earliest, earliest <= now else { return nil }
        return takeOut(first)
    }

    /// Takes out one of those with the earliest deadline: the one that `choose` says out of so many, in the order in
    /// which they came.
    mutating func removeEarliest(_ choose: (Int) -> Int) -> Deadline? {
        guard let earliest = earliest() else { return nil }
        advance(to: Self.tick(of: earliest) + 1)
        return near.chosenEarliest(choose).map { takeOut($0) }
    }

    /// When the first deadline passes.
    mutating func earliest() -> RuntimeInstant? {
        if let earliest = near.earliest { return earliest }
        guard let (level, slot) = firstBucket else { return nil }
        let index = level << Self.bitsOfDigit | slot
        if levels[level].inexact & Self.bit(index) != 0 {
            levels[level].inexact &= ~Self.bit(index)
            var earliest = RuntimeInstant.distantFuture
            var link = buckets[index].first
            while let current = link {
                current._withUnsafeGuaranteedRef {
                    earliest = min(earliest, $0.instant)
                    link = $0.next
                }
            }
            buckets[index].earliest = earliest
        }
        return buckets[index].earliest
    }

    /// When to look next: not after the first deadline passes, and not before unless one has left that would have passed
    /// then. It costs nothing, however many wait.
    var nextLook: RuntimeInstant? {
        near.earliest ?? firstBucket.map { buckets[$0.level << Self.bitsOfDigit | $0.slot].earliest }
    }

    // MARK: Buckets

    /// Instants before the origin come before those after it.
    private static func tick(of instant: RuntimeInstant) -> UInt64 {
        (UInt64(bitPattern: instant.nanoseconds) ^ 1 << 63) >> UInt64(bitsOfTick)
    }

    private var firstBucket: (level: Int, slot: Int)? {
        for level in levels.indices where levels[level].occupied != 0 {
            return (level, levels[level].occupied.trailingZeroBitCount)
        }
        return nil
    }

    private mutating func put(_ deadline: Unmanaged<Deadline>, at instant: RuntimeInstant) {
        let tick = Self.tick(of: instant)
        guard tick >= horizon else { return near.insert(deadline, at: instant) }
        // The last bit is set, so that there is a highest one also when they do not differ.
        let level = (63 - ((tick ^ horizon) | 1).leadingZeroBitCount) / Self.bitsOfDigit
        let slot = Int(tick >> UInt64(level * Self.bitsOfDigit)) & (Self.bucketsOfLevel - 1)
        link(deadline, into: level, slot, at: instant)
    }

    private mutating func link(_ link: Unmanaged<Deadline>, into level: Int, _ slot: Int, at instant: RuntimeInstant) {
        if buckets.isEmpty {
            buckets = Array(repeating: DeadlineBucket(), count: Self.levelCount * Self.bucketsOfLevel)
        }
        let index = level << Self.bitsOfDigit | slot
        link._withUnsafeGuaranteedRef { $0.position = Deadline.Position(inBucket: index) }
        if buckets[index].append(link, at: instant) { levels[level].occupied |= Self.bit(index) }
    }

    private mutating func unlink(_ deadline: Deadline, from index: Int) {
        switch buckets[index].remove(deadline) {
        case .empty: levels[index >> Self.bitsOfDigit].clear(Self.bit(index))
        case .inexact: levels[index >> Self.bitsOfDigit].inexact |= Self.bit(index)
        case .exact: break
        }
    }

    private static func bit(_ index: Int) -> UInt64 {
        1 << UInt64(index & (bucketsOfLevel - 1))
    }

    private mutating func markEmpty(_ index: Int) {
        buckets[index] = DeadlineBucket()
        levels[index >> Self.bitsOfDigit].clear(Self.bit(index))
    }

    /// Moves the horizon, and all that it has come to.
    private mutating func advance(to target: UInt64) {
        guard target > horizon else { return }
        var reached: [Unmanaged<Deadline>] = []
        search: for level in levels.indices {
            let shift = UInt64(level * Self.bitsOfDigit)
            // What the ticks of a level have in common with the horizon.
            let common = horizon & ~((1 << (shift + UInt64(Self.bitsOfDigit))) - 1)
            while levels[level].occupied != 0 {
                let slot = levels[level].occupied.trailingZeroBitCount
                let start = common | (UInt64(slot) << shift)
                // One that begins at the horizon moves on to a finer level: there those would be put that come now.
                guard start < target || start == target && level > 0 else { break search }
                let index = level << Self.bitsOfDigit | slot
                if let first = buckets[index].first { reached.append(first) }
                markEmpty(index)
            }
        }
        horizon = target
        for first in reached { putAll(from: first) }
    }

    private mutating func putAll(from first: Unmanaged<Deadline>) {
        var link: Unmanaged<Deadline>? = first
        while let current = link {
            let (next, instant) = current._withUnsafeGuaranteedRef { ($0.next, $0.instant) }
            put(current, at: instant)
            link = next
        }
    }

    private mutating func takeOut(_ link: Unmanaged<Deadline>) -> Deadline {
        let deadline = link.takeRetainedValue()
        near.remove(at: deadline.position.index)
        deadline.position = .nowhere
        count -= 1
        return deadline
    }
}
