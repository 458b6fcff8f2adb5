#if Admin
public import Supervision

/// What an operator has asked for through an ``AdminEndpoint`` that changes something: what, from where, and what came of
/// it. Told whether it was done or refused.
public struct AdminAudit: RuntimeEvent, Hashable {
    /// What was asked for: `reset circuit 'user-api'`.
    public let message: String
    /// From where: the address, or the user of the process that is connected to the socket.
    public let origin: String
    /// Why it was not done; nil when it was.
    public let refusal: String?

    /// A warning when it was refused.
    public var level: EventLevel { refusal == nil ? .info : .warning }

    public var description: String { "admin: \(text)" }

    /// The words without what they are from.
    public var text: String {
        "\(origin) asked to \(message): \(refusal.map { "refused, as \($0)" } ?? "done")"
    }
}

/// That an ``AdminEndpoint`` can be reached, or has trouble.
public struct AdminEvent: RuntimeEvent, Hashable {
    /// What there is to say.
    public enum Kind: Sendable, Hashable {
        /// It listens there.
        case listens(at: String)
        /// It does not take connections for a moment, for that reason.
        case cannotAccept(reason: String)
    }

    /// What there is to say.
    public let kind: Kind

    public var level: EventLevel {
        switch kind {
        case .listens: .info
        case .cannotAccept: .warning
        }
    }

    public var description: String { "admin: \(text)" }

    /// The words without what they are from.
    public var text: String {
        switch kind {
        case .listens(let address): "listens at \(address)"
        case .cannotAccept(let reason): "takes no connections for a moment: \(reason)"
        }
    }
}
#endif
