#if Configuration
public import Supervision

/// What became of settings that have changed while the program runs.
public struct SettingsEvent: RuntimeEvent, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// They hold now. The keys listed have changed, too, and hold from the next start of what they are about.
        case applied(waiting: [String])
        /// They cannot be; those from before go on to hold.
        case refused(reason: String)
        /// They hold, but a running server could not be told; it will be tried again.
        case undelivered(server: String, reason: String)
    }

    /// What happened.
    public var kind: Kind

    /// Info when they hold, otherwise a warning.
    public var level: EventLevel {
        if case .applied = kind { .info } else { .warning }
    }

    /// One line; of a refusal the source, the key, its value, what is allowed and the remedy.
    public var description: String {
        switch kind {
        case .applied(let waiting) where waiting.isEmpty: "settings applied"
        case .applied(let waiting): "settings applied; from the next start: \(waiting.joined(separator: ", "))"
        case .refused(let reason): "settings refused: \(reason)"
        case .undelivered(let server, let reason): "settings not delivered to \(server): \(reason)"
        }
    }
}
#endif
