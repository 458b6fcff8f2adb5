internal import CircuitBreakers
internal import Supervision
internal import Synchronization

/// Ends servers, from inside and from outside, and makes them busy.
struct Crasher: Driver {
    static let label = "crasher"
    let stage: Stage

    init(_ stage: Stage) {
        self.stage = stage
    }

    mutating func step(_ numbers: inout Numbers) async throws {
        let witness = Witness(.message, stage.round.census)
        let target = numbers.pick(stage.targets)
        switch numbers.below(12) {
        case 0: target.ref.cast(.crash(witness))
        case 1: target.ref.cast(.end(witness))
        case 2: target.ref.exit(.error(Desk.PlannedCrash()))
        case 3: target.ref.exit(.normal)
        case 4: try await target.ref.stop(timeout: .milliseconds(50))
        case 5: target.ref.cast(.linger(numbers.microseconds(upTo: 2_000), witness))
        case 6:
            ServerRef(Names.stubborn, in: stage.runtime).cast(.insist(numbers.microseconds(upTo: 5_000)))
        case 7 where stage.crashesBreakers:
            ServerRef(.circuitBreakers, in: stage.runtime).exit(.error(Desk.PlannedCrash()))
        case 8: try await target.ref.stop(.shutdown)
        default: target.ref.cast(.bustle(witness))
        }
        try await stage.runtime.sleep(for: numbers.microseconds(upTo: 1_500))
    }
}

/// Crashes the child of a supervisor that may restart it three times: the supervisor gives up and is itself restarted.
struct Breaker: Driver {
    static let label = "breaker of glass"
    let stage: Stage

    init(_ stage: Stage) {
        self.stage = stage
    }

    mutating func step(_ numbers: inout Numbers) async throws {
        stage.target("glass").ref.cast(.crash(Witness(.message, stage.round.census)))
        try await stage.runtime.sleep(for: .milliseconds(1) + numbers.microseconds(upTo: 2_000))
    }
}
