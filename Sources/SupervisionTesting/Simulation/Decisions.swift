/// What a simulation decides, one number after the other: drawn by a seed, or taken from the list of another run.
///
/// Zero always means to go on plainly: the task that has waited longest goes first, and nothing fails. A list that is
/// used up goes on with zeros.
struct Decisions: Sendable {
    /// Nil when a list is replayed.
    private var numbers: SeededNumbers?
    private let replayed: [Int]
    private var position = 0
    /// What has been decided so far.
    private(set) var taken: [Int] = []

    /// Decisions drawn by `seed`.
    init(seed: UInt64) {
        numbers = SeededNumbers(seed: seed)
        replayed = []
    }

    /// The decisions of another run again.
    init(replaying schedule: Simulation.Schedule) {
        replayed = schedule.choices
    }

    /// One of so many ways to go. Where there is but one, nothing is decided.
    mutating func choose(_ count: Int) -> Int {
        guard count > 1 else { return 0 }
        let choice = numbers?.draw(below: count) ?? replay(below: count)
        taken.append(choice)
        return choice
    }

    /// Whether something happens that has that probability. What cannot happen is not decided.
    mutating func happens(_ probability: Double) -> Bool {
        guard probability > 0 else { return false }
        let happens = (numbers?.drawUnit()).map { $0 < probability } ?? (replay(below: 2) == 1)
        taken.append(happens ? 1 : 0)
        return happens
    }

    private mutating func replay(below count: Int) -> Int {
        guard position < replayed.count else { return 0 }
        defer { position += 1 }
        return min(max(0, replayed[position]), count - 1)
    }
}
