internal import CircuitBreakers
internal import Foundation
internal import Supervision
internal import Synchronization

/// One tree from its start to its end, and all that must hold of it.
struct Round {
    /// What a round has done.
    struct Result: Sendable {
        var steps: [(what: String, count: Int)]
    }

    let seed: UInt64
    let number: Int
    let length: Duration
    /// How many tasks of each kind keep the tree busy.
    var width = 1

    /// Rounds differ: the breaker server crashes in every other one, and the tree stops under load in two of four.
    private var crashesBreakers: Bool { number % 2 == 1 }
    private var stopsUnderLoad: Bool { number / 2 % 2 == 1 }

    func run() async throws -> Result {
        let log = EventLog()
        let referee = Referee(seed: seed, round: number, events: log)
        log.report(to: referee)
        let clock = WatchedClock()
        let roundSeed = Numbers(seed: seed, part: number).first
        let context = RoundContext(
            seed: roundSeed,
            referee: referee,
            clock: clock,
            end: clock.now.advanced(by: length)
        )
        let watchdog = Watchdog(after: length + .seconds(60)) { referee.fail("the round does not end", at: "all") }
        weak let runtimeLeft = try await play(in: clock, context, log)
        await Self.wait(upTo: .seconds(20)) { context.census.isEmpty && clock.pendingCount == 0 }
        referee.require(context.census.isEmpty, "left over: \(context.census.words) (B28)", at: "the end")
        referee.require(clock.pendingCount == 0, "\(clock.pendingCount) deadlines are left", at: "the end")
        await Self.wait(upTo: .seconds(20)) { runtimeLeft == nil }
        // A task, a place or a circuit that is left holds it.
        referee.require(runtimeLeft == nil, "something still holds the runtime (B28)", at: "the end")
        watchdog.stop()
        // The two hold each other.
        log.report(to: nil)
        return Result(steps: context.tally.words + log.words)
    }

    /// Starts the tree, keeps it busy and stops it. Gives the runtime.
    private func play(in clock: WatchedClock, _ context: RoundContext, _ log: EventLog) async throws -> Runtime? {
        let runtime = Runtime(clock: clock, random: SharedNumbers(seed: context.seed), events: log)
        let stage = try await Stage(in: runtime, context, crashesBreakers: crashesBreakers)
        let ledger = CircuitLedger()
        let drivers = drivers(on: stage, ledger)
        await withTaskGroup(of: Void.self) { group in
            for (index, driver) in drivers.enumerated() {
                group.addTask {
                    var driver = driver
                    await driver.run(index, context)
                }
            }
            if stopsUnderLoad {
                try? await runtime.sleep(until: context.end.advanced(by: .zero - length / 5))
                context.beginStopping()
                await stop(stage)
            }
        }
        if !stopsUnderLoad {
            await Quiet(stage: stage, ledger: ledger, log: log).check()
            context.beginStopping()
            await stop(stage)
        }
        checkNothingIsReached(stage)
        await checkNamesAreFree(stage)
        return runtime
    }

    private func drivers(on stage: Stage, _ ledger: CircuitLedger) -> [any Driver] {
        let holders = KeyHolders()
        var drivers: [any Driver] = [Breaker(stage), Operator(stage), CircuitOperator(stage)]
        for index in 0..<width {
            drivers += [Caller(stage), Caller(stage), Caller(stage), Crasher(stage)]
            drivers += [Caster(stage, sender: 2 * index), Caster(stage, sender: 2 * index + 1)]
            drivers += [Sessions(stage, holders), Sessions(stage, holders), TaskMaker(stage)]
            drivers += [Guarded(stage, ledger), Guarded(stage, ledger), Guarded(stage, ledger)]
        }
        return drivers
    }

    private func stop(_ stage: Stage) async {
        do {
            try await stage.tree.stop(.shutdown)
        } catch {
            stage.round.referee.fail("could not stop: \(error)", at: "the tree")
        }
    }

    /// All names and keys are free, and nobody answers.
    private func checkNothingIsReached(_ stage: Stage) {
        let referee = stage.round.referee
        for target in stage.targets {
            guard case .stopped = target.ref.status else {
                return referee.fail("\(target.ref.status) after the stop of its tree", at: target.log.name)
            }
        }
        referee.require(stage.registry.count == 0, "\(stage.registry.count) entries are left (R92)", at: "registry")
        referee.require(stage.topics.count == 0, "\(stage.topics.count) entries are left (R92)", at: "topics")
    }

    /// Another tree can have each of the names.
    private func checkNamesAreFree(_ stage: Stage) async {
        let names = stage.targets.map(\.log) + [DeskLog("stubborn", mail: .ordered, stage.round)]
        do {
            let tree = try await Supervisor {
                for log in names { Child(ServerName<Desk>(log.name)) { Desk(log) } }
                for name in Names.supervisors.dropFirst() { Child(name) { Supervisor {} } }
            }.start(as: "again", in: stage.runtime)
            try await tree.stop(.shutdown)
        } catch {
            stage.round.referee.fail("a name is not free after the stop of its tree: \(error) (G1)", at: "names")
        }
    }

    /// Asks now and then until something holds. What ends last in a tree does so a moment after it has been told.
    static func wait(upTo time: Duration, until condition: () -> Bool) async {
        let end = ContinuousClock.now + time
        while !condition(), ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(1)) }
    }
}

/// Calls for help from a thread of its own, for the case that all others are stuck.
final class Watchdog: Sendable {
    private let isDone = Mutex(false)

    init(after time: Duration, _ bark: @escaping @Sendable () -> Void) {
        let end = ContinuousClock.now + time
        Thread.detachNewThread { [self] in
            while !isDone.withLock({ $0 }) {
                if ContinuousClock.now > end { return bark() }
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
    }

    func stop() {
        isDone.withLock { $0 = true }
    }
}

extension Numbers {
    fileprivate var first: UInt64 {
        var numbers = self
        return numbers.next()
    }
}
