/// The state of a server that behaves differently from state to state, with what belongs to that: messages that are put
/// off until the state changes, and timeouts of a state (G20).
///
/// Keep one in the server, and switch over the state and the message:
///
/// ```swift
/// actor Door: GenServer {
///     enum State { case locked, open }
///     enum Message: Sendable { case push, code(Int), lock }
///     private var door = ServerStates<Door, State>(.locked)
///
///     func handle(_ message: Message, _ context: ServerContext<Door>) {
///         switch (door.state, message) {
///         case (.locked, .code(4711)):
///             door.transition(to: .open, context)
///             door.setStateTimeout(.seconds(10), .lock, context)
///         case (.open, .lock): door.transition(to: .locked, context)
///         case (.locked, .push): door.postpone(message)      // comes again when the door is open
///         case (.open, .push), (_, .code), (.locked, .lock): break
///         }
///     }
/// }
/// ```
///
/// What the other parts of a state machine need is there already: an event of its own that comes before all that is
/// queued is ``ServerContext/continue(with:)``, a timeout that any message ends is
/// ``ServerContext/idleTimeout(_:_:)``, and an answer that is given in a later state is a ``Reply`` kept in the message
/// or in the state.
///
/// It lives with the incarnation: what was put off is lost with it, and its timeouts end.
public struct ServerStates<Server: GenServer, State: Equatable & Sendable>: Sendable {
    /// The state that the server is in.
    public private(set) var state: State
    private var postponed: [Server.Message] = []
    private var stateTimeout: TimerToken?
    private var timeouts: [String: TimerToken] = [:]

    /// How many messages are put off.
    public var postponedCount: Int { postponed.count }

    /// A server that begins in `state`.
    public init(_ state: State) {
        self.state = state
    }

    /// Moves to another state: ends the timeout of the old one, and has what was put off handled again, in its order
    /// and before all that is queued. Does nothing when the server is in that state already.
    ///
    /// - Parameters:
    ///   - next: the state that the server is in from now on.
    ///   - context: the context that the handler has got.
    ///   - onEntry: runs once in the new state, before anything is handled in it.
    public mutating func transition(
        to next: State,
        _ context: ServerContext<Server>,
        onEntry: () throws -> Void = {}
    ) rethrows {
        guard next != state else { return }
        state = next
        stateTimeout?.cancel()
        stateTimeout = nil
        let messages = postponed
        postponed = []
        for message in messages { context.continue(with: message) }
        try onEntry()
    }

    /// Puts a message off until the state changes.
    public mutating func postpone(_ message: Server.Message) {
        postponed.append(message)
    }

    /// Sends `message` to the server once `timeout` has passed, unless the state changes before. It replaces the
    /// timeout that was set before; nil merely takes that back.
    public mutating func setStateTimeout(
        _ timeout: Duration?,
        _ message: Server.Message,
        _ context: ServerContext<Server>
    ) {
        stateTimeout?.cancel()
        stateTimeout = timeout.map { context.send(message, after: $0) }
    }

    /// Sends `message` to the server once `timeout` has passed, whatever its state is then. It replaces the timeout of
    /// that name; nil merely takes that back.
    public mutating func setTimeout(
        _ name: String,
        _ timeout: Duration?,
        _ message: Server.Message,
        _ context: ServerContext<Server>
    ) {
        timeouts.removeValue(forKey: name)?.cancel()
        if let timeout { timeouts[name] = context.send(message, after: timeout) }
    }
}
