internal import Supervision

/// Runs a scenario, with everything that it starts, on one thread, in an order that a seed chooses, and in no time.
///
/// ```swift
/// try Simulation(seed: 4711).run { world in
///     let tree = try await Supervisor { Child(.users) { UserDirectory() } }.start()
///     …
///     try await tree.stop()
/// }
/// ```
///
/// The same seed gives the same run, event for event, in every build and every process. Time stands still while
/// anything can go on, and then jumps to the next deadline. To look for an order in which something fails, run many
/// seeds: ``explore(seeds:faults:limits:_:)``. A ``SimulationFailure`` tells the seed, the steps, and a shorter schedule
/// that fails alike.
///
/// What the scenario starts runs in the simulation if it goes through the runtime, as all of this library does, or
/// through structured concurrency (`async let`, task groups). A bare `Task { }` is taken in as well where the
/// concurrency runtime allows it, which it does unless the program is linked statically. What other threads, Dispatch,
/// the main actor and `Task.sleep` do is not: use ``World/sleep(for:)`` and the like.
///
/// Tasks go on in the order that the seed chooses wherever one waits, and before and after each call of a server and
/// each message. A task that casts twice in a row, or calls a plain actor, is not interrupted there.
public struct Simulation: Sendable {
    /// Where the order, the faults and all random numbers come from.
    public var seed: UInt64
    /// What goes wrong.
    public var faults: Faults
    /// When a run has gone on for too long.
    public var limits: Limits
    /// How many processors the runtime seems to have.
    public var processorCount = 4
    /// Whether a run fails in which a task was started outside of the runtime.
    public var refusesOutsideTasks = false
    /// Whether a run may leave servers, deadlines and tasks behind. They are stopped in any case.
    public var allowsLeftovers = false
    /// How often a scenario is run, at most, to find a simpler schedule when it has failed.
    public var shrinkingRuns = 400
    /// What the run is to decide, in place of the seed. The runtime's random numbers still come from the seed.
    public var schedule: Schedule?

    /// A simulation by a seed, and by the schedule of another run if there is one to run again.
    public init(
        seed: UInt64,
        schedule: Schedule? = nil,
        faults: Faults = .none,
        limits: Limits = .init()
    ) {
        self.seed = seed
        self.schedule = schedule
        self.faults = faults
        self.limits = limits
    }

    /// When a run has gone on for too long.
    public struct Limits: Sendable, Hashable {
        /// How many steps a run may take.
        public var steps: Int
        /// How long it may take, on its own clock.
        public var time: Duration

        /// At most so many steps, and so long a time.
        public init(steps: Int = 100_000, time: Duration = .seconds(30 * 24 * 3_600)) {
            self.steps = steps
            self.time = time
        }
    }

    /// What became of a run that did not fail.
    public struct Report: Sendable {
        /// The seed of the run.
        public let seed: UInt64
        /// What happened, a line for each event, with its time.
        public let events: [String]
        /// How many steps it took.
        public let steps: Int
        /// How long it took, on its own clock.
        public let duration: Duration
        /// What was decided.
        public let schedule: Schedule
        /// The tasks that were started outside of the runtime, in words.
        public let outsideTasks: [String]
    }

    /// Runs `scenario` once, on the calling thread, and returns when it and all that it has started have ended.
    ///
    /// The scenario's task has the task-local values of the caller.
    ///
    /// - Throws: ``SimulationFailure`` when the scenario throws, when nothing can go on, when something is left at its
    ///   end, or when a limit is reached.
    @discardableResult
    public func run(_ scenario: @escaping @Sendable (World) async throws -> Void) throws(SimulationFailure) -> Report {
        let outcome = SimulationRun(self, decisions, trace: nil).perform(scenario)
        guard let problem = outcome.problem else { return outcome.report }
        throw failure(problem, outcome.report.schedule, scenario)
    }

    private var decisions: Decisions {
        schedule.map { Decisions(replaying: $0) } ?? Decisions(seed: seed)
    }

    // MARK: After a failure

    private func failure(
        _ problem: Problem,
        _ found: Schedule,
        _ scenario: @escaping @Sendable (World) async throws -> Void
    ) -> SimulationFailure {
        guard replay(found, scenario)?.signature == problem.signature else {
            return SimulationFailure(
                seed: seed,
                problem: .notRepeatable(problem.description),
                schedule: found,
                shrunkSchedule: found,
                steps: [],
                events: []
            )
        }
        var shrinking = Shrinking(found, runs: shrinkingRuns)
        while let candidate = shrinking.next() {
            if replay(candidate, scenario)?.signature == problem.signature { shrinking.candidateFailed() }
        }
        let shrunk = Schedule(shrinking.best)
        let trace = StepTrace()
        let told = SimulationRun(self, Decisions(replaying: shrunk), trace: trace).perform(scenario)
        return SimulationFailure(
            seed: seed,
            problem: told.problem ?? problem,
            schedule: found,
            shrunkSchedule: shrunk,
            steps: trace.lines,
            events: told.report.events
        )
    }

    private func replay(
        _ schedule: Schedule,
        _ scenario: @escaping @Sendable (World) async throws -> Void
    ) -> Problem? {
        SimulationRun(self, Decisions(replaying: schedule), trace: nil).perform(scenario).problem
    }
}
