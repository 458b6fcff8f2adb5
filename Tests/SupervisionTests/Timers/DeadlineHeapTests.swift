import Testing

@testable import Supervision

@Suite("Deadline heap")
struct DeadlineHeapTests {
    @Test("The earliest deadline leaves first, whatever order they came in")
    func order() {
        var heap = DeadlineHeap<Int64>()
        for second: Int64 in [5, 1, 4, 2, 3] { _ = heap.insert(second, at: .seconds(second)) }
        #expect(heap.count == 5)
        #expect(heap.earliest == .seconds(1))
        #expect(drain(&heap) == [1, 2, 3, 4, 5])
        #expect(heap.isEmpty)
        #expect(heap.earliest == nil)
    }

    @Test("Those of one deadline leave in the order in which they came")
    func ties() {
        var heap = DeadlineHeap<Int>()
        var expected: [Int] = []
        for number in 0..<100 {
            _ = heap.insert(number, at: .seconds(Int64(number % 3)))
        }
        for second in 0..<3 { expected += (0..<100).filter { $0 % 3 == second } }
        #expect(drain(&heap) == expected)
    }

    @Test("Of those of the earliest deadline the chosen one leaves, counted in the order in which they came")
    func chosen() {
        var heap = DeadlineHeap<Int>()
        for number in 0..<12 { _ = heap.insert(number, at: .seconds(Int64(number % 3))) }
        var counts: [Int] = []
        var left: [Int?] = []
        for choice in [2, 0, 9, 0] {
            left.append(
                heap.removeEarliest { count in
                    counts.append(count)
                    return choice
                }
            )
        }
        #expect(left == [6, 0, 9, 3])
        #expect(counts == [4, 3, 2, 1])
        #expect(heap.earliest == .seconds(1))
        var empty = DeadlineHeap<Int>()
        #expect(empty.removeEarliest { _ in 0 } == nil)
    }

    @Test("Nothing leaves before its deadline; at the deadline it does")
    func due() {
        var heap = DeadlineHeap<Int>()
        _ = heap.insert(1, at: .seconds(2))
        #expect(heap.popFirst(upTo: RuntimeInstant(nanoseconds: 1_999_999_999)) == nil)
        #expect(heap.popFirst(upTo: .seconds(2)) == 1)
        #expect(heap.popFirst(upTo: .distantFuture) == nil)
    }

    @Test("An entry can be taken out from anywhere in the heap, and the others keep their order", arguments: 0..<15)
    func cancelInPlace(position: Int) {
        var heap = DeadlineHeap<Int>()
        let tokens = (0..<15).map { heap.insert($0, at: .seconds(Int64($0 * 7 % 15))) }
        #expect(heap.remove(tokens[position]) == position)
        #expect(heap.count == 14)
        let rest = (0..<15).filter { $0 != position }.sorted { $0 * 7 % 15 < $1 * 7 % 15 }
        #expect(drain(&heap) == rest)
    }

    @Test("The token of an entry that has left says nothing, also when another has taken its slot")
    func tokens() {
        var heap = DeadlineHeap<String>()
        let first = heap.insert("first", at: .seconds(1))
        #expect(heap.remove(first) == "first")
        #expect(heap.remove(first) == nil)
        let second = heap.insert("second", at: .seconds(1))
        #expect(first != second)
        #expect(heap.remove(first) == nil)
        #expect(heap.popFirst(upTo: .seconds(1)) == "second")
        #expect(heap.remove(second) == nil)
        #expect(heap.isEmpty)
    }

    @Test("An empty heap gives its memory back, and no token of before matches again")
    func memory() {
        var heap = DeadlineHeap<Int>()
        let tokens = (0..<1_500).map { heap.insert($0, at: .seconds(Int64($0))) }
        // The last slot has been used twice, so that generations differ.
        #expect(heap.remove(tokens[1_499]) == 1_499)
        let reused = heap.insert(-1, at: .distantFuture)
        #expect(drain(&heap).count == 1_500)
        let later = (0..<1_500).map { heap.insert(10_000 + $0, at: .seconds(Int64($0))) }
        for token in tokens + [reused] { #expect(heap.remove(token) == nil) }
        #expect(heap.count == 1_500)
        #expect(Set(later).isDisjoint(with: tokens))
        for (offset, token) in later.enumerated() { #expect(heap.remove(token) == 10_000 + offset) }
        #expect(heap.isEmpty)
    }

    @Test("It answers like a sorted array", arguments: 0..<20)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var heap = DeadlineHeap<Int>()
        var model: [(deadline: RuntimeInstant, number: Int, token: DeadlineHeap<Int>.Token)] = []
        var left: [DeadlineHeap<Int>.Token] = []
        for number in 0..<2_000 {
            switch Int.random(in: 0...9, using: &random) {
            case 0..<5:
                let deadline = RuntimeInstant.seconds(Int64.random(in: 0...50, using: &random))
                let token = heap.insert(number, at: deadline)
                let place = model.firstIndex { $0.deadline > deadline } ?? model.endIndex
                model.insert((deadline, number, token), at: place)
            case 5, 6:
                guard let index = model.indices.randomElement(using: &random) else { continue }
                let entry = model.remove(at: index)
                #expect(heap.remove(entry.token) == entry.number)
                left.append(entry.token)
            case 7:
                if let token = left.randomElement(using: &random) { #expect(heap.remove(token) == nil) }
            default:
                let now = RuntimeInstant.seconds(Int64.random(in: 0...50, using: &random))
                let isDue = model.first.map { $0.deadline <= now } ?? false
                #expect(heap.popFirst(upTo: now) == (isDue ? model[0].number : nil))
                if isDue { left.append(model.removeFirst().token) }
            }
            #expect(heap.count == model.count)
            #expect(heap.earliest == model.first?.deadline)
        }
    }

    private func drain<Element>(_ heap: inout DeadlineHeap<Element>) -> [Element] {
        var elements: [Element] = []
        while let element = heap.popFirst(upTo: .distantFuture) { elements.append(element) }
        return elements
    }
}
