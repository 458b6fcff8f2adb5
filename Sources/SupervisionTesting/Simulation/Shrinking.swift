/// Looks for a simpler schedule that fails like one that was found: proposes candidates, and is told whether they fail.
///
/// Decisions are made plain or taken out, many at once at first and then fewer, and those that remain are lowered. What
/// it has come to in the end cannot be made simpler by any one of these steps, unless the number of runs was used up.
struct Shrinking {
    private enum Change: CaseIterable {
        case makePlain, takeOut, lower
    }

    /// The simplest schedule so far that fails.
    private(set) var best: [Int]
    private var change = Change.makePlain
    private var size: Int
    /// The end of what is changed next; it moves to the front.
    private var end: Int
    private var hasGainedInRound = false
    private var isOver = false
    private var candidate: [Int] = []
    private var runsLeft: Int

    init(_ schedule: Simulation.Schedule, runs: Int) {
        best = schedule.choices
        size = max(1, best.count)
        end = best.count
        runsLeft = runs
    }

    /// The next schedule to try; nil when there is nothing more to try.
    mutating func next() -> Simulation.Schedule? {
        while runsLeft > 0, !isOver, !best.isEmpty {
            if end <= 0 {
                turn()
                continue
            }
            let range = max(0, end - size)..<end
            end -= size
            if let changed = changed(range) {
                runsLeft -= 1
                candidate = Simulation.Schedule(changed).choices
                return Simulation.Schedule(candidate)
            }
        }
        return nil
    }

    /// The last candidate fails as well.
    mutating func candidateFailed() {
        best = candidate
        end = min(end, best.count)
        hasGainedInRound = true
    }

    /// To smaller pieces, the next kind of change, or the next round.
    private mutating func turn() {
        if change != .lower, size > 1 {
            size /= 2
        } else if change == .makePlain {
            change = .takeOut
            size = max(1, best.count / 2)
        } else if change == .takeOut {
            change = .lower
            size = 1
        } else if hasGainedInRound {
            hasGainedInRound = false
            change = .makePlain
            size = max(1, best.count / 2)
        } else {
            isOver = true
        }
        end = best.count
    }

    private func changed(_ range: Range<Int>) -> [Int]? {
        var choices = best
        switch change {
        case .makePlain:
            guard choices[range].contains(where: { $0 != 0 }) else { return nil }
            for index in range { choices[index] = 0 }
        case .takeOut:
            choices.removeSubrange(range)
        case .lower:
            guard choices[range.lowerBound] > 1 else { return nil }
            choices[range.lowerBound] /= 2
        }
        return choices
    }
}
