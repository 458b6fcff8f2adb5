/// When a child that has ended is started again (R20).
public enum Restart: String, Sendable, Codable {
    /// Always.
    case permanent
    /// Only when it crashed: see ``ExitReason/isClean``.
    case transient
    /// Never; its specification is dropped when it ends.
    case temporary
}

/// How long a child is given to stop (R51).
///
/// A child that is asked to stop finishes nothing: what it runs is cancelled, and its `terminate` follows. When the
/// time is over and its code still runs, the child is given up: it is fenced off, reported as unstoppable and listed
/// as a zombie until it ends (S3).
public enum Shutdown: Sendable, Hashable {
    /// At most this long.
    case timeout(Duration)
    /// As long as it takes: for supervisors, which must stop their own children (R56).
    case infinity
    /// No time at all, and no `terminate` (R52).
    case brutalKill
}

/// Which other children are restarted together with one that ended.
public enum Strategy: String, Sendable, Codable {
    /// None (R40).
    case oneForOne = "one-for-one"
    /// All of them (R42).
    case oneForAll = "one-for-all"
    /// Those that were started after it (R41).
    case restForOne = "rest-for-one"
}

/// How many restarts a supervisor makes before it gives up (R30).
public struct RestartIntensity: Sendable, Hashable {
    /// How many restarts are allowed within the period; one more, and the supervisor gives up.
    public var restarts: Int
    /// The period, of which both edges count (S5).
    public var period: Duration

    /// At most `restarts` restarts within any `period`. 0 restarts: the first crash is one too many (R31).
    public init(_ restarts: Int, within period: Duration) {
        self.restarts = restarts
        self.period = period
    }
}

/// What kind of child it is.
public enum ChildKind: Hashable, Sendable, CustomStringConvertible {
    /// A server, by the name of its type.
    case server(String)
    /// A function: see ``Worker``.
    case worker
    /// A nested supervisor.
    case supervisor

    public var description: String {
        switch self {
        case .server(let type): type
        case .worker: "worker"
        case .supervisor: "supervisor"
        }
    }
}
