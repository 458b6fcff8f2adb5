import Testing

@testable import Supervision

@Suite("Deadline wheel")
struct DeadlineWheelTests {
    private final class Numbered: Deadline, @unchecked Sendable {
        // Unchecked because of the class that it comes from; nothing here can change.
        let number: Int

        init(_ number: Int) {
            self.number = number
        }
    }

    /// A wheel that expectations can be written about: they cannot have what cannot be copied.
    private final class Wheel {
        private var wheel = DeadlineWheel()

        var count: Int { wheel.count }
        var isEmpty: Bool { wheel.isEmpty }
        var nextLook: RuntimeInstant? { wheel.nextLook }

        func insert(_ deadline: Deadline, at instant: RuntimeInstant) { wheel.insert(deadline, at: instant) }
        func remove(_ deadline: Deadline) -> Bool { wheel.remove(deadline) }
        func popFirst(upTo now: RuntimeInstant) -> Deadline? { wheel.popFirst(upTo: now) }
        func removeEarliest(_ choose: (Int) -> Int) -> Deadline? { wheel.removeEarliest(choose) }
        func earliest() -> RuntimeInstant? { wheel.earliest() }
    }

    /// Instants on each level of the wheel, near the borders of its buckets, at both ends of time and before the origin.
    private static let scales: [Int64] = [1, 1 << 20, 1 << 26, 1 << 32, 1 << 38, 1 << 44, 1 << 50, 1 << 56, 1 << 62]

    @Test("The earliest deadline leaves first, whatever order they came in", arguments: scales)
    func order(scale: Int64) {
        let wheel = Wheel()
        let factors: [Int64] = scale > 1 << 60 ? [1, -2, 0, -1] : [5, -1, 4, 2, -3, 0, 3, 1]
        for factor in factors { wheel.insert(Numbered(Int(factor)), at: RuntimeInstant(nanoseconds: factor * scale)) }
        #expect(wheel.count == factors.count)
        let least = factors.min() ?? 0
        #expect(wheel.earliest() == RuntimeInstant(nanoseconds: least * scale))
        #expect(wheel.nextLook == RuntimeInstant(nanoseconds: least * scale))
        #expect(drain(wheel) == factors.sorted().map { Int($0) })
        #expect(wheel.isEmpty)
        #expect(wheel.earliest() == nil)
        #expect(wheel.nextLook == nil)
    }

    @Test("Those of one deadline leave in the order in which they came, also when time has moved between them")
    func ties() {
        let wheel = Wheel()
        let last = RuntimeInstant.seconds(10_000)
        var count = 0
        // Each time the deadline has come nearer, so that it would be put on a finer level.
        for time: Int64 in [0, 5_000, 9_000] {
            wheel.insert(Numbered(-1), at: .seconds(time))
            #expect(number(of: wheel.popFirst(upTo: .seconds(time))) == -1)
            for _ in 0..<3 {
                wheel.insert(Numbered(count), at: last)
                count += 1
            }
        }
        // The horizon stands where the bucket of the deadline begins, on each level.
        for bits in stride(from: 38, through: 20, by: -6) {
            let start = last.nanoseconds & ~((1 << bits) - 1)
            for nanoseconds in [start - 1, start] {
                #expect(wheel.popFirst(upTo: RuntimeInstant(nanoseconds: nanoseconds)) == nil)
                wheel.insert(Numbered(count), at: last)
                count += 1
            }
        }
        #expect(drain(wheel) == Array(0..<count))
    }

    @Test("Of those of the earliest deadline the chosen one leaves, counted in the order in which they came")
    func chosen() {
        let wheel = Wheel()
        for number in 0..<12 { wheel.insert(Numbered(number), at: .seconds(Int64(number % 3))) }
        var counts: [Int] = []
        var left: [Int?] = []
        for choice in [2, 0, 9, 0] {
            let chosen = wheel.removeEarliest { count in
                counts.append(count)
                return choice
            }
            left.append(number(of: chosen))
        }
        #expect(left == [6, 0, 9, 3])
        #expect(counts == [4, 3, 2, 1])
        #expect(wheel.earliest() == .seconds(1))
        let empty = Wheel()
        #expect(empty.removeEarliest { _ in 0 } == nil)
    }

    @Test("Nothing leaves before its deadline; at the deadline it does")
    func due() {
        let wheel = Wheel()
        wheel.insert(Numbered(1), at: .seconds(2))
        #expect(wheel.popFirst(upTo: RuntimeInstant(nanoseconds: 1_999_999_999)) == nil)
        #expect(number(of: wheel.popFirst(upTo: .seconds(2))) == 1)
        #expect(wheel.popFirst(upTo: .distantFuture) == nil)
        wheel.insert(Numbered(2), at: .distantFuture)
        #expect(number(of: wheel.popFirst(upTo: .distantFuture)) == 2)
    }

    @Test("A deadline can be taken out from anywhere, once, and the others keep their order", arguments: 0..<15)
    func remove(position: Int) {
        for isNear in [true, false] {
            let wheel = Wheel()
            let deadlines = (0..<15).map { Numbered($0) }
            for (number, deadline) in deadlines.enumerated() {
                wheel.insert(deadline, at: RuntimeInstant(nanoseconds: 1_000_000_000 + Int64(number * 7 % 15)))
            }
            // Then all stand in the heap, and otherwise in one bucket.
            if isNear { #expect(wheel.popFirst(upTo: RuntimeInstant(nanoseconds: 999_999_999)) == nil) }
            #expect(wheel.remove(deadlines[position]))
            #expect(!wheel.remove(deadlines[position]))
            #expect(wheel.count == 14)
            let rest = (0..<15).filter { $0 != position }.sorted { $0 * 7 % 15 < $1 * 7 % 15 }
            #expect(wheel.earliest()?.nanoseconds == 1_000_000_000 + Int64(rest[0] * 7 % 15))
            #expect(drain(wheel) == rest)
        }
    }

    @Test("When the first has left, the next look may come too early, but never too late")
    func nextLook() {
        let wheel = Wheel()
        let deadlines = (0..<3).map { Numbered($0) }
        for (second, deadline) in deadlines.enumerated() { wheel.insert(deadline, at: .seconds(1_000 + Int64(second))) }
        #expect(wheel.nextLook == .seconds(1_000))
        _ = wheel.remove(deadlines[0])
        #expect(wheel.nextLook == .seconds(1_000))
        #expect(wheel.popFirst(upTo: .seconds(1_000)) == nil)
        #expect(wheel.nextLook == .seconds(1_001))
        _ = wheel.remove(deadlines[1])
        #expect(wheel.earliest() == .seconds(1_002))
        #expect(wheel.nextLook == .seconds(1_002))
    }

    @Test("It lets go of what has left, and of what still waits when it goes itself")
    func memory() {
        weak var popped: Numbered?
        weak var removed: Numbered?
        weak var near: Numbered?
        weak var far: Numbered?
        do {
            let wheel = Wheel()
            do {
                let deadlines = (0..<4).map { Numbered($0) }
                (popped, removed, near, far) = (deadlines[0], deadlines[1], deadlines[2], deadlines[3])
                for second in 0..<4 { wheel.insert(deadlines[second], at: .seconds(Int64(second))) }
                #expect(wheel.remove(deadlines[1]))
            }
            #expect(removed == nil)
            #expect(number(of: wheel.popFirst(upTo: RuntimeInstant(nanoseconds: 1_999_999_999))) == 0)
            #expect(popped == nil)
            #expect(near != nil && far != nil)
        }
        #expect(near == nil && far == nil)
    }

    @Test("It answers like a sorted array", arguments: 0..<20)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let wheel = Wheel()
        var model: [(instant: RuntimeInstant, deadline: Numbered)] = []
        var left: [Numbered] = []
        var now = RuntimeInstant.origin
        let scales = Self.scales.dropLast(seed % 2 == 0 ? 5 : 0)
        func someInstant() -> RuntimeInstant {
            // Few that differ on each level, so that many are the same.
            let scale = scales.randomElement(using: &random) ?? 1
            return now.advanced(by: .nanoseconds(Int64.random(in: -1...5, using: &random).multiplied(by: scale)))
        }
        for number in 0..<3_000 {
            switch Int.random(in: 0...9, using: &random) {
            case 0..<5:
                let instant = someInstant()
                let deadline = Numbered(number)
                wheel.insert(deadline, at: instant)
                let place = model.firstIndex { $0.instant > instant } ?? model.endIndex
                model.insert((instant, deadline), at: place)
            case 5, 6:
                guard let index = model.indices.randomElement(using: &random) else { continue }
                let entry = model.remove(at: index)
                #expect(wheel.remove(entry.deadline))
                left.append(entry.deadline)
            case 7:
                if let deadline = left.randomElement(using: &random) { #expect(!wheel.remove(deadline)) }
            default:
                // Most often to the next deadline: seldom far, or all would pass.
                now = max(now, number % 50 == 0 ? someInstant() : model.first?.instant ?? now)
                let isDue = model.first.map { $0.instant <= now } ?? false
                #expect(wheel.popFirst(upTo: now) === (isDue ? model[0].deadline : nil))
                if isDue { left.append(model.removeFirst().deadline) }
            }
            #expect(wheel.count == model.count)
            #expect((wheel.nextLook ?? .distantFuture) <= (model.first?.instant ?? .distantFuture))
            if number % 3 == 0 { #expect(wheel.earliest() == model.first?.instant) }
        }
        #expect(drain(wheel) == model.map { $0.deadline.number })
    }

    private func number(of deadline: Deadline?) -> Int? {
        (deadline as? Numbered)?.number
    }

    private func drain(_ wheel: Wheel) -> [Int] {
        var numbers: [Int] = []
        while let number = number(of: wheel.popFirst(upTo: .distantFuture)) { numbers.append(number) }
        return numbers
    }
}

extension Int64 {
    fileprivate func multiplied(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? (self < 0) == (other < 0) ? .max : .min : product
    }
}
