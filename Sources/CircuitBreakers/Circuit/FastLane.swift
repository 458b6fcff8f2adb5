internal import Synchronization

/// The way of calls through a circuit that lets all of them through: one atomic step to be let in, one to report a
/// success, and no lock.
///
/// It is open only while that changes nothing but two counts. Whoever changes the circuit does so under its lock,
/// closes the lane first and takes over what it has counted, and opens it again afterwards if it may be.
///
/// The word, from the top: whether the lane is open; whether successes may use it; the lowest bits of the circuit's
/// generation; how many calls were let in since the lane was opened; how many of them succeeded.
///
/// A lane whose threads get in each other's way is widened, once and for all: then there are several words, each in a
/// line of memory of its own, and each thread counts in one of them. What counts is their sum: a call may be let in by
/// one thread and report on another.
struct FastLane: ~Copyable, @unchecked Sendable {
    // The pointer is written once, under the circuit's lock; what it points at is atomic and freed with the lane. The
    // compiler cannot see that, hence `unchecked`.
    private static let open: UInt64 = 1 << 63
    private static let takesSuccesses: UInt64 = 1 << 62
    private static let countBits: UInt64 = 18
    private static let countMask: UInt64 = 1 << countBits - 1
    private static let generationMask: UInt64 = 1 << 26 - 1

    /// How often threads may be seen to be in each other's way before the lane is widened.
    private static let patience = 64

    private typealias Word = Atomic<UInt64>

    private let word = Word(0)
    /// The words of a wide lane, which last as long as the lane.
    private let words = Atomic<UnsafeMutablePointer<Word>?>(nil)
    /// All of the generation, to make tickets from. It is read before the word, which tells by the lowest bits whether
    /// it has changed since: for that to go wrong the circuit would have to change 67 million times in between.
    private let generation = Atomic<UInt64>(0)
    private let collisions: Atomic<Int>

    private static func bits(of generation: UInt64) -> UInt64 {
        (generation & generationMask) << (2 * countBits)
    }

    /// - Parameter collisions: how often threads have been seen to be in each other's way.
    init(collisions: Int = 0) {
        self.collisions = Atomic(collisions)
    }

    deinit {
        guard let words = words.load(ordering: .acquiring) else { return }
        words.deinitialize(count: ThreadLine.count * ThreadLine.words)
        words.deallocate()
    }

    /// Lets a call in, or returns nil when that takes a closer look.
    ///
    /// - Parameter line: the ``ThreadLine`` where it counts when the lane is wide.
    @inline(__always)
    func enter(on line: @autoclosure () -> Int = ThreadLine.index) -> CircuitTicket? {
        let generation = generation.load(ordering: .acquiring)
        let isIn = count(adding: 1 << Self.countBits, on: line()) { old in
            old & Self.open != 0
                && old & (Self.generationMask << (2 * Self.countBits)) == Self.bits(of: generation)
                && old >> Self.countBits & Self.countMask < Self.countMask
        }
        return isIn ? CircuitTicket(generation: generation) : nil
    }

    /// Counts the success of a call; false when that takes a closer look. When it is true the call is over, and the
    /// circuit may be gone.
    @inline(__always)
    func succeed(_ ticket: CircuitTicket, on line: @autoclosure () -> Int = ThreadLine.index) -> Bool {
        guard ticket.generation == generation.load(ordering: .acquiring) else { return false }
        let expected = Self.open | Self.takesSuccesses | Self.bits(of: ticket.generation)
        let mask = Self.open | Self.takesSuccesses | Self.generationMask << (2 * Self.countBits)
        return count(adding: 1, on: line()) { old in old & mask == expected && old & Self.countMask < Self.countMask }
    }

    @inline(__always)
    private func count(adding count: UInt64, on line: @autoclosure () -> Int, if isPossible: (UInt64) -> Bool) -> Bool {
        if let words = words.load(ordering: .acquiring) {
            return Self.add(count, to: words + line() * ThreadLine.words, if: isPossible)
        }
        return add(count, if: isPossible)
    }

    @inline(__always)
    private func add(_ count: UInt64, if isPossible: (UInt64) -> Bool) -> Bool {
        var old = word.load(ordering: .relaxed)
        while isPossible(old) {
            let (isExchanged, current) = word.compareExchange(
                expected: old,
                desired: old + count,
                ordering: .acquiringAndReleasing
            )
            if isExchanged { return true }
            // One that is impatient takes the closer look, under the lock, where the lane is widened.
            if collisions.add(1, ordering: .relaxed).oldValue >= Self.patience { return false }
            old = current
        }
        return false
    }

    @inline(__always)
    private static func add(
        _ count: UInt64,
        to word: UnsafeMutablePointer<Word>,
        if isPossible: (UInt64) -> Bool
    ) -> Bool {
        var old = word.pointee.load(ordering: .relaxed)
        while isPossible(old) {
            let (isExchanged, current) = word.pointee.compareExchange(
                expected: old,
                desired: old + count,
                ordering: .acquiringAndReleasing
            )
            if isExchanged { return true }
            old = current
        }
        return false
    }

    /// Closes the lane and returns what it has counted. To be called under the circuit's lock, as is ``open(_:_:)``.
    func close() -> (calls: Int, successes: Int) {
        var calls = 0
        var successes = 0
        func close(_ word: borrowing Word) {
            if word.load(ordering: .relaxed) == 0 { return }
            let old = word.exchange(0, ordering: .acquiringAndReleasing)
            calls += Int(old >> Self.countBits & Self.countMask)
            successes += Int(old & Self.countMask)
        }
        if let words = words.load(ordering: .relaxed) {
            for line in 0..<ThreadLine.count { close(words[line * ThreadLine.words]) }
        } else {
            close(word)
        }
        return (calls, successes)
    }

    /// Opens the lane, from zero.
    func open(generation: UInt64, takesSuccesses: Bool) {
        self.generation.store(generation, ordering: .releasing)
        let value = Self.open | (takesSuccesses ? Self.takesSuccesses : 0) | Self.bits(of: generation)
        if !isWide, collisions.load(ordering: .relaxed) > Self.patience { widen() }
        if let words = words.load(ordering: .relaxed) {
            for line in 0..<ThreadLine.count { words[line * ThreadLine.words].store(value, ordering: .releasing) }
        } else {
            word.store(value, ordering: .releasing)
        }
    }

    var isWide: Bool { words.load(ordering: .acquiring) != nil }

    private func widen() {
        let words = UnsafeMutablePointer<Word>.allocate(capacity: ThreadLine.count * ThreadLine.words)
        for index in 0..<ThreadLine.count * ThreadLine.words { (words + index).initialize(to: Word(0)) }
        self.words.store(words, ordering: .releasing)
    }
}
