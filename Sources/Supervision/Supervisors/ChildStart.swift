/// What came of a child that was started on request.
public enum ChildStart: Sendable {
    /// It runs.
    case running
    /// Its start said ``Ignore``: it has no process. Its specification is kept unless it is temporary (R12).
    case ignored

    /// Whether its start said ``Ignore``.
    public var isIgnored: Bool {
        switch self {
        case .running: false
        case .ignored: true
        }
    }
}
