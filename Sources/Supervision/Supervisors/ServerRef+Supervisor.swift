extension ServerRef where Server == Supervisor {
    /// Starts a child, last in the start order, and returns when it runs (R15).
    ///
    /// A child added at run time is lost when the supervisor itself is restarted (R76). The call waits as long as the
    /// start takes. When the caller is cancelled it returns at once; the child starts all the same, unless the
    /// supervisor had not come to the request yet.
    ///
    /// - Throws: ``ServerError/callCycle(_:)`` when a child of this supervisor asks in its own start;
    ///   ``SupervisorError``: `alreadyStarted` or `alreadyPresent` for an id that is there, `startFailed` with
    ///   what the start threw, in which case the child is not kept, `invalid` for a specification that cannot be.
    /// - Returns: whether it runs, with what its `started` had to tell (R11); or that its start said ``Ignore``, which
    ///   is no error: the child is kept with no process, unless it is temporary (R12).
    @discardableResult
    public func startChild(_ child: Child) async throws -> ChildStart {
        try checkForCycle()
        let start = try await request { (supervisor: isolated Supervisor, reply) in
            try supervisor.add(child, reply)
        }
        return start ?? .running(info: nil)
    }

    /// Starts a worker, last in the start order: see ``startChild(_:)-(Child)``.
    @discardableResult
    public func startChild(_ worker: Worker) async throws -> ChildStart {
        try await startChild(worker.child)
    }

    /// Stops a child within its shutdown time, and keeps its specification unless it is temporary (R70).
    ///
    /// A child that waits for a restart stops doing so. One that is down already stays so.
    ///
    /// - Throws: ``SupervisorError``: `notFound`, `shuttingDown`.
    public func terminateChild(_ id: ChildID) async throws {
        _ = try await request { $0.terminateChild(id, $1, now: $2) }
    }

    /// Starts a child that is down, and returns when it runs. It counts as no restart (R70).
    ///
    /// - Throws: ``SupervisorError``: `running`, `restarting`, `notFound`, `shuttingDown`; `startFailed` with what the
    ///   start threw, in which case the child stays down (R71).
    /// - Returns: whether it runs, with what its `started` had to tell (R11), or its start said ``Ignore`` and it
    ///   stays down (R12).
    @discardableResult
    public func restartChild(_ id: ChildID) async throws -> ChildStart {
        try await request { $0.restartChild(id, $1, now: $2) } ?? .running(info: nil)
    }

    /// Drops the specification of a child that is down (R70).
    ///
    /// - Throws: ``SupervisorError``: `running`, `restarting`, `notFound`, `shuttingDown`.
    public func deleteChild(_ id: ChildID) async throws {
        _ = try await request { $0.deleteChild(id, $1, now: $2) }
    }

    /// Changes the settings of the supervisor and the specifications of its children while it runs (R77).
    ///
    /// ```swift
    /// try await ServerRef(.app).reconfigure(intensity: .init(10, within: .seconds(60))) {
    ///     Child(.users, shutdown: .timeout(.seconds(30))) { UserDirectory() }
    /// }
    /// ```
    ///
    /// A setting that is nil stays as it is. Of the children that are listed, one whose id is known goes on living and
    /// gets the new specification: its shutdown holds at once; its start function, restart, significance, back-off, limit
    /// and policy from the next time that they are asked for, which for a restart that is under way is the one after it.
    /// Its server's type, its name and what the functions of its mailbox have set (``ChildSpecification/mailbox(limit:overflow:highWater:)``,
    /// ``ChildSpecification/drain(for:)`` and their like) stay as they were. A child whose id is new is kept without
    /// being started, last in the start order: `restartChild` starts it, and so does the restart of its group. One that
    /// is not listed stays as it is.
    ///
    /// The restarts of the recent past still count. A significant child that is not listed stays significant, and
    /// merely triggers nothing while `autoShutdown` is `.never`. Like what `startChild` has added, all this is lost when
    /// the supervisor itself is restarted (R76).
    ///
    /// During a restart of a group it waits until that is over. When the caller is cancelled it returns at once, and the
    /// change is made all the same, unless the supervisor had not come to it yet.
    ///
    /// - Throws: ``SupervisorError``: `invalid` for what cannot be, and for a child whose server is of another type than
    ///   before; `shuttingDown`. Then nothing has changed. ``ServerError/callCycle(_:)`` as with `startChild`; what
    ///   `children` throws.
    public func reconfigure(
        strategy: Strategy? = nil,
        intensity: RestartIntensity? = nil,
        autoShutdown: Supervisor.AutoShutdown? = nil,
        @ChildrenBuilder children: @Sendable () throws -> [Child] = { [] }
    ) async throws {
        let children = try children()
        let change = SupervisorState.Reconfiguration(
            strategy: strategy,
            intensity: intensity,
            autoShutdown: autoShutdown
        )
        try checkForCycle()
        _ = try await request { (supervisor: isolated Supervisor, reply) in
            try supervisor.reconfigure(change, children, reply)
        }
    }

    private func request(
        _ event:
            @escaping @Sendable (inout SupervisorState, SupervisorState.RequestID, RuntimeInstant)
            -> [SupervisorState.Action]
    ) async throws -> ChildStart? {
        try checkForCycle()
        return try await request { (supervisor: isolated Supervisor, reply) in
            try supervisor.request(reply, event)
        }
    }

    /// A child that asks for a change while it is started would wait for the supervisor, which waits for it (S12).
    private func checkForCycle() throws(ServerError) {
        if let path = Turn.current?.cycle(to: try resolve(), awaiting: .change) { throw .callCycle(path) }
    }

    /// The children, newest first (R73).
    public func children() async throws -> [ChildInfo] {
        try await call { $0.residents.map { $0.info } }
    }

    /// How many children there are (R74).
    public func counts() async throws -> ChildCounts {
        try await call { $0.counts }
    }

    /// The tree from here down, as it is now. Each supervisor in it answers for its own children, one after the other;
    /// one that does not answer is shown without them.
    public func tree() async throws -> TreeSnapshot {
        try await snapshot()
    }
}

extension Duration {
    /// Longer than any process lives.
    static var unbounded: Duration { .seconds(Int64.max) }
}
