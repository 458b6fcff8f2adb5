/// What came of a child that was started on request.
public enum ChildStart: Sendable {
    /// It runs; with what its `started` gave to ``ServerContext/setStartInfo(_:)``, if it did.
    case running(info: (any Sendable)?)
    /// Its start said ``Ignore``: it has no process. Its specification is kept unless it is temporary (R12).
    case ignored

    /// Whether its start said ``Ignore``.
    public var isIgnored: Bool {
        switch self {
        case .running: false
        case .ignored: true
        }
    }

    /// What its `started` gave to ``ServerContext/setStartInfo(_:)``; nil when it gave nothing.
    public var info: (any Sendable)? {
        switch self {
        case .running(let info): info
        case .ignored: nil
        }
    }
}
