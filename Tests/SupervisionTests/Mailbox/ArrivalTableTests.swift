import Testing

@testable import Supervision

@Suite("Arrival table")
struct ArrivalTableTests {
    private final class Thing: Sendable {}

    @Test("Things are given back in the order in which they came, whatever their addresses")
    func order() {
        let things = (0..<100).map { _ in Thing() }
        var table = ArrivalTable<Int>()
        #expect(table.isEmpty)
        for (number, thing) in things.enumerated().reversed() { table[ObjectIdentifier(thing)] = number }
        #expect(table.values == Array((0..<100).reversed()))
        table[ObjectIdentifier(things[50])] = nil
        table[ObjectIdentifier(things[50])] = 50
        #expect(table.values == (51..<100).reversed() + (0..<50).reversed() + [50])
        #expect(table[ObjectIdentifier(things[7])] == 7)
        for thing in things { table[ObjectIdentifier(thing)] = nil }
        #expect(table.isEmpty && table.values.isEmpty)
    }
}
