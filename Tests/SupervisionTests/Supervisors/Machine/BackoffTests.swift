import Testing

@testable import Supervision

@Suite("Backoff")
struct BackoffTests {
    private func delays(_ backoff: Backoff, _ attempts: [Int], draw: Double = 1) -> [Duration] {
        attempts.map { backoff.delay(attempt: $0) { _ in draw }.delay }
    }

    @Test("S7 constant: the same at each attempt")
    func constant() {
        #expect(delays(.constant(.seconds(2)), [0, 1, 1_000, .max]) == Array(repeating: .seconds(2), count: 4))
        #expect(delays(.constant(.seconds(-1)), [0]) == [.zero])
    }

    @Test("S7 linear: a step more at each attempt, up to the cap")
    func linear() {
        let backoff = Backoff.linear(from: .seconds(1), step: .seconds(2), upTo: .seconds(8), jitter: 0)
        #expect(delays(backoff, [0, 1, 2, 3, 4, .max]) == [1, 3, 5, 7, 8, 8].map { .seconds($0) })
        let falling = Backoff.linear(from: .seconds(3), step: .seconds(-2), upTo: .seconds(8), jitter: 0)
        #expect(delays(falling, [0, 1, 2, .max]) == [.seconds(3), .seconds(1), .zero, .zero])
    }

    @Test("B16 exponential: the factor at each attempt, up to the cap")
    func exponential() {
        let backoff = Backoff.exponential(from: .milliseconds(100), upTo: .seconds(1), jitter: 0)
        #expect(
            delays(backoff, [0, 1, 2, 3, 4, 63, 64, 1_024, .max])
                == [100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000, 1_000].map { .milliseconds($0) }
        )
        let thrice = Backoff.exponential(from: .seconds(1), upTo: .seconds(100), factor: 3, jitter: 0)
        #expect(delays(thrice, [0, 1, 2, 3, 4, 5]) == [1, 3, 9, 27, 81, 100].map { .seconds($0) })
    }

    @Test("B16 K76 table: its delays, then doubling up to the cap")
    func table() {
        let seconds: [Int64] = [1, 2, 4, 8, 16, 32]
        let backoff = Backoff.table(seconds.map { .seconds($0) }, upTo: .seconds(300))
        #expect(delays(backoff, [0, 2, 5, 6, 7, 8, 9, 49]) == [1, 4, 32, 64, 128, 256, 300, 300].map { .seconds($0) })
        #expect(backoff.base == .seconds(1))
        let uncapped = Backoff.table([.seconds(1), .seconds(5)])
        #expect(delays(uncapped, [0, 1, 2, .max]) == [1, 5, 5, 5].map { .seconds($0) })
        #expect(delays(.table([]), [0, 9]) == [.zero, .zero])
        #expect(delays(.table([.seconds(-1), .seconds(9)], upTo: .seconds(5)), [0, 1]) == [.zero, .seconds(5)])
    }

    @Test("B16 custom: a delay that cannot be had is the base, and it is told why")
    func custom() throws {
        let backoff = Backoff.custom(base: .seconds(3), upTo: .seconds(10)) { attempt in
            if attempt == 1 { throw Mishap("no idea") }
            return attempt == 2 ? .seconds(-1) : .seconds(attempt)
        }
        let good = backoff.delay(attempt: 5) { _ in 1 }
        #expect(good.delay == .seconds(5))
        #expect(good.trouble == nil)
        let threw = backoff.delay(attempt: 1) { _ in 1 }
        #expect(threw.delay == .seconds(3))
        guard case .threw(let error) = threw.trouble else { throw Mishap("no trouble told") }
        #expect(error as? Mishap == Mishap("no idea"))
        let negative = backoff.delay(attempt: 2) { _ in 1 }
        #expect(negative.delay == .seconds(3))
        guard case .negative(.seconds(-1)) = negative.trouble else { throw Mishap("no trouble told") }
        #expect(delays(backoff, [11, .max]) == [.seconds(10), .seconds(10)])
    }

    @Test("S7 jitter draws its share of the delay, and nothing else", arguments: [0.25, 0.5, 1])
    func jitter(share: Double) {
        let runtime = Runtime(random: SeededGenerator(seed: 3), events: SilentSink())
        let backoff = Backoff.exponential(from: .seconds(8), upTo: .seconds(60), jitter: share)
        let drawn = (0..<500).map { _ in backoff.delay(attempt: 0) { runtime.random(in: $0) }.delay }
        let lowest = Duration.seconds(8) * (1 - share)
        #expect(drawn.allSatisfy { $0 >= lowest - .nanoseconds(1) && $0 <= .seconds(8) })
        #expect(drawn.contains { $0 < lowest + .seconds(8) * share * 0.1 })
        #expect(drawn.contains { $0 > .seconds(8) - .seconds(8) * share * 0.1 })
        #expect(Set(drawn).count > 400)
    }

    @Test("S7 the same seed draws the same jitter")
    func seeded() {
        let backoff = Backoff.exponential(from: .seconds(8), upTo: .seconds(60))
        let runs = (0..<2).map { _ in
            let runtime = Runtime(random: SeededGenerator(seed: 5), events: SilentSink())
            return (0..<20).map { attempt in backoff.delay(attempt: attempt) { runtime.random(in: $0) }.delay }
        }
        #expect(runs[0] == runs[1])
    }

    @Test("S7 without jitter chance is not asked; a share out of range is held in it")
    func noJitter() {
        func asked(_ jitter: Double) -> ClosedRange<Double>? {
            var range: ClosedRange<Double>?
            _ = Backoff.exponential(from: .seconds(1), upTo: .seconds(9), jitter: jitter).delay(attempt: 0) {
                range = $0
                return 1
            }
            return range
        }
        #expect(asked(0) == nil)
        #expect(asked(-1) == nil)
        #expect(asked(.nan) == nil)
        #expect(asked(7) == 0...1)
        #expect(asked(0.25) == 0.75...1)
    }

    @Test("B16 absurd settings give a delay between zero and the cap", arguments: [-1, 0, 1, 62, 5_000, .max])
    func absurd(attempt: Int) {
        let huge = Duration.seconds(Int64.max)
        let shapes: [Backoff] = [
            .exponential(from: .nanoseconds(1), upTo: huge, factor: 1.000_000_1),
            .exponential(from: huge, upTo: huge, factor: .greatestFiniteMagnitude),
            .exponential(from: .seconds(1), upTo: .seconds(9), factor: .nan),
            .exponential(from: .seconds(1), upTo: .seconds(9), factor: -2),
            .exponential(from: .seconds(1), upTo: .seconds(9), factor: 0),
            .exponential(from: .seconds(-1), upTo: .seconds(9), factor: .infinity),
            .linear(from: huge, step: huge, upTo: huge), .linear(from: .zero, step: .zero - huge, upTo: huge),
            .table([huge], upTo: huge), .constant(huge), .exponential(from: .seconds(5), upTo: .seconds(-5)),
        ]
        for shape in shapes {
            let delay = shape.delay(attempt: attempt) { $0.lowerBound }.delay
            #expect(delay >= .zero && delay <= shape.cap)
        }
    }
}
