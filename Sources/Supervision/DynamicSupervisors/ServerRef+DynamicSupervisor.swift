extension ServerRef where Server == DynamicSupervisor {
    /// Starts a server, and gives its address when it runs.
    ///
    /// ```swift
    /// let session = try await sessions.startChild("session", restart: .temporary) { Session(of: user) }
    /// ```
    ///
    /// Many starts run side by side: none waits for another, and none holds the supervisor up (S8). The call waits as
    /// long as the start takes. When the caller is cancelled it returns at once; the child starts all the same, unless
    /// the supervisor had not come to the request yet.
    ///
    /// - Parameters:
    ///   - id: what the child is called in paths, where a number follows it, such as `app/sessions/session#17`. Many
    ///     children may have the same (R82). Nil for the name of the server's type.
    ///   - restart: when it is started again after it has ended. One that is not is gone.
    ///   - shutdown: how long it is given to stop; nil for 5 seconds, and for as long as it takes with a supervisor.
    ///   - backoff: how long to wait before a restart; nil for not at all.
    ///   - start: makes the server, anew for each incarnation. Throwing is a failed start.
    /// - Throws: ``SupervisorError``: `startFailed` with what the start threw, in which case nothing is kept (R83),
    ///   `tooManyChildren` (R80), `invalid` for a specification that cannot be, `shuttingDown`; ``Ignore`` when the
    ///   start said so: nothing is kept then, and there is nothing to be reached (R12).
    @inlinable
    @discardableResult
    public func startChild<Other: GenServer>(
        _ id: ChildID? = nil,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        backoff: Backoff? = nil,
        start: @escaping @Sendable () async throws -> Other
    ) async throws -> ServerRef<Other> {
        let id = id ?? ChildID("\(Other.self)")
        let child = Child(id, restart: restart, shutdown: shutdown, backoff: backoff, start: start)
        return try await startChild(child, as: Other.self)
    }

    /// Starts a server that is registered under a name, and otherwise as one with an id.
    ///
    /// - Throws: as for one with an id; `nameTaken` when another server of the runtime has the name.
    @inlinable
    @discardableResult
    public func startChild<Other: GenServer>(
        _ name: ServerName<Other>,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        backoff: Backoff? = nil,
        start: @escaping @Sendable () async throws -> Other
    ) async throws -> ServerRef<Other> {
        let child = Child(name, restart: restart, shutdown: shutdown, backoff: backoff, start: start)
        return try await startChild(child, as: Other.self)
    }

    /// Starts a child with all that its specification asks for, and gives the address of the server that it makes.
    ///
    /// ```swift
    /// let session = try await sessions.startChild(
    ///     Child("session") { Session(of: user) }.mailbox(limit: 100),
    ///     as: Session.self
    /// )
    /// ```
    ///
    /// - Throws: as for one with an id; `invalid` when the child is another kind of server.
    @discardableResult
    public func startChild<Other: GenServer>(
        _ specification: some ChildSpecification,
        as server: Other.Type
    ) async throws -> ServerRef<Other> {
        let child = specification.child
        let answer = try await request { (supervisor: isolated DynamicSupervisor, reply) in
            try supervisor.add(child, reply, isExpected: child.serverType == Other.self)
        }
        guard case .started(let place, let start) = answer else { throw ServerError.noReply }
        if start.isIgnored { throw Ignore() }
        // A child whose server is of another type is refused. To ask once more would look the type up at run time.
        return ServerRef<Other>(place: unsafeDowncast(place, to: ServerPlace<Other>.self))
    }

    /// Starts a child of whichever kind, such as a ``Worker``.
    ///
    /// - Returns: the id by which `children()` lists it and `terminateChild(_:)` finds it; and whether it
    ///   runs, or its start said ``Ignore`` and nothing is kept.
    @discardableResult
    public func startChild(_ specification: some ChildSpecification) async throws -> DynamicChildStart {
        let child = specification.child
        let answer = try await request { (supervisor: isolated DynamicSupervisor, reply) in
            try supervisor.add(child, reply, isExpected: true)
        }
        guard case .started(let place, let start) = answer else { throw ServerError.noReply }
        return DynamicChildStart(id: place.ownID, start: start)
    }

    /// Stops a child for good, within its shutdown time, and returns when it is gone.
    ///
    /// A child that waits for a restart is removed at once and stays away (R72).
    ///
    /// - Throws: ``SupervisorError/notAChild(_:)``; ``ServerError/callCycle(_:)`` when the child itself asks, or a server
    ///   that it waits for: `throw Exit(.normal)` is how a server ends itself.
    public func terminateChild<Other: GenServer>(_ child: ServerRef<Other>) async throws {
        guard let place = child.place else { throw SupervisorError.notAChild(child.label) }
        let turn = Turn.current
        _ = try await request { (supervisor: isolated DynamicSupervisor, reply) in
            try supervisor.terminate(place, for: turn, reply)
        }
    }

    /// Stops a child for good, as ``terminateChild(_:)-(ServerRef<Other>)`` does.
    ///
    /// - Parameter id: the id by which `children()` lists it, with its number: the last part of its path.
    /// - Throws: as that.
    public func terminateChild(_ id: ChildID) async throws {
        let turn = Turn.current
        _ = try await request { (supervisor: isolated DynamicSupervisor, reply) in
            try supervisor.terminate(id, for: turn, reply)
        }
    }

    /// The children, newest first. Those that start or wait for a restart are among them.
    public func children() async throws -> [ChildInfo] {
        try await call { $0.residents.map { $0.info } }
    }

    /// How many children there are (R74). This costs the same however many that is.
    ///
    /// `specs` counts all, also those that start or wait for a restart; `active` only those that run.
    public func counts() async throws -> ChildCounts {
        try await call { $0.counts }
    }

    /// The tree from here down, as it is now.
    public func tree() async throws -> TreeSnapshot {
        try await snapshot()
    }
}

/// What came of a child that a dynamic supervisor was asked to start.
public struct DynamicChildStart: Sendable {
    /// The id by which the child is listed, with its number: the last part of its path.
    public let id: ChildID
    /// Whether it runs, with what its start had to tell (R11), or its start said ``Ignore`` and nothing is kept (R12).
    public let start: ChildStart
}
