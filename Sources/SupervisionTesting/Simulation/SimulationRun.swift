internal import Supervision
internal import Synchronization

/// One run of a scenario, from its first step to the last thing that it has started.
struct SimulationRun {
    struct Outcome {
        var problem: Simulation.Problem?
        var report: Simulation.Report
    }

    private final class Ending: Sendable {
        let result = Mutex<Result<Void, any Error>?>(nil)
    }

    private let simulation: Simulation
    private let world: Simulation.World

    init(_ simulation: Simulation, _ decisions: Decisions, trace: StepTrace?) {
        self.simulation = simulation
        world = Simulation.World(simulation, decisions, trace: trace)
    }

    private var loop: SimulationLoop { world.loop }
    private var interference: SimulationInterference { world.interference }

    func perform(_ scenario: @escaping @Sendable (Simulation.World) async throws -> Void) -> Outcome {
        OutsideWork.within(loop) { play(scenario) }
    }

    private func play(_ scenario: @escaping @Sendable (Simulation.World) async throws -> Void) -> Outcome {
        let ending = Ending()
        let world = world
        // Unstructured, because who runs the simulation does not suspend; it is run to its end below, or given up.
        let task = Task(executorPreference: loop) {
            let result: Result<Void, any Error>
            do {
                try await world.runtime.run { try await scenario(world) }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            ending.result.withLock { $0 = result }
        }
        let pause = loop.run(simulation.limits) { ending.result.withLock { $0 != nil } }
        // What has nothing to wait for is let end before anything is called left.
        if pause == .done { settle() }
        let problem = problem(pause, ending.result.withLock { $0 })
        let report = report
        windUp(task)
        return Outcome(problem: problem, report: report)
    }

    private func settle() {
        var limits = simulation.limits
        limits.steps = loop.stepCount + 10_000
        _ = loop.run(limits) { !loop.hasWork }
    }

    private func problem(_ pause: SimulationLoop.Pause, _ result: Result<Void, any Error>?) -> Simulation.Problem? {
        if case .failure(let error) = result { return .threw(error) }
        if loop.foreignCount > 0 { return .escaped(["\(loop.foreignCount) resumed from another thread"], standing) }
        if simulation.refusesOutsideTasks, !loop.outsideTasks.isEmpty { return .escaped(loop.outsideTasks, standing) }
        switch pause {
        case .stuck: return .stuck(standing)
        case .stepLimit: return .stepLimit(simulation.limits.steps, standing)
        case .timeLimit: return .timeLimit(simulation.limits.time, standing)
        case .foreign, .done: break
        }
        let standing = standing
        return simulation.allowsLeftovers || standing.isEmpty ? nil : .leftovers(standing)
    }

    private var standing: Simulation.Standing {
        Simulation.Standing(
            trees: interference.places.trees,
            waits: interference.waits.lines,
            deadlines: world.clock.pendingCount,
            tasks: interference.taskCount,
            outsideTasks: loop.outsideTasks
        )
    }

    private var report: Simulation.Report {
        Simulation.Report(
            seed: simulation.seed,
            events: world.events.timedLines,
            steps: loop.stepCount,
            duration: RuntimeInstant.origin.duration(to: world.clock.now),
            schedule: Simulation.Schedule(loop.decisions.taken),
            outsideTasks: loop.outsideTasks
        )
    }

    /// Ends what is left, so that no run leaves anything for the next.
    private func windUp(_ task: Task<Void, Never>) {
        loop.isWindingUp = true
        task.cancel()
        loop.takeForeign()
        let limits = Simulation.Limits(steps: loop.stepCount + 100_000, time: .seconds(1_000_000_000))
        // A tree may be at its start, and then another that a task begins.
        for _ in 0..<3 {
            interference.places.stopAll()
            _ = loop.run(limits) { !loop.hasWork && world.clock.next == nil }
        }
        loop.close()
        world.clock.serve(nil)
    }
}
