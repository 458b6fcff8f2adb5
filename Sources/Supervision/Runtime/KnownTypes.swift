internal import Synchronization

/// Types of which something is known that takes long to find out. It knows of a type only for as long as no other one
/// takes its seat: then that is found out anew.
struct KnownTypes: ~Copyable, @unchecked Sendable {
    // Unchecked because of the pointer, which is never changed; what it points at is atomic.

    private static var seatBits: Int { 6 }
    private let seats: UnsafeMutablePointer<Atomic<UInt>>

    init() {
        let count = 1 << Self.seatBits
        seats = .allocate(capacity: count)
        for index in 0..<count { (seats + index).initialize(to: Atomic(0)) }
    }

    deinit {
        seats.deinitialize(count: 1 << Self.seatBits)
        seats.deallocate()
    }

    @inline(__always)
    func contains(_ type: ObjectIdentifier) -> Bool {
        let word = UInt(bitPattern: type)
        return seat(of: word).pointee.load(ordering: .relaxed) == word
    }

    func insert(_ type: ObjectIdentifier) {
        let word = UInt(bitPattern: type)
        seat(of: word).pointee.store(word, ordering: .relaxed)
    }

    /// Types lie at round distances from each other, so all bits of the address have a say.
    @inline(__always)
    private func seat(of word: UInt) -> UnsafeMutablePointer<Atomic<UInt>> {
        seats + Int((UInt64(word) &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - Self.seatBits))
    }
}

extension KnownTypes {
    /// The types of servers that supervise nobody. To find out takes Swift's run-time system 300 instructions.
    static let withoutChildren = KnownTypes()
}
