internal import Synchronization

/// The way of calls through a circuit that lets all of them through: one atomic step to be let in, one to report a
/// success, and no lock.
///
/// It is open only while that changes nothing but two counts. Whoever changes the circuit does so under its lock,
/// closes the lane first and takes over what it has counted, and opens it again afterwards if it may be.
///
/// The word, from the top: whether the lane is open; whether successes may use it; the lowest bits of the circuit's
/// generation; how many calls were let in since the lane was opened; how many of them succeeded.
struct FastLane: ~Copyable, Sendable {
    private static let open: UInt64 = 1 << 63
    private static let takesSuccesses: UInt64 = 1 << 62
    private static let countBits: UInt64 = 18
    private static let countMask: UInt64 = 1 << countBits - 1
    private static let generationMask: UInt64 = 1 << 26 - 1

    private let word = Atomic<UInt64>(0)
    /// All of the generation, to make tickets from. It is read before the word, which tells by the lowest bits whether
    /// it has changed since: for that to go wrong the circuit would have to change 67 million times in between.
    private let generation = Atomic<UInt64>(0)

    private static func bits(of generation: UInt64) -> UInt64 {
        (generation & generationMask) << (2 * countBits)
    }

    /// Lets a call in, or returns nil when that takes a closer look.
    @inline(__always)
    func enter() -> CircuitTicket? {
        let generation = generation.load(ordering: .acquiring)
        var old = word.load(ordering: .relaxed)
        while true {
            guard old & Self.open != 0,
                old & (Self.generationMask << (2 * Self.countBits)) == Self.bits(of: generation),
                old >> Self.countBits & Self.countMask < Self.countMask
            else { return nil }
            let (isExchanged, current) = word.weakCompareExchange(
                expected: old,
                desired: old + 1 << Self.countBits,
                ordering: .acquiringAndReleasing
            )
            if isExchanged { return CircuitTicket(generation: generation) }
            old = current
        }
    }

    /// Counts the success of a call; false when that takes a closer look.
    @inline(__always)
    func succeed(_ ticket: CircuitTicket) -> Bool {
        guard ticket.generation == generation.load(ordering: .acquiring) else { return false }
        let expected = Self.open | Self.takesSuccesses | Self.bits(of: ticket.generation)
        let mask = Self.open | Self.takesSuccesses | Self.generationMask << (2 * Self.countBits)
        var old = word.load(ordering: .relaxed)
        while true {
            guard old & mask == expected, old & Self.countMask < Self.countMask else { return false }
            let (isExchanged, current) = word.weakCompareExchange(
                expected: old,
                desired: old + 1,
                ordering: .acquiringAndReleasing
            )
            if isExchanged { return true }
            old = current
        }
    }

    /// Closes the lane and returns what it has counted. To be called under the circuit's lock, as is ``open(_:_:)``.
    func close() -> (calls: Int, successes: Int) {
        if word.load(ordering: .relaxed) == 0 { return (0, 0) }
        let old = word.exchange(0, ordering: .acquiringAndReleasing)
        return (Int(old >> Self.countBits & Self.countMask), Int(old & Self.countMask))
    }

    /// Opens the lane, from zero.
    func open(generation: UInt64, takesSuccesses: Bool) {
        self.generation.store(generation, ordering: .releasing)
        let successes = takesSuccesses ? Self.takesSuccesses : 0
        word.store(Self.open | successes | Self.bits(of: generation), ordering: .releasing)
    }
}
