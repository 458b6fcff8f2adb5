#if Observability
internal import Logging
internal import Supervision

/// A line of a log: what is the same for all of its kind, and what differs.
struct LogLine {
    var message: Logger.Message
    var metadata: Logger.Metadata = [:]
    var error: (any Error)?

    init(_ message: Logger.Message) {
        self.message = message
    }

    /// An event of someone else.
    init(other event: any RuntimeEvent) {
        self.init("Event")
        self["event.type"] = "\(type(of: event))"
        self["event.description"] = event.description
        self["event.details"] = event.details
    }

    /// What the metadata says under `key`. What an error of someone else's prints may be long, so it is cut off.
    subscript(key: String) -> String? {
        get { metadata[key]?.description }
        set { metadata[key] = newValue.map { .string($0.count > 1_000 ? "\($0.prefix(1_000))…" : $0) } }
    }

    /// Why something ended.
    mutating func add(_ reason: ExitReason) {
        self["supervision.reason"] = "\(reason)"
        if case .error(let error) = reason { self.error = error }
    }
}
#endif
