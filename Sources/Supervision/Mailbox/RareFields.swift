/// The fields of a place that are empty in a server that merely answers calls.
///
/// They know nothing of the type of the server, so that what deals with them need not look it up. Guarded by the place's
/// lock, whose state owns them.
@usableFromInline
final class RareFields: @unchecked Sendable {
    // Unchecked, and without dynamic checks of exclusivity, because of that lock.

    @exclusivity(unchecked) var deadlines = PlaceDeadlines()
    @exclusivity(unchecked) var belongings = Belongings()
    @exclusivity(unchecked) var exitObservers: [any ExitObserver] = []
    /// What `started` has to tell whoever asked for the start (R11).
    @exclusivity(unchecked) var startInfo: StartInfo?
    /// At what the present incarnation, or the last one, was when it crashed (G12).
    @exclusivity(unchecked) var crash: CrashReport?
    /// When they were changed after the place was made (R77).
    @exclusivity(unchecked) var settings: PlaceSettings?
    /// Why it is to end when what is queued has been served (S14).
    @exclusivity(unchecked) var drainReason: ExitReason?
    /// The incarnations that were abandoned while their code still ran.
    @exclusivity(unchecked) var strays: [Int: Stray] = [:]
    @exclusivity(unchecked) var instruments: Instruments?
    /// Which message the watchdog is at; 0 for none.
    @exclusivity(unchecked) var watched: UInt32 = 0
    @exclusivity(unchecked) var lastWatched: UInt32 = 0
    /// Whether a deadline of its own ended it, which stays the reason whatever is thrown then (S9, S10).
    @exclusivity(unchecked) var isOverdue = false
    /// Whether the mailbox has passed its high-water mark and not fallen again (S17).
    @exclusivity(unchecked) var isHigh = false
    /// The ``RareMail`` of the server's type.
    @exclusivity(unchecked) var mail: AnyRareMail?
}

/// What an incarnation has started and takes with it when it ends.
struct Belongings: Sendable {
    /// Nil until it sets the first.
    var timers: TimerList?
    var tasks: [Int: Task<Void, Never>] = [:]
    var nextTask = 0
    /// Calls that the server will answer later.
    var deferred = ArrivalTable<AnyPendingCall>()
    /// What it watches: monitors and links.
    var watches = ArrivalTable<any Watch>()
    var idleTimer: (any RestingTimer)?
    /// Whether that is over and waits for the server to come to rest.
    var isIdleTimerDue = false

    /// The tasks, the oldest first.
    var runningTasks: [Task<Void, Never>] {
        tasks.isEmpty ? [] : tasks.sorted { $0.key < $1.key }.map { $0.value }
    }

    /// Whether it has begun nothing.
    var isEmpty: Bool {
        timers == nil && tasks.isEmpty && deferred.isEmpty && watches.isEmpty && idleTimer == nil
    }
}

/// An incarnation that was given up.
struct Stray: Sendable {
    /// To be waited for when its own code has returned.
    var tasks: [Task<Void, Never>]
    /// Whether its supervisor knows that it was given up. It cannot be told of the end of one that it does not know.
    var isTold = false
    var hasReturned = false
}

/// What can be told of ``RareMail`` without knowing the type of the server.
@usableFromInline
class AnyRareMail: @unchecked Sendable {
    // Unchecked because it is guarded by the place's lock.

    struct Contents: OptionSet {
        let rawValue: UInt8

        static var system: Self { Self(rawValue: 1) }
        static var suspended: Self { Self(rawValue: 2) }
        static var replacement: Self { Self(rawValue: 4) }
    }

    /// What there is of it now: as a rule nothing, also where there has been something once.
    @exclusivity(unchecked) private(set) final var contents: Contents = []

    fileprivate final func note(_ kind: Contents, isThere: Bool) {
        if isThere { contents.insert(kind) } else { contents.remove(kind) }
    }
}

/// Requests of operators, and mail that waits for room.
@usableFromInline
final class RareMail<Server: GenServer>: AnyRareMail, @unchecked Sendable {
    /// Requests of operators, handled before everything and while the server is suspended (G17).
    var system: [Letter<Server>] = [] { didSet { note(.system, isThere: !system.isEmpty) } }
    /// What waits for room, and how much room there is (S17).
    var suspended: [SuspendedLetter<Server>] = [] { didSet { note(.suspended, isThere: !suspended.isEmpty) } }
    var limit = Int.max
    /// About how many of `suspended` have been given up, and are to be swept out when they are many.
    var withdrawnSuspended = 0
    /// The instance that is to take over (G17).
    var replacement: Server? { didSet { note(.replacement, isThere: replacement != nil) } }
    /// How the next life is made, when that was changed after the place was made (R77).
    var make: (@Sendable () async throws -> Server)?
}

/// The deadlines that a place waits for, but for that of its stop, which stands in the state, and that of a message,
/// which the drain keeps.
struct PlaceDeadlines: Sendable {
    var start: TargetDeadline?
    var lastDrain: TargetDeadline?

    var isEmpty: Bool { start == nil && lastDrain == nil }

    func cancelAll(in queue: PendingDeadlines) {
        // Not in a loop, for which a list of them would be allocated.
        if let start { queue.cancel(start) }
        if let lastDrain { queue.cancel(lastDrain) }
    }
}

/// Mail that nobody will read, for those who wait for an answer or for room. An object, because as a rule there is none:
/// that there is none is looked for and handed on at each end.
final class RefusedMail {
    private var calls: [AnyPendingCall] = []
    private var senders: [TimedWait] = []
    /// The letters, which are freed outside the lock.
    let letters: Any

    init<Server: GenServer>(_ letters: [Letter<Server>], _ suspended: [SuspendedLetter<Server>]) {
        self.letters = (letters, suspended)
        for case .call(let call) in letters { calls.append(call) }
        for letter in suspended {
            switch letter {
            case .call(let call): calls.append(call)
            case .message(_, let sender): senders.append(sender)
            }
        }
    }

    func refuse(_ error: ServerError) {
        for call in calls { call.fail(error) }
        for sender in senders { sender.end(error) }
    }
}
