/// What a server has done, for an operator (G17).
public struct ServerStatistics: Sendable {
    /// Where the server stands in the tree.
    public let path: String
    /// What it is doing.
    public let status: ServerStatus
    /// How many messages wait for their turn.
    public let mailboxDepth: Int
    /// Whether it handles nothing but requests of operators: see ``ServerRef/suspend(timeout:)``.
    public let isSuspended: Bool
    /// How often it has been started again, starts that failed included.
    public let restarts: Int
    /// How long its present incarnation has been running; nil when none is.
    public let uptime: Duration?
    /// What was noted since it has been observed; nil when it is not: see ``ServerRef/observe(log:trace:)``.
    public let observed: Observed?

    /// What is noted of a server while it is observed.
    public struct Observed: Sendable {
        /// For how long it has been observed, restarts included.
        public let time: Duration
        /// Messages that have come in, from others and from itself. Requests of operators are none.
        public let received: Int
        /// Messages that were turned away because the mailbox was full or the server about to end, and those that had
        /// come in and had to make room for others.
        public let refused: Int
        /// Messages that have been handled, well or not.
        public let handled: Int
        /// Messages that have ended the incarnation.
        public let failed: Int
        /// The time that it took to handle them, waits included.
        public let timeInHandlers: Duration
        /// The most messages that have waited at once.
        public let highWater: Int
    }
}

/// One message of a server's log: what kind it was, never what it said (S13).
public struct LoggedMessage: Sendable, CustomStringConvertible {
    /// How it came, and its type: `cast Counter.Message`, `call for Int`.
    public let message: String
    /// When it was begun.
    public let at: RuntimeInstant
    /// How long it was being handled, waits included.
    public let took: Duration
    /// Whether it has ended the incarnation.
    public let endedServer: Bool

    public var description: String {
        "\(message), \(took.shortDescription)\(endedServer ? ", ended the server" : "")"
    }
}

/// A step of a server that is traced: see ``ServerRef/observe(log:trace:)``.
public struct ServerTraceEvent: RuntimeEvent {
    /// What happens with the message.
    public enum Step: Sendable, Hashable {
        /// It is being handled.
        case began
        /// It has been handled, in this time.
        case ended(took: Duration)
        /// It has ended the incarnation, after this time.
        case failed(took: Duration)
    }

    /// Where the server stands in the tree.
    public let path: String
    /// How the message came, and its type.
    public let message: String
    /// What happens with it.
    public let step: Step

    public var level: EventLevel { .debug }

    public var description: String {
        switch step {
        case .began: "\(path) begins \(message)"
        case .ended(let time): "\(path) has handled \(message) in \(time.shortDescription)"
        case .failed(let time): "\(path) was ended by \(message) after \(time.shortDescription)"
        }
    }
}
