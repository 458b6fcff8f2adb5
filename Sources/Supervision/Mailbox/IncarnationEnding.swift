// Neither knows the type of the server, which would be looked up at run time wherever one is handed on.

/// What `leave`, or a request to stop, left to do outside the lock.
@usableFromInline
enum IncarnationEnding {
    case begin(Launch, timers: TimerList?, tasks: [Task<Void, Never>])
    case stray(Int)
}

/// What is left to do outside the lock when an incarnation is over.
struct IncarnationRemains {
    var reason: ExitReason
    var wasStarting: Bool
    var isAbandoned = false
    var belongings = Belongings()
    var current: AnyPendingCall?
    var observers: [any ExitObserver] = []
    var deadlines = PlaceDeadlines()
    /// Mail that is not kept for the next incarnation (S2), and requests of operators.
    var mail = RefusedMail()
    /// What may still run, to be cancelled outside the lock.
    var work: Task<Void, Never>?
    var askedAt: RuntimeInstant?
    /// The last of it is freed outside the lock.
    var server: AnyObject?
}
