// Neither knows the type of the server, which would be looked up at run time wherever one is handed on.

/// What `leave`, or a request to stop, left to do outside the lock.
@usableFromInline
enum IncarnationEnding {
    case begin(Launch)
    /// A supervisor is to stop its children first: it has been told by a message that it is to be taken through.
    case drain(Launch)
    case stray(Int)
}

/// What is left to do outside the lock when an incarnation is over.
struct IncarnationRemains {
    var reason: ExitReason
    var wasStarting: Bool
    var isAbandoned = false
    var askedAt: RuntimeInstant?
    var stopDeadline: TargetDeadline?
    /// The last of it is freed outside the lock.
    var server: AnyObject?
    /// Nil when it has left nothing else.
    var rare: RareRemains?

    /// What the parent is to be told.
    @inline(__always)
    func event(of incarnation: Int, isIgnored: Bool, _ now: RuntimeInstant) -> PlaceEvent {
        if wasStarting, !isAbandoned {
            return .startFailed(incarnation: incarnation, isIgnored ? Ignore() : reason.startError)
        }
        return .ended(
            incarnation: incarnation,
            reason,
            askedFor: askedAt.map { $0.duration(to: now) } ?? .zero,
            isAbandoned: isAbandoned
        )
    }
}

/// What few incarnations leave behind. An object, because what is left of one goes through several hands.
final class RareRemains {
    /// What may still run, to be cancelled outside the lock.
    var work: Task<Void, Never>?
    /// Nil when it has begun nothing.
    var belongings: Belongings?
    var current: AnyPendingCall?
    var observers: [any ExitObserver] = []
    var deadlines = PlaceDeadlines()
    /// Mail that is not kept for the next incarnation (S2), and requests of operators.
    var mail: RefusedMail?
    /// Calls of other servers that are kept for it.
    var keptCalls: [AnyPendingCall] = []
}

/// What is to be told of the end of an incarnation.
struct EndNews {
    let event: PlaceEvent
    let time: RuntimeInstant
    let reason: ExitReason
    /// With the observers, which are told after the parent.
    let rare: RareRemains?
}
