import Supervision
import Testing

@testable import CircuitBreakers

/// What a circuit does, told a second time and as plainly as can be: a history of what was reported since the last
/// close, seconds as integers, no generations but an identity for each era.
private struct PlainCircuit {
    struct Call {
        var era: Int
        var deadline: Int?
    }

    let failuresToOpen: Int
    let openSeconds: [Int]
    let cap: Int
    let successesToClose: Int
    let leaseSeconds: Int

    var now = 0
    var mode = CircuitState.closed
    var era = 0
    var history: [CallOutcome] = []
    var opensUntil = 0
    var opened = 0
    var probes: [Int: Call] = [:]
    var probeHistory: [CallOutcome] = []

    private mutating func become(_ next: CircuitState) {
        mode = next
        era += 1
        probes = [:]
        probeHistory = []
        if next == .closed {
            history = []
            opened = 0
        }
    }

    private mutating func open(at time: Int) {
        opensUntil = time + openSeconds[min(opened, openSeconds.count - 1)]
        opened += 1
        become(.open)
    }

    mutating func settle() {
        if mode == .halfOpen, let end = probes.values.compactMap(\.deadline).filter({ $0 <= now }).min() {
            open(at: end)
        }
        if mode == .open, opensUntil <= now { become(.halfOpen) }
    }

    mutating func acquire(id: Int) -> Call? {
        settle()
        switch mode {
        case .closed, .disabled, .metricsOnly: return Call(era: era)
        case .open, .forcedOpen: return nil
        case .halfOpen:
            if probes.count == cap { return nil }
            let call = Call(era: era, deadline: now + leaseSeconds)
            probes[id] = call
            return call
        }
    }

    mutating func report(_ outcome: CallOutcome, of call: Call, id: Int) {
        settle()
        guard call.era == era else { return }
        switch mode {
        case .closed:
            history.append(outcome)
            let run = history.filter { $0 != .ignored }.reversed().prefix { $0 == .failure }
            if run.count >= failuresToOpen { open(at: now) }
        case .halfOpen:
            guard probes.removeValue(forKey: id) != nil else { return }
            probeHistory.append(outcome)
            if probeHistory.contains(.failure) { return open(at: now) }
            if probeHistory.count(where: { $0 == .success }) >= successesToClose { become(.closed) }
        case .open, .forcedOpen, .disabled, .metricsOnly: break
        }
    }

    mutating func operate(_ next: CircuitState) {
        settle()
        if next == mode, next != .closed { return }
        become(next)
    }

    mutating func enable() {
        settle()
        if [.forcedOpen, .disabled, .metricsOnly].contains(mode) { become(.closed) }
    }
}

@Suite("The machine: random sequences against a plainer model")
struct RandomModelTests {
    @Test("B10 B11 B12 B13 B18 the machine and the model agree after each of 2,000 random events", arguments: 1...60)
    func agree(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let failures = Int.random(in: 1...4, using: &random)
        let cap = Int.random(in: 1...3, using: &random)
        let successes = Int.random(in: 1...3, using: &random)
        let lease = Int.random(in: 1...12, using: &random)
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(failures)
        policy.openDuration = .exponential(from: .seconds(2), upTo: .seconds(16), jitter: 0)
        policy.halfOpen = .init(maxProbes: cap, successThreshold: successes, probeTimeout: .seconds(lease))
        let bench = MachineBench(policy)
        var plain = PlainCircuit(
            failuresToOpen: failures,
            openSeconds: [2, 4, 8, 16],
            cap: cap,
            successesToClose: successes,
            leaseSeconds: lease
        )
        var calls: [(id: Int, ticket: CircuitTicket, call: PlainCircuit.Call)] = []

        for step in 0..<2_000 {
            switch Int.random(in: 0..<100, using: &random) {
            case ..<45:
                let ticket = bench.admit()
                let call = plain.acquire(id: step)
                try #require((ticket == nil) == (call == nil), "seed \(seed), step \(step)")
                if let ticket, let call { calls.append((step, ticket, call)) }
            case ..<85:
                guard !calls.isEmpty else { break }
                let (id, ticket, call) = calls.remove(at: Int.random(in: 0..<calls.count, using: &random))
                let outcome = try #require([CallOutcome.success, .failure, .ignored].randomElement(using: &random))
                bench.record(outcome, of: ticket)
                plain.report(outcome, of: call, id: id)
            case ..<95:
                let seconds = Int.random(in: 0...6, using: &random)
                bench.wait(.seconds(seconds))
                plain.now += seconds
            case 95:
                bench.resetTimer(generation: bench.generation)
                plain.settle()
            case 96:
                bench.reset()
                plain.operate(.closed)
            case 97:
                bench.enable()
                plain.enable()
            default:
                let override = try #require(
                    [CircuitOverride.forcedOpen, .disabled, .metricsOnly].randomElement(using: &random)
                )
                bench.override(override)
                plain.operate(override.state)
            }
            try #require(bench.state == plain.mode, "seed \(seed), step \(step)")
            if plain.mode == .open {
                let left = Duration.seconds(plain.opensUntil - plain.now)
                try #require(bench.retryAfter == left)
            }
        }
    }
}
