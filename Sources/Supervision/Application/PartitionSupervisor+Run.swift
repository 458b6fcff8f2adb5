extension PartitionSupervisor {
    /// Runs the supervisor as the top of a tree of its own, and returns when it has ended:
    /// see ``Supervisor/run(as:in:stoppingOn:)``.
    ///
    /// - Parameters:
    ///   - id: the first part of every path in the tree, and the name of the supervisor, unless another tree in the
    ///     runtime has it.
    ///   - runtime: the world that the tree lives in.
    ///   - signals: the signals that stop the tree; none to leave them to someone else.
    /// - Throws: as that.
    public nonisolated func run(
        as id: ChildID = "app",
        in runtime: Runtime = .current,
        stoppingOn signals: Set<StopSignal> = [.terminate, .interrupt]
    ) async throws {
        try await Root.run(self, as: id, in: runtime, stoppingOn: signals)
    }

    /// Starts the supervisor as the top of a tree of its own: see ``Supervisor/start(as:in:)``.
    ///
    /// - Parameters:
    ///   - id: the first part of every path in the tree.
    ///   - runtime: the world that the tree lives in.
    /// - Throws: as that.
    public nonisolated func start(
        as id: ChildID = "app",
        in runtime: Runtime = .current
    ) async throws -> ServerRef<PartitionSupervisor> {
        try await Root.start(self, as: id, in: runtime)
    }
}
