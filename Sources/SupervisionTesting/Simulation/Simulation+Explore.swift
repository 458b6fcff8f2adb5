#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

extension Simulation {
    /// What became of an exploration in which nothing failed.
    public struct Exploration: Sendable, Hashable {
        /// How many seeds were run.
        public let runs: Int
        /// How many steps they took together.
        public let steps: Int
    }

    /// Runs `scenario` with each of the seeds, one after the other, until one fails.
    ///
    /// ```swift
    /// @Test func nothingIsLost() throws {
    ///     try Simulation.explore(seeds: 0..<1_000, faults: .init(crash: 0.05)) { world in … }
    /// }
    /// ```
    ///
    /// When the environment has a variable `SIMULATION_SEED`, that seed alone is run. To have Swift Testing run, and tell of,
    /// each seed as a case of its own:
    ///
    /// ```swift
    /// @Test(arguments: 0..<100 as Range<UInt64>) func nothingIsLost(seed: UInt64) throws {
    ///     try Simulation(seed: seed).run { world in … }
    /// }
    /// ```
    ///
    /// What a scenario expects with `#expect` is told for that run, but only what it throws fails the simulation, so that
    /// it is shrunk: use ``World/expect(_:_:file:line:)``, or `try #require`.
    ///
    /// - Throws: ``SimulationFailure`` of the first seed that fails; its description has the seed, the steps, and how
    ///   to run it again.
    @discardableResult
    public static func explore(
        seeds: Range<UInt64>,
        faults: Faults = .none,
        limits: Limits = .init(),
        _ scenario: @escaping @Sendable (World) async throws -> Void
    ) throws(SimulationFailure) -> Exploration {
        try Simulation(seed: 0, faults: faults, limits: limits).explore(seeds: seeds, scenario)
    }

    /// Runs `scenario` with each of the seeds, one after the other and otherwise as this simulation says, until one
    /// fails. When the environment has a variable `SIMULATION_SEED`, that seed alone is run.
    ///
    /// - Throws: ``SimulationFailure`` of the first seed that fails.
    @discardableResult
    public func explore(
        seeds: Range<UInt64>,
        _ scenario: @escaping @Sendable (World) async throws -> Void
    ) throws(SimulationFailure) -> Exploration {
        var simulation = self
        var (runs, steps) = (0, 0)
        for seed in Self.seedAskedFor.map({ $0..<$0 + 1 }) ?? seeds {
            simulation.seed = seed
            steps += try simulation.run(scenario).steps
            runs += 1
        }
        return Exploration(runs: runs, steps: steps)
    }

    /// The seed that whoever runs the tests asks for.
    private static var seedAskedFor: UInt64? {
        // Read and let go at once; nobody here writes to the environment.
        getenv("SIMULATION_SEED").flatMap { UInt64(String(cString: $0)) }
    }
}
