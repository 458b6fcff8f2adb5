import SupervisionTesting
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Runs the library's own scenarios by very many seeds.
///
/// * `Simulations [COUNT [FIRST [SCENARIO ...]]]`: so many seeds of each scenario, from the first on.
/// * `Simulations find COUNT`: all scenarios by each of so many seeds in turn, until one fails.
/// * `Simulations logs COUNT [SCENARIO ...]`: the events of so many runs of each.
@main
struct Main {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "logs" { return printLogs(arguments.dropFirst()) }
        if arguments.first == "find" { return find(arguments.dropFirst().first.flatMap { UInt64($0) } ?? 10_000) }
        let count = arguments.first.flatMap { UInt64($0) } ?? 1_000
        let first = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 0
        let names = arguments.dropFirst(2)
        let chosen = names.isEmpty ? Scenario.all : names.map(scenario(named:))
        let clock = ContinuousClock()
        var failures = 0
        for scenario in chosen {
            var found: SimulationFailure?
            var steps = 0
            let time = clock.measure { (steps, found) = run(scenario, seeds: first..<first + count) }
            let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
            let rate = Int(Double(count) / max(seconds, 1e-9))
            if let found {
                failures += 1
                print("\(scenario.name): FAILED\n\(found)")
            } else {
                print("\(scenario.name): \(count) seeds, \(steps) steps, \(rate) seeds in a second")
            }
        }
        if failures > 0 { exit(1) }
    }

    /// By as many threads as there are processors, each with seeds of its own.
    private static func run(_ scenario: Scenario, seeds: Range<UInt64>) -> (Int, SimulationFailure?) {
        let results = Results()
        let threads = UInt64(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let share = (UInt64(seeds.count) + threads - 1) / threads
        let parts = (0..<threads).map { number in
            min(
                seeds.lowerBound + number * share,
                seeds.upperBound
            )..<min(
                seeds.lowerBound + (number + 1) * share,
                seeds.upperBound
            )
        }
        let workers = parts.map { part in
            Thread {
                do throws(SimulationFailure) {
                    let explored = try Simulation.explore(seeds: part, faults: scenario.faults, scenario.play)
                    results.add(explored.steps)
                } catch {
                    results.fail(error)
                }
            }
        }
        for worker in workers { worker.join() }
        return results.both
    }

    private static func scenario(named name: String) -> Scenario {
        if let scenario = Scenario.all.first(where: { $0.name == name }) { return scenario }
        print("there is no scenario '\(name)'; there are \(Scenario.all.map(\.name).joined(separator: ", "))")
        exit(2)
    }

    private static func find(_ count: UInt64) {
        for seed in 0..<count {
            for scenario in Scenario.all {
                var simulation = Simulation(seed: seed, faults: scenario.faults)
                simulation.shrinkingRuns = 0
                do throws(SimulationFailure) {
                    try simulation.run(scenario.play)
                } catch {
                    print("found by '\(scenario.name)' with seed \(seed), the \(seed + 1). of each scenario\n\(error)")
                    return
                }
            }
        }
        print("nothing found by \(count) seeds of each scenario")
        exit(1)
    }

    /// The events of one run of each scenario, or of one of them, for each of so many seeds.
    private static func printLogs(_ arguments: ArraySlice<String>) {
        guard let count = arguments.first.flatMap({ UInt64($0) }) else {
            print("usage: Simulations logs COUNT [SCENARIO ...]")
            exit(2)
        }
        let names = arguments.dropFirst()
        for scenario in names.isEmpty ? Scenario.all : names.map(scenario(named:)) {
            for seed in 0..<count {
                print("== \(scenario.name), seed \(seed)")
                do throws(SimulationFailure) {
                    let report = try Simulation(seed: seed, faults: scenario.faults).run(scenario.play)
                    print("\(report.events.joined(separator: "\n"))\nschedule \(report.schedule)")
                } catch {
                    print(error)
                    exit(1)
                }
            }
        }
    }
}

private final class Results: Sendable {
    private let state = Mutex<(steps: Int, failure: SimulationFailure?)>((0, nil))

    var both: (Int, SimulationFailure?) { state.withLock { ($0.steps, $0.failure) } }

    func add(_ steps: Int) { state.withLock { $0.steps += steps } }

    func fail(_ failure: SimulationFailure) {
        state.withLock { state in
            if state.failure.map({ failure.seed < $0.seed }) ?? true { state.failure = failure }
        }
    }
}

/// A thread of the system, since each simulation keeps the thread that runs it.
private final class Thread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private var handle = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        pthread_create(
            &handle,
            nil,
            { work in
                // Retained above, for this one taking.
                if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                return nil
            },
            work
        )
    }

    func join() { pthread_join(handle, nil) }
}
