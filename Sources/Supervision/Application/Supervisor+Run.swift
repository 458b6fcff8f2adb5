extension Supervisor {
    /// Starts the tree, and returns when it has ended: an application's `main`.
    ///
    /// It ends on SIGTERM and SIGINT, when it is stopped, when the calling task is cancelled, or when it gives up. In
    /// each case the children are stopped first, in reverse start order, each within its shutdown time (R50). A second
    /// signal ends the process at once, by that signal.
    ///
    /// While it runs, `ServerRef(.app)` is the address of the tree's topmost supervisor:
    ///
    /// ```swift
    /// print(try await ServerRef(.app).tree())
    /// ```
    ///
    /// - Parameters:
    ///   - id: the first part of every path in the tree, and the name of its topmost supervisor, unless another tree in
    ///     the runtime has it.
    ///   - runtime: the world that the tree lives in.
    ///   - signals: the signals that stop the tree; none to leave them to someone else.
    /// - Throws: ``SupervisorError/reachedMaximumIntensity(path:_:lastReason:)`` when it gave up,
    ///   ``SupervisorError/childFailedToStart(path:_:)`` when a child could not be started at first, `invalid` when the
    ///   specifications cannot be; the error of an abnormal reason that it was told to exit with.
    public nonisolated func run(
        as id: ChildID = "app",
        in runtime: Runtime = .current,
        stoppingOn signals: Set<StopSignal> = [.terminate, .interrupt]
    ) async throws {
        try await Root.run(self, as: id, in: runtime, stoppingOn: signals)
    }

    /// Starts the tree and returns when its last child runs. It then lives until it is stopped or gives up.
    ///
    /// ```swift
    /// let tree = try await Supervisor { Child(.users) { UserDirectory() } }.start()
    /// print(try await tree.tree())
    /// try await tree.stop()
    /// ```
    ///
    /// When the calling task is cancelled, what has been started is stopped again.
    ///
    /// - Parameters:
    ///   - id: the first part of every path in the tree.
    ///   - runtime: the world that the tree lives in.
    /// - Throws: as ``run(as:in:stoppingOn:)`` for a start that fails; `CancellationError`.
    public nonisolated func start(
        as id: ChildID = "app",
        in runtime: Runtime = .current
    ) async throws -> ServerRef<Supervisor> {
        try await Root.start(self, as: id, in: runtime)
    }
}

extension ServerName where Server == Supervisor {
    /// The topmost supervisor of the application's tree.
    public static var app: Self { .init("app") }
}
