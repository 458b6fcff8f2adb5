import Testing

@testable import Supervision

@Suite("Known types")
struct KnownTypesTests {
    private final class Stand {}

    @Test("A type is known once it is put in, until another one takes its seat")
    func seats() {
        // Not in the expectations themselves, which would have to copy it.
        let types = KnownTypes()
        func isKnown(_ stand: Stand) -> Bool { types.contains(ObjectIdentifier(stand)) }
        // Objects stand in for types: each has an address of its own.
        let stands = (0..<1000).map { _ in Stand() }
        var pushedOut = 0
        for (index, stand) in stands.enumerated() {
            #expect(!isKnown(stand))
            types.insert(ObjectIdentifier(stand))
            #expect(isKnown(stand))
            if index > 0, !isKnown(stands[index - 1]) { pushedOut += 1 }
        }
        // As many as there are seats, but for those that nobody has come to; and neighbours seldom share one.
        #expect((32...64).contains(stands.count { isKnown($0) }))
        #expect(pushedOut < 100)
    }
}
