internal import Supervision
internal import Synchronization

/// What is known of one call: who looks from the caller's side and from the server's must agree.
final class CallRecord: Sendable {
    /// What the body throws to its caller.
    struct PlannedFailure: Error {
        let number: Int
    }

    enum Plan: Sendable {
        case value, failure, exit
    }

    let number: Int
    private let plan: Plan
    private let round: RoundContext
    private let witness: Witness
    private let begun = Atomic(0)
    private let ended = Atomic(0)
    private let isOver = Atomic(false)

    init(_ number: Int, _ plan: Plan, _ round: RoundContext) {
        self.number = number
        self.plan = plan
        self.round = round
        witness = Witness(.call, round.census)
    }

    /// - Parameter mayBeLate: whether it may begin to run at the moment when its caller gives up.
    func begin(mayBeLate: Bool) {
        let before = begun.add(1, ordering: .acquiringAndReleasing).oldValue
        require(before == 0, "was begun twice")
        if !mayBeLate {
            require(!isOver.load(ordering: .acquiring), "was begun after its caller had been answered (S16)")
        }
    }

    func end() {
        ended.add(1, ordering: .acquiringAndReleasing)
    }

    func outcome() throws -> Int {
        switch plan {
        case .value: return ~number
        case .failure: throw PlannedFailure(number: number)
        case .exit: throw Exit(.error(Desk.PlannedCrash()))
        }
    }

    /// The caller has been answered.
    func check(_ result: Result<Int, any Error>, wasCancelled: Bool, isDeferred: Bool) {
        isOver.store(true, ordering: .releasing)
        let (begun, ended) = (begun.load(ordering: .acquiring), ended.load(ordering: .acquiring))
        switch result {
        case .success(let value):
            require(plan == .value && value == ~number, "got \(value)")
            require(begun == 1 && ended == 1, "was answered, begun \(begun) times and ended \(ended) times")
            round.tally.answered.add(1, ordering: .relaxed)
        case .failure(let error as PlannedFailure):
            require(plan == .failure && error.number == number, "got the error of call \(error.number)")
            require(begun == 1 && ended == 1, "got its error, begun \(begun) times and ended \(ended) times")
            round.tally.failed.add(1, ordering: .relaxed)
        case .failure(let error as ServerError):
            checkRefusal(error, begun: begun, isDeferred: isDeferred)
        case .failure(is CancellationError):
            require(wasCancelled, "was cancelled by nobody")
            round.tally.cancelled.add(1, ordering: .relaxed)
        case .failure(let error): require(false, "got an error of nobody: \(error)")
        }
    }

    private func checkRefusal(_ error: ServerError, begun: Int, isDeferred: Bool) {
        switch error {
        case .exited: round.tally.lost.add(1, ordering: .relaxed)
        case .timedOut: round.tally.timedOut.add(1, ordering: .relaxed)
        case .noReply: require(isDeferred && begun == 1, "got no reply, and was begun \(begun) times")
        case .notRunning, .overloaded, .shuttingDown:
            require(begun == 0, "was refused with \(error), and had been begun")
            round.tally.refused.add(1, ordering: .relaxed)
        default: require(false, "got \(error)")
        }
    }

    private func require(_ condition: Bool, _ what: @autoclosure () -> String) {
        round.referee.require(condition, "call \(number) \(what())", at: "a call")
    }
}
