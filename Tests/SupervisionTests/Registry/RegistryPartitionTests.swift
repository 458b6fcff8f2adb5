import Testing

@testable import Supervision

@Suite("Registry: its machines")
struct RegistryPartitionTests {
    /// A place that is only known by what it is.
    private func place(_ number: Int) -> ServerPlace<Pupil> {
        ServerPlace(
            PlaceSetup(
                runtime: Runtime(),
                id: ChildID("pupil-\(number)"),
                settings: PlaceSettings(shutdown: .infinity),
                parent: PlaceParent(),
                key: ChildKey(number: number)
            )
        ) { Pupil() }
    }

    @Test("R92 100,000 servers leave one key without looking at each other, in whatever order")
    func manyUnderOneKey() {
        var partition = RegistryPartition<String, Void>(isUnique: false)
        let holder = RegistryHolder(place: place(0), incarnation: 1)
        let numbers = (0..<100_000).compactMap { _ in partition.insert("key", (), holder) }
        var generator = SeededGenerator(seed: 3)
        for number in numbers.shuffled(using: &generator) {
            let entry = partition.remove("key", number, of: holder)
            #expect(entry?.number == number)
        }
        #expect(partition.count == 0)
        #expect(partition.all.isEmpty)
        let again = partition.remove("key", 1, of: holder)
        #expect(again == nil)
    }

    @Test("R90 R91 a partition does what a plain list of entries does", arguments: [true, false])
    func model(isUnique: Bool) {
        typealias Plain = (key: Int, number: UInt64, holder: Int, value: Int)
        let holders = (0..<4).map { RegistryHolder(place: place($0), incarnation: 1) }
        for seed in 0..<50 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var partition = RegistryPartition<Int, Int>(isUnique: isUnique)
            var plain: [Plain] = []
            for step in 0..<200 {
                let key = Int.random(in: 0..<3, using: &generator)
                let holder = Int.random(in: 0..<4, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0:
                    let number = partition.insert(key, step, holders[holder])
                    let isRefused = isUnique && plain.contains { $0.key == key }
                    #expect((number == nil) == isRefused)
                    if let number { plain.append((key, number, holder, step)) }
                case 1:
                    let choice = plain.filter { $0.key == key && (!isUnique || $0.holder == holder) }
                        .randomElement(using: &generator)
                    let removed = partition.remove(key, choice?.number ?? 0, of: holders[choice?.holder ?? holder])
                    #expect(removed?.value == choice?.value)
                    plain.removeAll { $0.key == key && $0.number == choice?.number }
                default:
                    guard isUnique, let index = plain.firstIndex(where: { $0.key == key }) else { continue }
                    let isStale = partition.update(key, plain[index].number + 1_000, to: -1)
                    #expect(!isStale)
                    let isDone = partition.update(key, plain[index].number, to: step)
                    #expect(isDone)
                    plain[index].value = step
                    plain[index].number = partition.holding(key)?.number ?? 0
                }
                for key in 0..<3 {
                    let expected = plain.filter { $0.key == key }.map(\.value)
                    #expect(partition.entries(of: key).map(\.value) == expected)
                    #expect(partition.count(of: key) == expected.count)
                }
                #expect(partition.count == plain.count)
                #expect(partition.all.map(\.entry.value).sorted() == plain.map(\.value).sorted())
            }
        }
    }

    @Test("a numbered list does what a plain array does")
    func numberedList() {
        for seed in 0..<100 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var list = NumberedList<Int>()
            var plain: [(number: UInt64, element: Int)] = []
            for number in 1...150 as ClosedRange<UInt64> {
                switch Int.random(in: 0..<5, using: &generator) {
                case 0...2:
                    list.append(Int(number) * 10, number)
                    plain.append((number, Int(number) * 10))
                case 3:
                    let first = list.popFirst()
                    #expect(first == (plain.isEmpty ? nil : plain.removeFirst().element))
                default:
                    let chosen = UInt64.random(in: 0...number, using: &generator)
                    let index = plain.firstIndex { $0.number == chosen }
                    let removed = list.remove(chosen)
                    let expected = index.map { plain.remove(at: $0).element }
                    #expect(removed == expected)
                }
                #expect(list.map { $0 } == plain.map(\.element))
                #expect(list.count == plain.count)
            }
        }
    }
}
