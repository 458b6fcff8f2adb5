internal import Synchronization

/// Sends a message when a server has handled none for a time (G9). Any message that is begun meanwhile is its end.
final class IdleTimer<Server: GenServer>: DeadlineTarget {
    private let place: ServerPlace<Server>
    private let incarnation: Int
    private let message: Server.Message
    private let timeout: Duration
    /// The state's count of visits when it was set.
    private let visits: UInt32
    private let token = Mutex<DeadlineQueue.Token?>(nil)

    init(
        place: ServerPlace<Server>,
        incarnation: Int,
        message: Server.Message,
        timeout: Duration
    ) {
        self.place = place
        self.incarnation = incarnation
        self.message = message
        self.timeout = timeout
        visits = place.withState(\.visits)
    }

    func arm() {
        let token = place.runtime.deadlines.schedule(at: place.runtime.now.advanced(by: timeout), self)
        self.token.withLock { $0 = token }
    }

    func cancel() {
        let token = token.withLock { token in
            defer { token = nil }
            return token
        }
        if let token { place.runtime.deadlines.cancel(token) }
    }

    func deadlinePassed(tag: UInt64) {
        switch place.idleTimerFired(self, visits: visits, message, of: incarnation) {
        case .over: break
        // The message that set it is still being handled: the server has not been idle yet.
        case .wait: arm()
        }
    }
}

enum IdleAction {
    case over, wait
}

extension ServerPlace {
    /// Replaces the idle timer of `incarnation`; nil takes it back.
    func setIdleTimer(_ timer: IdleTimer<Server>?, of incarnation: Int) {
        let former = withState { state -> IdleTimer<Server>? in
            guard state.isLive(incarnation), state.phase != .ending else { return timer }
            defer { state.rare.belongings.idleTimer = timer }
            return state.rare.belongings.idleTimer
        }
        if former !== timer { timer?.arm() }
        former?.cancel()
    }

    func idleTimerFired(
        _ timer: IdleTimer<Server>,
        visits: UInt32,
        _ message: Server.Message,
        of incarnation: Int
    ) -> IdleAction {
        withState { state in
            guard state.isLive(incarnation), state.rare.belongings.idleTimer === timer,
                state.visits == visits
            else { return .over }
            guard state.phase == .idle else { return state.waiting.isEmpty ? .wait : .over }
            state.rare.belongings.idleTimer = nil
            let letter = Letter<Server>.own(message, incarnation: incarnation, timer: nil)
            if state.postOwn(letter, from: incarnation) == .wake { wake(&state) }
            return .over
        }
    }
}
