import Supervision

/// What the sample's own servers have to tell. It goes the way of the library's events, so that all lines come in the
/// order in which things happened.
enum AppEvent: RuntimeEvent {
    /// The upstream is in another mode now.
    case upstream(UpstreamMode, address: String)
    /// The directory has a list of users, the first one or the first one after trouble.
    case fetched(Int)
    /// A request of the directory failed.
    case fetchFailed(String)
    /// The directory's call was rejected; told once for each time that it begins.
    case rejected(String)
    /// The mailer's first report since it was started.
    case mailed(String)
    /// The list of users is out of date, and served all the same.
    case stale(age: Duration)
    /// A child cleans up before it ends.
    case terminating(String, ExitReason, String)

    /// Whom it is about.
    var subject: String {
        switch self {
        case .upstream: "upstream"
        case .fetched, .fetchFailed, .rejected: "users"
        case .mailed: "reports/mailer"
        case .stale: "watch"
        case .terminating(let child, _, _): child
        }
    }

    var text: String {
        switch self {
        case .upstream(let mode, let address): "is \(mode.rawValue) now, at \(address): \(mode.explanation)"
        case .fetched(let count): "has \(count == 1 ? "1 user" : "\(count) users") from the upstream"
        case .fetchFailed(let reason): "could not refresh: \(reason)"
        case .rejected(let reason): "did not even ask: \(reason)"
        case .mailed(let report): "has sent its first report: '\(report)'"
        case .stale(let age): "the list of users is \(age.inSeconds) old; the directory goes on answering from it"
        case .terminating(_, let reason, let text): "terminate(\(reason)): \(text)"
        }
    }

    var level: EventLevel {
        switch self {
        case .upstream, .fetched, .mailed, .terminating: .info
        case .fetchFailed, .rejected, .stale: .warning
        }
    }

    var description: String { "\(subject) \(text)" }
}
