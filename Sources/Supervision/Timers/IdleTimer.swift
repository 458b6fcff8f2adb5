internal import Synchronization

/// Sends a message when a server has handled none for a time (G9). Any message that is begun meanwhile is its end.
final class IdleTimer<Server: GenServer>: DeadlineTarget, Cancellable {
    private let place: ServerPlace<Server>
    private let incarnation: Int
    private let message: Server.Message
    private let timeout: Duration
    /// How far the server had come when it was set.
    private let progress: Progress
    private let token = Mutex<TargetDeadline?>(nil)

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
        progress = place.withState { place.progress(of: $0) }
    }

    var isImmediate: Bool { timeout <= .zero }

    func arm() {
        let token = place.runtime.pendingDeadlines.schedule(at: place.runtime.now.advanced(by: timeout), self)
        self.token.withLock { $0 = token }
    }

    func cancel() {
        let token = token.withLock { token in
            defer { token = nil }
            return token
        }
        if let token { place.runtime.pendingDeadlines.cancel(token) }
    }

    func deadlinePassed(tag: UInt64) {
        switch place.idleTimerFired(self, since: progress, message, of: incarnation) {
        case .over, .waitForRest: break
        // The message that set it is still being handled: the server has not been idle yet.
        case .wait: arm()
        }
    }
}

extension IdleTimer: RestingTimer {}

/// Something that an incarnation has begun, and that is taken back when it ends.
protocol Cancellable: AnyObject, Sendable {
    func cancel()
}

/// One that may be set again when the server comes to rest.
protocol RestingTimer: Cancellable {
    func arm()
}

enum IdleAction {
    case over, wait
    /// Without any time to wait for it would be over again at once, and so on until the server rests.
    case waitForRest
}

/// How far a server has come with its messages: while it stands still, none has been begun. Requests of operators do not
/// count (G9).
struct Progress: Equatable {
    /// How many visits and batches there were, and how many letters of the last batch have been begun.
    var visits: UInt32
    var begun: Int
}

extension ServerPlace {
    /// Replaces the idle timer of `incarnation`; nil takes it back.
    func setIdleTimer(_ timer: IdleTimer<Server>?, of incarnation: Int) {
        let former = withState { state -> (any RestingTimer)? in
            guard state.isLive(incarnation), state.phase != .ending else { return timer }
            state.rare.belongings.isIdleTimerDue = false
            defer { state.rare.belongings.idleTimer = timer }
            return state.rare.belongings.idleTimer
        }
        if former !== timer { timer?.arm() }
        former?.cancel()
    }

    func idleTimerFired(
        _ timer: IdleTimer<Server>,
        since progress: Progress,
        _ message: Server.Message,
        of incarnation: Int
    ) -> IdleAction {
        var post = OwnPost()
        let action = withState { state -> IdleAction in
            guard state.isLive(incarnation), state.rare.belongings.idleTimer === timer,
                self.progress(of: state) == progress
            else { return .over }
            // Nothing has been begun, but something will be first: what waits, or waits for the end of a suspension.
            guard state.phase == .idle, !state.traits.contains(.isSuspended) else {
                guard timer.isImmediate else { return .wait }
                state.rare.belongings.isIdleTimerDue = true
                return .waitForRest
            }
            state.rare.belongings.idleTimer = nil
            let letter = Letter<Server>.own(message, incarnation: incarnation, timer: nil)
            post = letIn(letter, from: incarnation, &state)
            return .over
        }
        if let depth = post.highDepth { tellHigh(depth) }
        return action
    }

    /// The server has come to rest: an idle timer that has waited for that is over now.
    func armDueIdleTimer(_ state: inout MailboxState<Server>) {
        guard let rare = state.knownRare, rare.belongings.isIdleTimerDue else { return }
        rare.belongings.isIdleTimerDue = false
        rare.belongings.idleTimer?.arm()
    }

    func progress(of state: borrowing MailboxState<Server>) -> Progress {
        Progress(visits: state.visits, begun: begunCount)
    }
}
