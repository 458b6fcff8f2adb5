/// Why a supervisor could not be started, or did not do what it was asked.
public enum SupervisorError: Error, Sendable {
    /// A child, by its path, could not be started, and the children before it have been stopped again (R13). The
    /// error is what its start threw; a nested supervisor's is another of these.
    case childFailedToStart(path: String, any Error)
    /// Restarts came faster than the intensity allows (R33). The child, by its path, is the one that ended last.
    case reachedMaximumIntensity(path: String, RestartIntensity, lastReason: ExitReason)
    /// A specification or a setting that cannot be: the field, the value that it had, and what is allowed there.
    case invalid(field: String, value: String, expected: String)
    /// The child could not be started on request; it is not kept (R15, R71).
    case startFailed(ChildID, any Error)
    /// A child of that id runs.
    case alreadyStarted(ChildID)
    /// A child of that id is there, but does not run: bring it back with `restartChild`, or `deleteChild` it first.
    case alreadyPresent(ChildID)
    /// The child runs: terminate it first.
    case running(ChildID)
    /// The child is being restarted.
    case restarting(ChildID)
    /// There is no child of that id; these are there.
    case notFound(ChildID, known: [ChildID])
    /// The server is no child of this dynamic supervisor: it never was one, or it has ended.
    case notAChild(String)
    /// A dynamic supervisor has as many children as it may have (R80).
    case tooManyChildren(limit: Int)
    /// The partition supervisor of that name, or at that path, has been resized to no partitions (R89).
    case noPartitions(String)
    /// Another server in the runtime holds the name that the child at `path` was to get.
    case nameTaken(String, path: String)
    /// The server at `holder` has the key of a ``Registry`` that the child at `path` was to get.
    case keyTaken(String, path: String, holder: String)
    /// The child at that path did not stop when it was asked to, and takes its supervisor with it (S3).
    case unstoppable(path: String)
    /// The supervisor is on its way down.
    case shuttingDown
    /// The supervisor has been started before. A supervisor instance lives once.
    case startedBefore
}

extension SupervisorError {
    /// Why a child could not be started on request. A name that is taken is told bare (R15).
    init(startOf id: ChildID, _ error: any Error) {
        switch error as? SupervisorError {
        case .nameTaken(let name, let path): self = .nameTaken(name, path: path)
        case .keyTaken(let key, let path, let holder): self = .keyTaken(key, path: path, holder: holder)
        default: self = .startFailed(id, error)
        }
    }
}

extension SupervisorError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .childFailedToStart(let path, let error):
            "\(path) failed to start, so its supervisor did not start either: \(error)"
        case .reachedMaximumIntensity(let path, let intensity, let reason):
            """
            gave up: more than \(intensity.restarts) restarts within \(intensity.period.shortDescription), the last \
            needed by \(path), which ended with: \(reason). Mend the cause; if such a rate is to be expected, allow it \
            with intensity: RestartIntensity(_:within:), or slow it down with a backoff:
            """
        case .invalid(let field, let value, let expected):
            "\(field) is \(value), but must be \(expected)"
        case .startFailed(let id, let error): "child '\(id)' could not be started: \(error)"
        case .alreadyStarted(let id): "a child '\(id)' is running already: choose another id, or terminate it first"
        case .alreadyPresent(let id):
            "a child '\(id)' is there already, but not running: bring it back with restartChild, or deleteChild it first"
        case .running(let id): "child '\(id)' is running: terminateChild it first"
        case .restarting(let id): "child '\(id)' is being restarted: terminateChild it first to stop that"
        case .notFound(let id, let known):
            "there is no child '\(id)'; there is \(known.isEmpty ? "none" : known.map { $0.description }.joined(separator: ", "))"
        case .notAChild(let child):
            """
            \(child) is no child of this dynamic supervisor: it never was one, or it has ended; children() lists those \
            that are there
            """
        case .tooManyChildren(let limit):
            """
            the dynamic supervisor has \(limit) children, those that start or wait for a restart included, and may not \
            have more: try again when one has ended, or raise maxChildren:
            """
        case .noPartitions(let name): "'\(name)' has no partitions now: resize(to:) gives it some again"
        case .nameTaken(let name, let path):
            """
            \(path) cannot take the name '\(name)': another server of this runtime has it. Names are one for each \
            runtime; give one of the two another ServerName
            """
        case .keyTaken(let key, let path, let holder):
            """
            \(path) cannot take the key '\(key)' of its registry, because \(holder) has it: use that server, or give one \
            of the two another key
            """
        case .unstoppable(let path):
            """
            \(path) did not stop when it was asked to, so its supervisor ends too, as whenUnstoppable(.escalate) says. Its \
            code still runs: look for a wait that ignores cancellation
            """
        case .shuttingDown: "the supervisor is shutting down"
        case .startedBefore:
            "this supervisor has been started before: an instance lives once, so make a new Supervisor for a new life"
        }
    }
}
