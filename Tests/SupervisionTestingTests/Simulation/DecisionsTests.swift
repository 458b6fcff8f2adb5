import Testing

@testable import SupervisionTesting

@Suite
struct DecisionsTests {
    @Test("A seed always draws the same decisions, and they are replayed from what was taken")
    func drawn() {
        var first = Decisions(seed: 42)
        let drawn = (2..<40).map { first.choose($0) } + (0..<10).map { _ in first.happens(0.3) ? 1 : 0 }
        var second = Decisions(seed: 42)
        let again = (2..<40).map { second.choose($0) } + (0..<10).map { _ in second.happens(0.3) ? 1 : 0 }
        #expect(again == drawn)
        var replayed = Decisions(replaying: .init(first.taken))
        let once = (2..<40).map { replayed.choose($0) } + (0..<10).map { _ in replayed.happens(0.3) ? 1 : 0 }
        #expect(once == drawn)
        #expect(Array(drawn.prefix(8)) == [1, 0, 1, 1, 0, 6, 1, 7], "numbers that another build must draw, too")
    }

    @Test("Where there is but one way, or no chance, nothing is decided")
    func nothingToDecide() {
        var decisions = Decisions(seed: 1)
        #expect(decisions.choose(1) == 0)
        #expect(decisions.choose(0) == 0)
        let never = decisions.happens(0)
        #expect(!never)
        #expect(decisions.taken.isEmpty)
        let always = decisions.happens(1)
        #expect(always)
        #expect(decisions.taken == [1])
    }

    @Test("A list that is used up goes on plainly, and what is too high is held")
    func replayed() {
        var decisions = Decisions(replaying: "5.1")
        #expect(decisions.choose(3) == 2)
        let said = decisions.happens(0.001)
        #expect(said)
        #expect(decisions.choose(3) == 0)
        let unsaid = decisions.happens(0.999)
        #expect(!unsaid)
    }

    @Test("A schedule reads as numbers with dots between them, without the zeros at the end")
    func text() {
        #expect("\(Simulation.Schedule([0, 2, 1, 0, 0]))" == "0.2.1")
        #expect("\(Simulation.Schedule([0, 0]))" == "0")
        for (text, choices) in [("0.2.1", [0, 2, 1]), ("0", []), ("1.x", nil), ("1.-2", nil)] as [(String, [Int]?)] {
            #expect(Simulation.Schedule(text)?.choices == choices)
        }
        #expect(("0.2.1" as Simulation.Schedule).choices == [0, 2, 1])
    }

    @Test("Chances come about as often as they say")
    func chances() {
        var decisions = Decisions(seed: 7)
        let count = (0..<10_000).count { _ in decisions.happens(0.25) }
        #expect((2_300..<2_700).contains(count))
    }
}

@Suite
struct ShrinkingTests {
    /// What is left of `schedule` when it fails as long as `fails` says so, and how many runs that took.
    private static func shrink(
        _ schedule: [Int],
        runs: Int = 1_000,
        _ fails: ([Int]) -> Bool
    ) -> (best: [Int], runs: Int) {
        var shrinking = Shrinking(Simulation.Schedule(schedule), runs: runs)
        var count = 0
        while let candidate = shrinking.next() {
            count += 1
            if fails(candidate.choices) { shrinking.candidateFailed() }
        }
        return (shrinking.best, count)
    }

    @Test("What does not matter is made plain, taken out or lowered")
    func shrinks() {
        let schedule = (0..<64).map { $0 % 5 }
        #expect(Self.shrink(schedule) { _ in true }.best == [])
        #expect(Self.shrink(schedule) { $0.contains { $0 >= 2 } }.best == [2])
        #expect(Self.shrink(schedule) { $0.count { $0 > 0 } >= 3 }.best == [1, 1, 1])
        // The fourth decision, wherever the others have gone.
        #expect(Self.shrink(schedule) { $0.count > 3 && $0[3] == 3 }.best == [0, 0, 0, 3])
    }

    @Test("It ends when its runs are used up, and keeps a schedule that fails")
    func bounded() {
        let schedule = (1...200).map { $0 }
        let (best, runs) = Self.shrink(schedule, runs: 25) { $0.contains(77) && $0.contains(150) }
        #expect(runs == 25)
        #expect(best.contains(77) && best.contains(150))
    }

    @Test("When nothing simpler fails, the schedule stays")
    func minimal() {
        #expect(Self.shrink([1, 1]) { $0 == [1, 1] }.best == [1, 1])
    }
}
