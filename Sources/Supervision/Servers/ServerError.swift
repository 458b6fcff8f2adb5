/// Why a message could not be answered by a server.
public enum ServerError: Error, Sendable {
    /// No server of that name, or in that place, is running. The text names it.
    case notRunning(String)
    /// The server's incarnation ended while the message was with it.
    case exited(ExitReason)
    /// No answer came within the call's time.
    case timedOut(after: Duration)
    /// The name leads to a server of another type: the name, and the type that was expected.
    case wrongServer(String, String)
    /// The name is a key of a ``Registry`` with duplicate keys, which many servers can hold (R91).
    case ambiguousName(String)
    /// The call would have waited for itself, through the servers at these paths (S12).
    case callCycle([String])
    /// The server's mailbox takes no more than that many letters (S17).
    case overloaded(limit: Int)
    /// The server serves what is queued and then ends; it takes no more (S14).
    case shuttingDown
    /// The start took longer than its specification allows (S9).
    case startTimedOut(after: Duration)
    /// A message took longer than the server's watchdog allows (S10).
    case messageTimedOut(after: Duration)
    /// A supervisor cannot be replaced by another instance.
    case notReplaceable(String)
    /// The ``Reply`` of a deferred call was dropped without an answer.
    case noReply
}

extension ServerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notRunning(let name):
            """
            no server '\(name)' is running: add a Child for it to a Supervisor that runs, or check the spelling of the \
            name; if its supervisor has stopped it, restartChild brings it back
            """
        case .exited(let reason): "the server ended before it answered: \(reason)"
        case .timedOut(let duration):
            """
            no answer within \(duration.shortDescription): the server was busy, restarting or hung; give the call a \
            longer timeout if that is how long it may take
            """
        case .wrongServer(let name, let expected):
            "the name '\(name)' belongs to a server that is no \(expected): two ServerNames share one spelling"
        case .ambiguousName(let name):
            """
            '\(name)' is a key that many servers can hold, so it is nobody's name: use lookup or dispatch of the registry, \
            or make it with keys: .unique
            """
        case .callCycle(let path):
            """
            the call would wait for itself: \(path.joined(separator: " → ")). A server handles one message at a time, and \
            a supervisor starts a group's children one after the other; break the circle with a cast, with context.task or \
            with a Reply that is given later, and list a child after those that its start calls
            """
        case .overloaded(let limit):
            """
            the server's mailbox is full, with \(limit) waiting: try again later, or allow more with \
            mailbox(limit:overflow:) of its Child
            """
        case .shuttingDown: "the server serves what is queued and then ends: it takes no more"
        case .startTimedOut(let duration):
            """
            the start took longer than \(duration.shortDescription): look for what it waits for, or allow more with \
            startTimeout(_:) of its Child
            """
        case .messageTimedOut(let duration):
            """
            a message took longer than \(duration.shortDescription): look for what it waits for, move long work to \
            context.task, or allow more with watchdog(_:) of the Child
            """
        case .notReplaceable(let name):
            "\(name) is a supervisor, which cannot be replaced by another instance: change its children instead"
        case .noReply: "the server dropped the Reply of a deferred call without an answer"
        }
    }
}
