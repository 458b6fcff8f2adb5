/// What sets a mailbox apart from a plain one, which has none of these.
@usableFromInline
struct MailboxTraits: OptionSet, Sendable {
    @usableFromInline let rawValue: UInt8

    @inlinable
    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// It takes only so much mail (S17).
    static var isBounded: Self { .init(rawValue: 1) }
    /// Its mail goes with the incarnation (S2).
    static var discardsMail: Self { .init(rawValue: 2) }
    /// A message may take only so long (S10).
    static var isWatched: Self { .init(rawValue: 4) }
    /// An operator looks on (G17).
    static var isObserved: Self { .init(rawValue: 8) }
    /// Only requests of operators are handled (G17).
    @usableFromInline static var isSuspended: Self { .init(rawValue: 16) }
    /// What is queued is served, then it ends (S14).
    @usableFromInline static var isLastDrain: Self { .init(rawValue: 32) }

    /// A simulation decides who goes first.
    static var isSimulated: Self { .init(rawValue: 64) }
    /// An integration has put something around its server's code.
    static var isSurrounded: Self { .init(rawValue: 128) }

    /// Those that end with the incarnation.
    static var ofOneLife: Self { [.isSuspended, .isLastDrain] }

    /// Whether something is to be done about each message.
    @inlinable var watchesMessages: Bool { rawValue & 0b1100_1100 != 0 }

    /// Whether an idle server may be entered by a caller in its own task.
    @inlinable var allowsVisits: Bool { rawValue & 0b1111_1100 == 0 }
}

/// What a place has a deadline for.
enum PlaceDeadline: UInt8, Sendable {
    /// To end, once asked (S3).
    case stop
    /// To finish a start (S9).
    case start
    /// To serve what is queued before it is asked to stop (S14).
    case lastDrain
    /// To handle one message (S10).
    case watchdog

    /// Tells the deadlines of an incarnation, and of a message, from others.
    func tag(_ incarnation: Int, message: UInt32 = 0) -> UInt64 {
        UInt64(rawValue) << 56 | UInt64(message & 0xFF_FFFF) << 32 | UInt64(UInt32(truncatingIfNeeded: incarnation))
    }

    static func parts(of tag: UInt64) -> (kind: PlaceDeadline, incarnation: Int, message: UInt32)? {
        guard let kind = PlaceDeadline(rawValue: UInt8(tag >> 56)) else { return nil }
        return (kind, Int(UInt32(truncatingIfNeeded: tag)), UInt32(tag >> 32 & 0xFF_FFFF))
    }
}
