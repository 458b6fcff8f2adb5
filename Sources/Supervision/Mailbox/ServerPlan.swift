/// What a supervisor that is reconfigured can change of a child's place (R77).
struct ServerPlan<Server: GenServer>: Sendable {
    var make: @Sendable () async throws -> Server
    var shutdown: Shutdown
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

    /// The shutdown holds at once, the start function from the next life on.
    func adopt(_ other: any ManagedPlace) {
        guard let plan = (other as? ServerPlace<Server>)?.plan else { return }
        withState { $0.rare.plan = plan }
    }
}
