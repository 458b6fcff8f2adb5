/// Hashes the spelling of a ``ServiceName``, which is often written at the call itself, and then hashed at every call.
///
/// Swift's own hash withstands those who choose texts in order to make them collide, at the price of most of a guarded
/// call. Services are named by the program, and a map of circuits is bounded (B23), so that a seed which differs from
/// process to process is enough here.
enum SpellingHash {
    // Swift's hashes are seeded anew in each process, unless it was told not to.
    private static let seed = UInt64(truncatingIfNeeded: "service".hashValue)

    static func hash(_ text: String) -> Int {
        // Beyond ASCII one text may have several spellings in bytes, which Swift sees to. The few signs that Unicode holds
        // equal to one of ASCII, as that of kelvin, make a name of its own.
        let ofASCII = text.utf8.withContiguousStorageIfAvailable { hash(ofASCII: UnsafeRawBufferPointer($0)) }
        return (ofASCII ?? nil) ?? text.hashValue
    }

    /// The hash of ASCII characters; nil when there are others.
    @inline(__always)
    private static func hash(ofASCII bytes: UnsafeRawBufferPointer) -> Int? {
        var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
        var seen: UInt64 = 0
        var offset = 0
        while offset + 8 < bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            seen |= word
            state = mix(state ^ word)
            offset += 8
        }
        let last = tail(of: bytes)
        if (seen | last) & 0x8080_8080_8080_8080 != 0 { return nil }
        return Int(truncatingIfNeeded: mix(mix(state ^ last)))
    }

    /// The last eight bytes, or all when there are fewer: which, the count tells.
    @inline(__always)
    private static func tail(of bytes: UnsafeRawBufferPointer) -> UInt64 {
        let count = bytes.count
        if count >= 8 { return bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self) }
        if count >= 4 {
            let first = bytes.loadUnaligned(as: UInt32.self)
            let last = bytes.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            return UInt64(first) << 32 | UInt64(last)
        }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Spreads each bit over all. The factor is odd, and otherwise of no meaning.
    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = (value ^ 0x6A09_E667_F3BC_C908).multipliedFullWidth(by: 0xA54F_F53A_5F1D_36F1)
        return product.high ^ product.low
    }
}
