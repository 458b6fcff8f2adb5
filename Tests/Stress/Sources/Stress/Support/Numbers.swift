internal import Synchronization

/// Random numbers that a seed determines (SplitMix64), one such source for each task.
struct Numbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A source of its own for part `index` of what `seed` determines.
    init(seed: UInt64, part index: Int) {
        var mixer = Numbers(seed: seed)
        state = mixer.next() ^ (UInt64(bitPattern: Int64(index)) &+ 2) &* 0xD1B5_4A32_D192_ED03
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, and without, `count`.
    mutating func below(_ count: Int) -> Int {
        Int(next() % UInt64(count))
    }

    /// True in one of `count` cases.
    mutating func oneIn(_ count: Int) -> Bool {
        below(count) == 0
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    /// A time of up to so many microseconds.
    mutating func microseconds(upTo most: Int) -> Duration {
        .microseconds(below(most + 1))
    }
}

/// The random numbers of a runtime, which any task may draw from.
final class SharedNumbers: RandomNumberGenerator, Sendable {
    private let numbers: Mutex<Numbers>

    init(seed: UInt64) {
        numbers = Mutex(Numbers(seed: seed))
    }

    func next() -> UInt64 {
        numbers.withLock { $0.next() }
    }
}
