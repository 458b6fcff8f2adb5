internal import Synchronization

/// Someone who wants to know when an incarnation ends. It is told once.
protocol ExitObserver: AnyObject, Sendable {
    func ended(_ reason: ExitReason)
}

/// A place as seen by a monitor or a link of a server elsewhere, whatever kind of server lives there.
protocol WatchedPlace: AnyObject, Sendable {
    /// What an error calls the server.
    var label: String { get }
    func observe(_ observer: any ExitObserver) -> (incarnation: Int, past: ExitReason?)
    func forget(_ observer: any ExitObserver)
    func exit(_ reason: ExitReason, of incarnation: Int?)
}

extension ServerPlace: WatchedPlace {}

/// What an incarnation watches, and stops watching when it ends.
protocol Watch: AnyObject, Sendable {
    func stop()
}

/// Turns the end of another server into a message.
final class ServerMonitor<Server: GenServer>: ExitObserver, Watch {
    private let place: ServerPlace<Server>
    private let incarnation: Int
    private let other: (any WatchedPlace)?
    private let message: @Sendable (ExitReason) -> Server.Message
    private let isOver = Atomic(false)

    init(
        place: ServerPlace<Server>,
        incarnation: Int,
        other: (any WatchedPlace)?,
        message: @escaping @Sendable (ExitReason) -> Server.Message
    ) {
        self.place = place
        self.incarnation = incarnation
        self.other = other
        self.message = message
    }

    /// Begins to watch. A server that is not there is told of at once.
    func begin(otherwise absent: ExitReason) {
        guard place.keep(self, of: incarnation) else { return }
        guard let other else { return ended(absent) }
        if let past = other.observe(self).past { ended(past) }
    }

    func ended(_ reason: ExitReason) {
        guard !isOver.exchange(true, ordering: .relaxed) else { return }
        place.forgetWatch(self, of: incarnation)
        place.postOwn(message(reason), from: incarnation)
    }

    func stop() {
        isOver.store(true, ordering: .relaxed)
        other?.forget(self)
        place.forgetWatch(self, of: incarnation)
    }
}

/// One direction of a link: when the place that it observes ends, the one that it ties to it ends for the same reason,
/// unless that was that its work was done.
final class Link: ExitObserver, Watch {
    private let observed: any WatchedPlace
    private let tied: any WatchedPlace
    private let incarnation: Int

    init(observed: any WatchedPlace, tied: any WatchedPlace, incarnation: Int) {
        self.observed = observed
        self.tied = tied
        self.incarnation = incarnation
    }

    func ended(_ reason: ExitReason) {
        if case .normal = reason { return }
        tied.exit(reason, of: incarnation)
    }

    func stop() {
        observed.forget(self)
    }
}

extension ServerPlace {
    /// False when the incarnation is over.
    func keep(_ watch: any Watch, of incarnation: Int) -> Bool {
        withState { state in
            guard state.isLive(incarnation), state.phase != .ending else { return false }
            state.rare.belongings.watches[ObjectIdentifier(watch)] = watch
            return true
        }
    }

    func forgetWatch(_ watch: any Watch, of incarnation: Int) {
        withState { state in
            guard state.incarnation == incarnation else { return }
            state.knownRare?.belongings.watches[ObjectIdentifier(watch)] = nil
        }
    }

    /// Ties this incarnation and that of another place to each other.
    func link(_ incarnation: Int, to other: any WatchedPlace) {
        let onOther = Link(observed: other, tied: self, incarnation: incarnation)
        guard keep(onOther, of: incarnation) else { return }
        let (otherIncarnation, past) = other.observe(onOther)
        if let past {
            forgetWatch(onOther, of: incarnation)
            // That it had done its work before does not make up for it not being there.
            if case .normal = past { return exit(.error(ServerError.notRunning(other.label)), of: incarnation) }
            return exit(past, of: incarnation)
        }
        let onThis = Link(observed: self, tied: other, incarnation: otherIncarnation)
        if let past = observe(onThis).past { onThis.ended(past) }
    }
}
