internal import Supervision

/// One of the tasks that keep a tree busy, with choices of its own.
protocol Driver: Sendable {
    static var label: String { get }
    /// Does one thing.
    mutating func step(_ numbers: inout Numbers) async throws
    /// What must hold of its own work when it has been stopped, and the tree has not.
    mutating func finish() async throws
}

extension Driver {
    mutating func finish() async throws {}

    /// Goes on until the round is over.
    mutating func run(_ index: Int, _ round: RoundContext) async {
        var numbers = Numbers(seed: round.seed, part: index)
        let name = "\(Self.label) \(index)"
        var steps = 0
        while !round.isOver {
            steps += 1
            round.referee.note(name, at: "step \(steps)")
            do {
                try await step(&numbers)
            } catch {
                round.referee.require(Self.isExpected(error), "unexpected: \(error)", at: name)
            }
        }
        if !round.isStopping {
            round.referee.note(name, at: "the end, after \(steps) steps")
            do {
                try await finish()
            } catch {
                round.referee.require(round.isStopping, "could not finish: \(error)", at: name)
            }
        }
        round.referee.note(name, at: "rest")
    }

    /// Whether an error is one of those that the library answers with when servers crash and stop all the time.
    private static func isExpected(_ error: any Error) -> Bool {
        switch error {
        case let error as ServerError:
            switch error {
            case .notRunning, .exited, .timedOut, .overloaded, .shuttingDown: true
            default: false
            }
        case let error as SupervisorError:
            switch error {
            case .startFailed, .alreadyStarted, .alreadyPresent, .running, .restarting, .notFound, .notAChild,
                .tooManyChildren, .nameTaken, .keyTaken, .shuttingDown:
                true
            default: false
            }
        default: false
        }
    }
}
