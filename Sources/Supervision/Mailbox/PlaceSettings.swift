/// What a supervisor that is reconfigured can change of a child's place (R77), beside how its server is made.
struct PlaceSettings: Sendable {
    var shutdown: Shutdown
    var restart = Restart.permanent
    var isSignificant = false
}

extension ServerPlace {
    /// The settings that hold now, for whoever has the lock.
    @inline(__always)
    func settings(_ state: borrowing MailboxState<Server>) -> PlaceSettings {
        state.knownRare?.settings ?? firstSettings
    }

    /// How the next life is made.
    var make: @Sendable () async throws -> Server {
        // A function that is handed on in code that is not specialized is wrapped each time.
        guard withState({ $0.knownRare?.mail != nil }) else { return firstMake }
        return withState { $0.knownRareMail?.make } ?? firstMake
    }

    var shutdown: Shutdown { withState { settings($0).shutdown } }

    /// What an event tells of the child beside its path; nil for a root, which is nobody's child.
    var offender: SupervisionEvent.Offender? {
        guard parent.path != nil else { return nil }
        let (current, incarnation) = withState { (settings($0), $0.incarnation) }
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
        guard let other = other as? ServerPlace<Server> else { return }
        withState { state in
            // Nobody lives there, so its own have not changed.
            state.rareMail.make = other.firstMake
            state.rare.settings = other.firstSettings
        }
    }
}
