internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The way of calls through a circuit that lets all of them through, or rejects all of them: one atomic step to be let
/// in, one to report a success; as many to be rejected; and no lock.
///
/// It is open only while that changes nothing but two counts. Whoever changes the circuit does so under its lock,
/// closes the lane first and takes over what it has counted, and opens it again afterwards if it may be.
///
/// The word, from the top: whether the lane lets calls in; whether successes may use it; whether the values that calls
/// return are to be judged; whether it rejects calls; the lowest bits of how often the lane has been opened; how many
/// calls came in since then; how many of them succeeded, or have left with their rejection.
///
/// A call that is rejected is inside of the lane for as long as it takes to read the clock, and when it may come again.
/// Nothing of what it reads changes meanwhile: who closes the lane waits for it.
///
/// A lane whose threads get in each other's way is widened, once and for all: then there are several words, each in a
/// line of memory of its own, and each thread counts in one of them. What counts is their sum: a call may be let in by
/// one thread and report on another.
///
/// **Who may look.** A lane stays a lane for as long as the table of circuits lasts (``LanePool``), and serves another
/// circuit when the one that had it is gone. So a call may look at it without anything that keeps the circuit: it reads
/// the word, then whose lane it is, and gets in only by an exchange of the word that it has read. In between the lane
/// can not have gone to another circuit, since it would have been closed, and opened for that one with another word:
/// for the word to be the same again it would have to be opened 16 million times in between. Once the call is in, the
/// circuit counts it, and is kept by that.
struct FastLane: ~Copyable, @unchecked Sendable {
    // The pointer to the words is written once, under the circuit's lock; what it points at is atomic and freed with
    // the lane. The compiler cannot see that, hence `unchecked`.
    private static let open: UInt64 = 1 << 63
    private static let takesSuccesses: UInt64 = 1 << 62
    private static let judgesResults: UInt64 = 1 << 61
    private static let rejects: UInt64 = 1 << 60
    private static let countBits: UInt64 = 18
    private static let countMask: UInt64 = 1 << countBits - 1
    private static let openingMask: UInt64 = 1 << 24 - 1

    /// How often threads may be seen to be in each other's way before the lane is widened.
    private static let patience: UInt32 = 64

    typealias Word = Atomic<UInt64>

    // As much as a line of memory, which all of it is in.
    private let word = Word(0)
    /// The words of a wide lane, which last as long as the lane.
    private let words = Atomic<UnsafeMutablePointer<Word>?>(nil)
    /// Of a lane that lets calls in the circuit's generation, to make tickets from; of one that rejects them the
    /// address of the circuit's details, which say until when.
    private let particulars = Atomic<UInt64>(0)
    private let circuit = Atomic<Unmanaged<Circuit>?>(nil)
    private let spellingLow = Atomic<UInt64>(0)
    private let spellingHigh = Atomic<UInt64>(0)
    /// See ``CircuitUses``.
    let lastUse = Atomic<UInt64>(0)
    /// Changed only under the circuit's lock.
    private let openings = Atomic<UInt32>(0)
    private let collisions: Atomic<UInt32>

    /// - Parameter collisions: how often threads have been seen to be in each other's way.
    init(collisions: UInt32 = 0) {
        self.collisions = Atomic(collisions)
    }

    deinit {
        guard let words = words.load(ordering: .acquiring) else { return }
        words.deinitialize(count: ThreadLine.count * ThreadLine.words)
        words.deallocate()
    }
}

// MARK: - Calls

extension FastLane {
    /// What a call has seen of an open lane: it gets in only if that still holds.
    struct View {
        /// Another one each time that the lane has been opened.
        let word: UInt64
        let generation: UInt64

        /// Whether a value that the call returns may be a failure, by the policy.
        var judgesResults: Bool { word & FastLane.judgesResults != 0 }
    }

    /// Lets a call in, or returns nil when that takes a closer look, or when the lane is not that of a service.
    ///
    /// - Parameters:
    ///   - spelling: the name of the service; nil for whoever knows whose lane it is, and keeps the circuit.
    ///   - line: the ``ThreadLine`` where it counts when the lane is wide.
    @inline(__always)
    func enter(_ spelling: ServiceName.Spelling? = nil, on line: @autoclosure () -> Int = ThreadLine.index) -> View? {
        if let words = words.load(ordering: .acquiring) {
            let word = words + line() * ThreadLine.words
            var value = word.pointee.load(ordering: .acquiring)
            while let view = view(spelling, of: value) {
                if Self.exchange(&value, in: word.pointee, adding: 1 << Self.countBits) { return view }
            }
            return nil
        }
        var value = word.load(ordering: .acquiring)
        while let view = view(spelling, of: value) {
            if Self.exchange(&value, in: word, adding: 1 << Self.countBits) { return view }
            if losesPatience() { return nil }
        }
        return nil
    }

    /// Counts the success of a call; false when that takes a closer look. When it is true the call is over, and the
    /// circuit may be gone. To be called while the circuit is kept, as it is by the call.
    @inline(__always)
    func succeed(_ ticket: CircuitTicket, on line: @autoclosure () -> Int = ThreadLine.index) -> Bool {
        if let words = words.load(ordering: .acquiring) {
            let word = words + line() * ThreadLine.words
            var value = word.pointee.load(ordering: .acquiring)
            while takes(ticket, value) {
                if Self.exchange(&value, in: word.pointee, adding: 1) { return true }
            }
            return false
        }
        var value = word.load(ordering: .acquiring)
        while takes(ticket, value) {
            if Self.exchange(&value, in: word, adding: 1) { return true }
            if losesPatience() { return false }
        }
        return false
    }

    /// Rejects a call, or returns nil when that takes a closer look, or when the lane is not that of a service.
    ///
    /// - Parameters: as of ``enter(_:on:)``.
    @inline(__always)
    func reject(
        _ spelling: ServiceName.Spelling? = nil,
        on line: @autoclosure () -> Int = ThreadLine.index
    ) -> CircuitMachine.OpenRejection? {
        if let words = words.load(ordering: .acquiring) {
            return reject(spelling, in: (words + line() * ThreadLine.words).pointee, losesPatience: { false })
        }
        return reject(spelling, in: word, losesPatience: { losesPatience() })
    }

    @inline(__always)
    private func reject(
        _ spelling: ServiceName.Spelling?,
        in word: borrowing Word,
        losesPatience: () -> Bool
    ) -> CircuitMachine.OpenRejection? {
        var value = word.load(ordering: .acquiring)
        while value & Self.rejects != 0, value >> Self.countBits & Self.countMask < Self.countMask {
            if let spelling, !isOf(spelling) { return nil }
            let address = UInt(truncatingIfNeeded: particulars.load(ordering: .relaxed))
            guard Self.exchange(&value, in: word, adding: 1 << Self.countBits) else {
                if losesPatience() { return nil }
                continue
            }
            // Both were there when the lane was opened, and whoever would change them waits until the call has left.
            guard let circuit = occupant, let details = UnsafePointer<CircuitDetails>(bitPattern: address),
                let rejection = CircuitDetails.rejection(by: details, at: circuit._withUnsafeGuaranteedRef { $0.now })
            else {
                word.wrappingSubtract(1 << Self.countBits, ordering: .releasing)
                return nil
            }
            word.wrappingAdd(1, ordering: .releasing)
            return rejection
        }
        return nil
    }

    /// What the lane is while the word has that value; nil when it is closed or full, or not that of the service. The
    /// value has been read before.
    @inline(__always)
    private func view(_ spelling: ServiceName.Spelling?, of value: UInt64) -> View? {
        guard value & Self.open != 0, value >> Self.countBits & Self.countMask < Self.countMask else { return nil }
        if let spelling, !isOf(spelling) { return nil }
        return View(word: value, generation: particulars.load(ordering: .relaxed))
    }

    /// Whether it is the lane of a service of exactly that spelling, for the moment.
    @inline(__always)
    func isOf(_ spelling: ServiceName.Spelling) -> Bool {
        spellingLow.load(ordering: .relaxed) == spelling.low && spellingHigh.load(ordering: .relaxed) == spelling.high
    }

    @inline(__always)
    private func takes(_ ticket: CircuitTicket, _ value: UInt64) -> Bool {
        value & Self.open != 0 && value & Self.takesSuccesses != 0
            && ticket.generation == particulars.load(ordering: .relaxed)
            && value & Self.countMask < Self.countMask
    }

    /// Adds to a word if it has that value. It is in order with everything else: what has been read of the lane since
    /// the value was read held at the moment of the exchange. If it had another value, that is read.
    @inline(__always)
    private static func exchange(_ value: inout UInt64, in word: borrowing Word, adding count: UInt64) -> Bool {
        let (isExchanged, current) = word.compareExchange(
            expected: value,
            desired: value + count,
            ordering: .acquiringAndReleasing
        )
        if !isExchanged { value = current }
        return isExchanged
    }

    /// One that is impatient takes the closer look, under the lock, where the lane is widened.
    private func losesPatience() -> Bool {
        collisions.add(1, ordering: .relaxed).oldValue >= Self.patience
    }
}

// MARK: - The circuit

extension FastLane {
    /// The lane is that circuit's from now on. To be called while it is closed.
    func occupy(_ circuit: Unmanaged<Circuit>, _ spelling: ServiceName.Spelling) {
        self.circuit.store(circuit, ordering: .relaxed)
        spellingLow.store(spelling.low, ordering: .relaxed)
        spellingHigh.store(spelling.high, ordering: .relaxed)
    }

    /// The circuit whose lane it is, for those who keep it from going.
    var occupant: Unmanaged<Circuit>? { circuit.load(ordering: .relaxed) }

    /// What calls have done on a lane since it was opened.
    struct Counts: Hashable {
        var calls = 0
        var successes = 0
        var rejections = 0
    }

    /// Closes the lane and returns what it has counted. To be called under the circuit's lock, as are
    /// ``open(generation:takesSuccesses:judgesResults:)`` and ``openForRejections(_:)``.
    func close() -> Counts {
        var counts = Counts()
        func close(_ word: borrowing Word) {
            let value = word.load(ordering: .relaxed)
            if value & Self.open != 0 {
                let old = word.exchange(0, ordering: .acquiringAndReleasing)
                counts.calls += Int(old >> Self.countBits & Self.countMask)
                counts.successes += Int(old & Self.countMask)
            } else if value & Self.rejects != 0 {
                counts.rejections += Self.closeForRejections(word)
            }
        }
        if let words = words.load(ordering: .relaxed) {
            for line in 0..<ThreadLine.count { close(words[line * ThreadLine.words]) }
        } else {
            close(word)
        }
        return counts
    }

    /// Waits for the calls that are inside, and returns how many were rejected.
    private static func closeForRejections(_ word: borrowing Word) -> Int {
        var value = word.bitwiseAnd(~rejects, ordering: .acquiringAndReleasing).newValue
        while value >> countBits & countMask != value & countMask {
            // They are gone within a few instructions, unless the system has put one's thread aside.
            sched_yield()
            value = word.load(ordering: .acquiring)
        }
        word.store(0, ordering: .relaxed)
        return Int(value & countMask)
    }

    /// Opens the lane, from zero.
    func open(generation: UInt64, takesSuccesses: Bool, judgesResults: Bool = false) {
        var traits = Self.open
        if takesSuccesses { traits |= Self.takesSuccesses }
        if judgesResults { traits |= Self.judgesResults }
        open(traits, generation)
    }

    /// Opens the lane to reject calls, as the circuit's details say, which stay where they are and as they are until it
    /// is closed.
    func openForRejections(_ details: UnsafePointer<CircuitDetails>) {
        open(Self.rejects, UInt64(UInt(bitPattern: details)))
    }

    private func open(_ traits: UInt64, _ particulars: UInt64) {
        self.particulars.store(particulars, ordering: .relaxed)
        let opening = UInt64(openings.wrappingAdd(1, ordering: .relaxed).newValue) & Self.openingMask
        let value = traits | opening << (2 * Self.countBits)
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
