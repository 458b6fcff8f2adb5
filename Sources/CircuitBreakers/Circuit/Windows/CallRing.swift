/// The outcomes of the latest so many calls, at two bits each, with their sums.
struct CallRing: Sendable {
    private static let callsPerWord = 32

    let size: Int
    private var words: [UInt64]
    /// Where the next outcome goes; once the ring is full, that is where the oldest is.
    private var next = 0
    private(set) var calls = 0
    private(set) var failures = 0
    private(set) var slow = 0

    init(size: Int) {
        self.size = size
        words = [UInt64](repeating: 0, count: (size + Self.callsPerWord - 1) / Self.callsPerWord)
    }

    mutating func append(isFailure: Bool, isSlow: Bool) {
        let index = next / Self.callsPerWord
        let shift = UInt64(2 * (next % Self.callsPerWord))
        if calls == size {
            let oldest = words[index] >> shift
            failures -= Int(oldest & 1)
            slow -= Int(oldest >> 1 & 1)
        } else {
            calls += 1
        }
        let outcome: UInt64 = (isFailure ? 1 : 0) | (isSlow ? 2 : 0)
        words[index] = words[index] & ~(3 << shift) | outcome << shift
        if isFailure { failures += 1 }
        if isSlow { slow += 1 }
        next = next + 1 == size ? 0 : next + 1
    }

    /// A ring of another size with the latest of the same outcomes.
    func resized(to size: Int) -> CallRing {
        var ring = CallRing(size: size)
        let kept = min(calls, size)
        for age in stride(from: kept, to: 0, by: -1) {
            let position = (next - age + self.size) % self.size
            let outcome = words[position / Self.callsPerWord] >> UInt64(2 * (position % Self.callsPerWord))
            ring.append(isFailure: outcome & 1 != 0, isSlow: outcome & 2 != 0)
        }
        return ring
    }
}
