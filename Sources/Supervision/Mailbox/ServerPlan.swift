/// What a supervisor that is reconfigured can change of a child's place (R77).
struct ServerPlan<Server: GenServer>: Sendable {
    var make: @Sendable () async throws -> Server
    var shutdown: Shutdown
    var restart = Restart.permanent
    var isSignificant = false
}

extension ServerPlace {
    /// The plan that holds now.
    var plan: ServerPlan<Server> { withState { plan($0) } }

    /// The plan that holds now, for whoever has the lock.
    func plan(_ state: MailboxState<Server>) -> ServerPlan<Server> {
        guard state.hasRareFields, let changed = state.rare.plan else { return firstPlan }
        return changed
    }

    var shutdown: Shutdown { plan.shutdown }

    /// What an event tells of the child beside its path; nil for a root, which is nobody's child.
    var offender: SupervisionEvent.Offender? {
        guard parent.path != nil else { return nil }
        let (current, incarnation) = withState { (plan($0), $0.incarnation) }
        return SupervisionEvent.Offender(
            id: ownID,
            child: kind,
            incarnation: incarnation,
            restart: current.restart,
            significant: current.isSignificant,
            shutdown: current.shutdown
        )
    }

    /// An event of the child.
    func event(_ kind: SupervisionEvent.Kind) -> SupervisionEvent {
        SupervisionEvent(path: path, child: self.kind, kind: kind, crash: crash(toldBy: kind), offender: offender)
    }

    /// The shutdown holds at once, the start function from the next life on.
    func adopt(_ other: any ManagedPlace) {
        guard let plan = (other as? ServerPlace<Server>)?.plan else { return }
        withState { $0.rare.plan = plan }
    }
}
