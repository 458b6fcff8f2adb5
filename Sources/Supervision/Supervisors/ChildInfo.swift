/// What a supervisor knows of one child.
public struct ChildInfo: Sendable {
    /// The child's id within its supervisor; in a dynamic supervisor with a number of its own, such as `session#17`.
    public let id: ChildID
    /// Where it stands in the tree.
    public let path: String
    /// What kind of child it is.
    public let kind: ChildKind
    /// When it is started again after it has ended.
    public let restart: Restart
    /// How long it is given to stop.
    public let shutdown: Shutdown
    /// Whether its end can end its supervisor (R60).
    public let significant: Bool
    /// What it is doing.
    public let status: ServerStatus
    /// How often it has been started again.
    public let restarts: Int
    /// How many of its incarnations were given up and have not ended yet (S3).
    public let zombies: Int
    /// How many messages wait for their turn.
    public let mailboxDepth: Int

    init(_ slot: SupervisorState.Slot, _ place: any ManagedPlace) {
        id = slot.id
        path = place.path
        kind = place.kind
        restart = slot.restart
        shutdown = place.shutdown
        significant = slot.isSignificant
        restarts = Int(slot.restarts)
        zombies = Int(slot.zombies)
        mailboxDepth = place.depth
        switch (slot.life, place.status) {
        // Between two attempts the place itself is merely vacant.
        case (.restarting, .running), (.restarting, .stopped): status = .restarting(attempt: max(1, Int(slot.attempts)))
        case (_, let other): status = other
        }
    }

    init(_ slot: DynamicSupervisorState.Slot, _ place: any ManagedPlace, zombies: Int) {
        id = place.ownID
        path = place.path
        kind = place.kind
        restart = slot.restart
        shutdown = place.shutdown
        significant = false
        restarts = Int(slot.restarts)
        self.zombies = zombies
        mailboxDepth = place.depth
        switch (slot.life, place.status) {
        case (.waiting, .running), (.waiting, .stopped): status = .restarting(attempt: 1)
        case (_, let other): status = other
        }
    }
}

/// How many children a supervisor has (R74), and how near it is to giving up.
public struct ChildCounts: Sendable, Hashable {
    /// All children, running or not.
    public var specs: Int
    /// Those that run.
    public var active: Int
    /// Those that are supervisors, running or not.
    public var supervisors: Int
    /// Those that are servers or workers, running or not.
    public var workers: Int
    /// Incarnations that were given up and have not ended yet (S3).
    public var zombies: Int
    /// How many restarts of the recent past counted against the intensity when the last one was made (R30).
    public var recentRestarts: Int

    init(_ machine: DynamicSupervisorState) {
        specs = machine.slots.count
        active = machine.activeCount
        supervisors = machine.supervisorCount
        workers = specs - supervisors
        zombies = machine.zombieCount
        recentRestarts = machine.history.count
    }

    init(_ machine: SupervisorState) {
        let slots = machine.slots
        specs = slots.count
        supervisors = slots.count { $0.isSupervisor }
        workers = specs - supervisors
        active = slots.count { slot in
            switch slot.life {
            case .running, .stopping: true
            case .down, .starting, .exited, .restarting: false
            }
        }
        zombies = slots.reduce(0) { $0 + Int($1.zombies) } + machine.departed.values.reduce(0, +)
        recentRestarts = machine.history.count
    }
}
