/// What waits until the mailbox has room for it (S17).
@usableFromInline
enum SuspendedLetter<Server: GenServer>: Sendable {
    /// The caller waits for the answer anyhow.
    case call(PendingCall<Server>)
    /// The sender waits for the room.
    case message(Server.Message, TimedWait)

    /// Whether someone still waits for the room.
    var isWaiting: Bool {
        switch self {
        case .call(let call): call.isWaiting
        case .message(_, let sender): sender.isWaiting
        }
    }
}
