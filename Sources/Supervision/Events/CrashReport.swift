/// At what an incarnation was when it crashed (G12).
///
/// The kind of the message and who had sent it are always told; what it said, and the server's state, only when the
/// child's specification says so (S13): see ``ChildSpecification/revealing(_:)``.
public struct CrashReport: Sendable, CustomStringConvertible {
    /// How the message came, and its type: `cast Counter.Message`, `call for Int`.
    public let message: String
    /// The server that waits for the answer, by its path; nil when it is no server, or none waits.
    public let client: String?
    /// The message itself, if that may be told and it is not the body of a call.
    public let contents: String?
    /// The server's state, if that may be told: see ``GenServer/stateDescription()``.
    public let state: String?

    public var description: String {
        var text = "it was at \(message)"
        if let client { text += " from \(client)" }
        if let contents { text += ": \(contents)" }
        if let state { text += "; its state was \(state)" }
        return text
    }
}

/// What reports of a child may tell beside names, paths, reasons, counts and times (S13).
public struct RevealedData: OptionSet, Sendable {
    public let rawValue: Int

    /// A set of those bits.
    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// The message that the server was at when it crashed, as it prints.
    public static let lastMessage = RevealedData(rawValue: 1)
    /// The server's state when it crashed, as ``GenServer/stateDescription()`` tells it.
    public static let state = RevealedData(rawValue: 2)
}

extension ManagedPlace {
    /// What an event of that kind tells of the message that the child was at.
    func crash(toldBy kind: SupervisionEvent.Kind) -> CrashReport? {
        switch kind {
        case .ended(let reason, _), .shutdownError(let reason): reason.isClean ? nil : crashReport
        default: nil
        }
    }
}
