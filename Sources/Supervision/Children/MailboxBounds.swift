/// What becomes of a letter for which a mailbox has no room (S17).
public enum MailboxOverflow: String, Sendable, Codable {
    /// A caller gets ``ServerError/overloaded(limit:)``, and so does a sender; a cast is dropped.
    case reject
    /// The oldest letter that waits makes room; if it is a call, its caller gets ``ServerError/overloaded(limit:)``.
    case dropOldest
    /// The caller, or the sender, waits for room, within its own time. A cast, which cannot wait, is dropped: use
    /// ``ServerRef/send(_:timeout:)`` in its place.
    case suspend
}

/// How much mail a place takes (S17).
struct MailboxBounds: Sendable {
    var limit: Int?
    var overflow: MailboxOverflow
    /// The depth that an operator is told of.
    var highWater: Int
}

/// What becomes of mail when an incarnation ends and the child is started again (S2).
public enum MailOverRestart: String, Sendable, Codable {
    /// It waits for the next incarnation, and so does what comes in meanwhile.
    case kept
    /// Erlang's way: queued calls fail with the exit reason, casts are dropped, and until the next incarnation begins
    /// to start there is nobody to call.
    case discarded
}
