/// Random numbers that a seed determines, the same on every machine and in every build.
///
/// The generator is SplitMix64. Ranges are drawn here and not by the standard library, whose ways may change.
struct SeededNumbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, and without, `count`.
    mutating func draw(below count: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(count)).high)
    }

    /// A number from 0 up to, and without, 1.
    mutating func drawUnit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }
}
