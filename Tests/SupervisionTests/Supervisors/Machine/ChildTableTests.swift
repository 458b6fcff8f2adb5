import Testing

@testable import Supervision

@Suite("Supervisors: the table of children")
struct ChildTableTests {
    private struct Entry: ChildTableEntry, Equatable {
        let key: ChildKey
        var isGone = false

        init(_ number: Int) { key = ChildKey(number: number) }

        mutating func leave() { isGone = true }
    }

    @Test("C-M07 it holds what a sorted array holds, whatever comes and goes", arguments: 0..<20)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = ChildTable<Entry>()
        var plain: [Int] = []
        for step in 0..<2_000 {
            let number = Int.random(in: 0..<300, using: &generator)
            // It grows first and shrinks in the end, so that gaps are closed at all sizes.
            let isAdding = Int.random(in: 0..<2_000, using: &generator) > step
            if isAdding, !plain.contains(number) {
                table.insert(Entry(number))
                plain.append(number)
                plain.sort()
            } else if !isAdding {
                let removed = table.remove(ChildKey(number: number))
                #expect((removed?.key.number == number) == plain.contains(number))
                plain.removeAll { $0 == number }
            }
            #expect(table.count == plain.count)
            #expect(table.gaps <= max(32, table.count), "gaps are not closed")
            let probe = Int.random(in: 0..<300, using: &generator)
            let index = table.index(of: ChildKey(number: probe))
            #expect(index.map { table[$0].key.number } == (plain.contains(probe) ? probe : nil))
        }
        #expect(table.map(\.key.number) == plain)
        for number in plain { #expect(table.remove(ChildKey(number: number)) != nil) }
        #expect(table.count == 0 && Array(table).isEmpty)
    }

    @Test("a key that has left can come again, also before its gap is closed")
    func again() {
        var table = ChildTable<Entry>()
        for number in 0..<10 { table.insert(Entry(number)) }
        _ = table.remove(ChildKey(number: 4))
        table.insert(Entry(4))
        #expect(table.map(\.key.number) == Array(0..<10))
        #expect(table.index(of: ChildKey(number: 4)) != nil)
    }
}
