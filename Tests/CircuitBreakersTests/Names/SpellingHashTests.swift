import Testing

@testable import CircuitBreakers

@Suite("Spelling hash")
struct SpellingHashTests {
    @Test("B22 the same spelling has the same hash, wherever its characters are kept")
    func same() {
        for count in 0...40 {
            let text = String(repeating: "service-", count: 5).prefix(count)
            let joined = text.map { String($0) }.joined()
            #expect(SpellingHash.hash(String(text)) == SpellingHash.hash(joined))
            #expect(ServiceName(String(text)) == ServiceName(joined))
        }
    }

    @Test("B22 each character counts, whatever the length, and so do zeros")
    func differences() {
        for count in 0...40 {
            let text = [UInt8](repeating: 0x61, count: count)
            let others = text.indices.map { index in
                var other = text
                other[index] = 0x62
                return other
            }
            let zeros = [UInt8](repeating: 0, count: count)
            let hashes = ([text, text + [0], zeros, zeros + [0]] + others).map {
                SpellingHash.hash(String(decoding: $0, as: UTF8.self))
            }
            // With no character at all the first and the third are the same text, and so are the other two.
            #expect(Set(hashes).count == (count == 0 ? 2 : hashes.count))
        }
    }

    @Test("B22 spellings that Unicode holds equal have one hash, also long ones")
    func beyondASCII() {
        for prefix in ["", "bar", "restaurant-", "the-restaurant-at-the-corner-"] {
            #expect(SpellingHash.hash(prefix + "caf\u{E9}") == SpellingHash.hash(prefix + "cafe\u{301}"))
            #expect(ServiceName(prefix + "caf\u{E9}") == ServiceName(prefix + "cafe\u{301}"))
            #expect(ServiceName(prefix + "caf\u{E9}") != ServiceName(prefix + "cafe"))
        }
    }

    @Test("B22 names in a row spread over the buckets of a map as evenly as by chance")
    func spread() {
        let names = (0..<10_000).map { "service-\($0)" }
        let taken = Set(names.map { SpellingHash.hash($0) & (1 << 15 - 1) })
        // By chance 8,611 buckets are taken, give or take some thirty.
        #expect((8_300...8_900).contains(taken.count))
    }
}
