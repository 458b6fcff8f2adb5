/// Why a supervised task did not give its result to whoever asked.
public enum TaskError: Error, Sendable, Equatable {
    /// The task at `path` was not started by the code that asks (R85).
    case notOwner(path: String)
    /// The result of the task at this path was taken, given up or ignored before (R85).
    case alreadyTaken(path: String)
    /// The task at `path` was not done in time.
    case timedOut(path: String, after: Duration)
}

extension TaskError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notOwner(let path):
            """
            the result of \(path) belongs to the server, or else to the Swift task, that has started it: ask for it there, \
            and hand the value on
            """
        case .alreadyTaken(let path):
            "the result of \(path) has been taken, given up or ignored before: keep the value, or ask once"
        case .timedOut(let path, let time):
            """
            \(path) was not done within \(time.shortDescription): give it a longer timeout, or ask with yield, which leaves \
            it running
            """
        }
    }
}
