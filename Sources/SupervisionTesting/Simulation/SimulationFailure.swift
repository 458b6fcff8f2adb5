public import Supervision

extension Simulation {
    /// What was there when a run came to its end.
    public struct Standing: Sendable {
        /// The trees that have not ended, as they were then.
        public let trees: [TreeSnapshot]
        /// Who waits for whom, a line for each.
        public let waits: [String]
        /// How many deadlines are waited for.
        public let deadlines: Int
        /// How many tasks of the runtime have not ended.
        public let tasks: Int
        /// The tasks that were started outside of the runtime; some may have ended.
        public let outsideTasks: [String]

        /// Whether nothing is left.
        public var isEmpty: Bool { trees.isEmpty && waits.isEmpty && deadlines == 0 && tasks == 0 }
    }

    /// Why a run has failed.
    public enum Problem: Sendable {
        /// The scenario has thrown.
        case threw(any Error)
        /// Nothing can go on, the scenario has not ended, and no deadline is waited for.
        case stuck(Standing)
        /// The scenario has ended, and something that it has started has not.
        case leftovers(Standing)
        /// It took more steps than it may.
        case stepLimit(Int, Standing)
        /// It took more time than it may, on its own clock.
        case timeLimit(Duration, Standing)
        /// Something was done outside of the simulation.
        case escaped([String], Standing)
        /// It has failed, with that, and not when it was run again in the same order.
        case notRepeatable(String)
    }
}

extension Simulation.Problem {
    /// What two failures have in common that are taken for the same.
    var signature: String {
        switch self {
        case .threw(let error as SimulationExpectation): "expectation \(error.place)"
        case .threw(let error): "error \(type(of: error))"
        case .stuck: "stuck"
        case .leftovers: "leftovers"
        case .stepLimit: "steps"
        case .timeLimit: "time"
        case .escaped: "escaped"
        case .notRepeatable: "not repeatable"
        }
    }
}

extension Simulation.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .threw(let error): "the scenario threw: \(error)"
        case .stuck(let standing):
            """
            nothing can go on, and nobody waits for a time to come. Either tasks wait for each other, or for something \
            outside of the simulation: another thread, Dispatch, the main actor, Task.sleep
            \(standing)
            """
        case .leftovers(let standing):
            """
            the scenario has ended, and not all that it has started: stop its trees and wait for its tasks, or set \
            allowsLeftovers
            \(standing)
            """
        case .stepLimit(let count, let standing):
            """
            it has not ended after \(count) steps: something goes on for ever, or Limits.steps is too low
            \(standing)
            """
        case .timeLimit(let time, let standing):
            """
            it has not ended after \(time.shortDescription) of its own time: something waits and waits again, or \
            Limits.time is too short
            \(standing)
            """
        case .escaped(let work, let standing):
            """
            something was done outside of the simulation, so that its order is not in its hands: \
            \(work.joined(separator: "; ")). Start it through the runtime, or with async let or a task group; take \
            time from the runtime
            \(standing)
            """
        case .notRepeatable(let problem):
            """
            it failed, and not again in the same order, so that it depends on something that the seed does not decide: \
            a random number, the real time, the order of a Set or a Dictionary, another thread. It had failed with: \
            \(problem)
            """
        }
    }
}

extension Simulation.Standing: CustomStringConvertible {
    public var description: String {
        var parts = trees.map(\.description) + waits
        if deadlines > 0 {
            parts.append(deadlines == 1 ? "1 deadline is waited for" : "\(deadlines) deadlines are waited for")
        }
        if tasks > 0 { parts.append(tasks == 1 ? "1 task has not ended" : "\(tasks) tasks have not ended") }
        return (parts + outsideTasks).joined(separator: "\n")
    }
}

/// A run of a simulation has failed. Its description has all that is needed to see why, and to run it again.
public struct SimulationFailure: Error, CustomStringConvertible {
    /// The seed of the run.
    public let seed: UInt64
    /// Why it failed; of the run with the shrunk schedule.
    public let problem: Simulation.Problem
    /// What was decided in the run that failed first.
    public let schedule: Simulation.Schedule
    /// The simplest schedule that was found to fail alike.
    public let shrunkSchedule: Simulation.Schedule
    /// The steps of the run with the shrunk schedule, a line for each.
    public let steps: [String]
    /// The events of the run with the shrunk schedule, a line for each.
    public let events: [String]

    public var description: String {
        let skipped = max(0, steps.count - 60)
        let shown = (skipped > 0 ? ["   … \(skipped) steps before"] : []) + steps.suffix(60)
        return """
            The simulation with seed \(seed) has failed: \(problem)
            Steps, in the simplest order that was found to fail alike (number, time, choice, what happened):
            \(shown.joined(separator: "\n"))
            Again: try Simulation(seed: \(seed)).run { … }, or SIMULATION_SEED=\(seed) for a test that explores.
            In the simplest order: try Simulation(seed: \(seed), schedule: "\(shrunkSchedule)").run { … }
            """
    }
}
