/// The pure state of a server's place in the tree: its mailbox and the life of its incarnations.
///
/// | Phase | Meaning | Can become |
/// |---|---|---|
/// | `vacant` | nobody lives here; mail is kept for the next incarnation (S2) | starting, closed |
/// | `starting` | the start function or `started` runs; mail is kept | idle, draining, ending, vacant |
/// | `idle` | a server waits; nothing is queued and no task exists | visited, draining, ending |
/// | `visited` | a caller runs its own call in place | idle, draining, ending |
/// | `draining` | a drain task handles what is queued | idle, draining, ending |
/// | `ending` | no message runs any more; tasks are joined, then `terminate` runs | vacant |
/// | `closed` | no further life is planned; mail is refused | starting |
///
/// Each live phase (`starting` to `ending`) can also become `vacant` at once when the incarnation is abandoned (S3);
/// what it still runs then belongs to a stray, and every event from it is refused.
///
/// Invariants: `server` is nil in `vacant` and `closed`. In `idle` nothing waits that may be handled: mail waits only
/// while the server is suspended (G17). A set `exit` in `visited` or
/// `draining` means that the message in work is the last. At most one of start task, visitor, drain and end task runs
/// for an incarnation that is not a stray.
@usableFromInline
struct MailboxState<Server: GenServer>: Sendable {
    @usableFromInline
    enum Phase: UInt8, Sendable {
        case vacant, starting, idle, visited, draining, ending, closed
    }

    // The small fields stand together, because each idle server keeps all of this.
    @usableFromInline var phase = Phase.closed
    /// Whether the supervisor has not yet been told how the start went.
    var isStartPending = false
    /// False only where `waiting` is empty. To ask that itself takes 300 instructions in code that is not specialized, which
    /// looks the type of its letters up.
    @usableFromInline var mayHaveMail = false
    /// What sets it apart from a plain mailbox; empty in most.
    @usableFromInline var traits = MailboxTraits()
    /// The abandoned incarnation that a visitor is still in; 0 when there is none.
    @usableFromInline var strayVisit: UInt32 = 0
    /// Starts since a server last ran here; 0 while one runs.
    var startAttempts: Int32 = 0
    /// About how many calls in `waiting` have been withdrawn: they are skipped, and swept out when they are many.
    @usableFromInline var withdrawn: Int32 = 0
    /// How many of `waiting`, at its front, are the server's own and come before all others (G8).
    @usableFromInline var urgentCount: Int32 = 0
    /// Rises with each visit and each batch: while it stands still, no message has been begun.
    @usableFromInline var visits: UInt32 = 0
    /// The server of the present incarnation. This, and whatever runs on it, are the only strong references (S1).
    @usableFromInline var server: Server?
    @usableFromInline var waiting: [Letter<Server>]
    /// The batch that the drain is at.
    @usableFromInline var taken: [Letter<Server>]
    /// When the present incarnation, or the last one, was ready for its first message.
    var openedAt = RuntimeInstant.origin
    /// The number of the present or the last incarnation; 0 before the first.
    @usableFromInline var incarnation = 0
    /// When it was asked to stop, or crashed.
    var askedAt: RuntimeInstant?
    /// The end of the time that it is given to stop (S3).
    var stopDeadline: TargetDeadline?
    /// Why the present incarnation is to end, or the last one ended.
    @usableFromInline var exit: ExitReason?
    /// The start task, drain or end task of the present incarnation.
    @usableFromInline var work: Task<Void, Never>?
    /// The asynchronous call that runs now.
    @usableFromInline var current: AnyPendingCall?
    /// What most servers never need, in one allocation that is made when it is first needed.
    private(set) var knownRare: RareFields?

    @usableFromInline var hasRareFields: Bool {
        @inline(__always) get { knownRare != nil }
    }

    var rare: RareFields {
        @inline(__always) mutating get {
            if let knownRare { return knownRare }
            let made = RareFields()
            knownRare = made
            return made
        }
    }

    /// Asked before each look into it: what is in there is of a type that would be looked up at run time.
    @usableFromInline var hasRareMail: Bool {
        @inline(__always) get { !rareContents.isEmpty }
    }

    var rareContents: AnyRareMail.Contents {
        @inline(__always) get { knownRare?.mail?.contents ?? [] }
    }

    /// Always of this type, as it is made here.
    var knownRareMail: RareMail<Server>? { knownRare?.mail.map { unsafeDowncast($0, to: RareMail<Server>.self) } }

    var rareMail: RareMail<Server> {
        mutating get {
            if let knownRareMail { return knownRareMail }
            let made = RareMail<Server>()
            rare.mail = made
            return made
        }
    }

    /// - Parameter noLetters: an empty list, from where the type of the letters is known and need not be looked up.
    @usableFromInline
    init(traits: MailboxTraits = [], noLetters: [Letter<Server>] = []) {
        self.traits = traits
        waiting = noLetters
        taken = noLetters
    }

    /// How many letters wait for their turn.
    var depth: Int { waiting.count { $0.isDue(in: incarnation) } }

    /// Whether code of `incarnation` may still act here.
    @inlinable
    @inline(__always)
    func isLive(_ incarnation: Int) -> Bool {
        self.incarnation == incarnation && phase != .vacant && phase != .closed
    }
}

// MARK: - Mail

extension MailboxState {
    @usableFromInline
    enum PostAction: Equatable {
        case keep, wake, refuse
    }

    /// A letter comes in.
    @inlinable
    mutating func post(_ letter: Letter<Server>) -> PostAction {
        guard phase != .closed else { return .refuse }
        waiting.append(letter)
        mayHaveMail = true
        guard phase == .idle, !traits.contains(.isSuspended) else { return .keep }
        phase = .draining
        return .wake
    }

    /// A letter of the server's own comes in. A dead incarnation's is dropped.
    mutating func postOwn(_ letter: Letter<Server>, from sender: Int) -> PostAction {
        guard isLive(sender), exit == nil else { return .refuse }
        return post(letter)
    }

    /// A letter of the server's own comes in that is to be handled before all that waits (G8).
    @inlinable
    mutating func postUrgent(_ letter: Letter<Server>, from sender: Int) -> PostAction {
        guard isLive(sender), exit == nil else { return .refuse }
        // Not inserted where there is no need, which takes four times as long.
        let position = Int(urgentCount)
        if position == waiting.count { waiting.append(letter) } else { waiting.insert(letter, at: position) }
        mayHaveMail = true
        urgentCount += 1
        guard phase == .idle, !traits.contains(.isSuspended) else { return .keep }
        phase = .draining
        return .wake
    }

    /// A request of an operator comes in. It is handled before everything else, also by a suspended server (G17).
    mutating func postSystem(_ letter: Letter<Server>) -> PostAction {
        guard phase != .vacant, phase != .closed, phase != .ending, exit == nil else { return .refuse }
        rareMail.system.append(letter)
        guard phase == .idle else { return .keep }
        phase = .draining
        return .wake
    }

    /// Puts what a drain had taken and not begun back to the front, but for urgent letters. What waits for room comes in
    /// when there is nothing else.
    @usableFromInline
    mutating func putBack(_ rest: ArraySlice<Letter<Server>>) {
        if !rest.isEmpty {
            waiting.insert(contentsOf: rest, at: Int(urgentCount))
            mayHaveMail = true
        }
        admitWaiting()
    }

    /// What waits for room comes in, as far as there is any.
    @usableFromInline
    mutating func admitWaiting() {
        if hasSuspendedLetters { admitSuspended() }
    }

    /// A waiting call was given up by its caller. Gives what was swept out, if it was time to.
    mutating func withdraw() -> [Letter<Server>] {
        withdrawn += 1
        guard withdrawn > 32, Int(withdrawn) > waiting.count / 2 else { return [] }
        return sweep()
    }

    @usableFromInline
    enum LeaveAction {
        /// The server is idle, or someone else looks after it.
        case rest
        case drain(Server, incarnation: Int)
        case end(Server, incarnation: Int)
        /// The incarnation was abandoned; this was the last of it.
        case stray
    }

    /// A visitor, or a drain that was interrupted, has finished with `server`. `rest` are the letters that it had
    /// taken and not begun; they go back to the front.
    @inlinable
    mutating func leave(_ server: Server, incarnation: Int, rest: ArraySlice<Letter<Server>> = []) -> LeaveAction {
        guard isLive(incarnation), self.server === server else {
            if strayVisit == UInt32(truncatingIfNeeded: incarnation) { strayVisit = 0 }
            return .stray
        }
        current = nil
        taken = []
        if !rest.isEmpty { putBack(rest) } else if hasRareMail { admitWaiting() }
        let server = hasRareMail ? takeReplacement() ?? server : server
        endIfDrained()
        if exit != nil {
            phase = .ending
            return .end(server, incarnation: incarnation)
        }
        if !hasWork {
            phase = .idle
            work = nil
            return .rest
        }
        phase = .draining
        return .drain(server, incarnation: incarnation)
    }

    @usableFromInline
    enum BatchAction {
        case handle([Letter<Server>])
        /// A request of an operator, which comes before all that waits (G17).
        case serve(Letter<Server>)
        case leave
    }

    /// The drain asks for more. It takes all that waits: what it has taken but not begun can still be withdrawn.
    @inlinable
    mutating func takeBatch(of server: Server, incarnation: Int) -> BatchAction {
        guard isLive(incarnation), exit == nil else { return .leave }
        if hasRareMail {
            if let request = takeRequest() { return .serve(request) }
            admitWaiting()
        }
        guard hasWork, !isBeingReplaced else { return .leave }
        visits &+= 1
        let batch = waiting
        taken = batch
        waiting = []
        mayHaveMail = false
        urgentCount = 0
        // A bounded mailbox must know of those in the batch, too.
        if traits.isEmpty { withdrawn = 0 }
        return .handle(batch)
    }
}

// MARK: - Lives

extension MailboxState {
    /// A new incarnation begins. Nil when the place is not free for one.
    @inline(__always)
    mutating func beginStart() -> Int? {
        guard phase == .vacant || phase == .closed else { return nil }
        phase = .starting
        incarnation += 1
        startAttempts += 1
        exit = nil
        askedAt = nil
        if let knownRare {
            knownRare.isOverdue = false
            knownRare.crash = nil
        }
        isStartPending = true
        return incarnation
    }

    enum OpenAction {
        case open
        case drain
        case end
        case stray
    }

    /// `started` has returned.
    @inline(__always)
    mutating func open(_ incarnation: Int, now: RuntimeInstant = .origin) -> OpenAction {
        guard isLive(incarnation) else { return .stray }
        openedAt = now
        if traits.contains(.isLastDrain) {
            if hasRareMail { admitWaiting() }
            endIfDrainedByRules()
        }
        if exit != nil {
            phase = .ending
            return .end
        }
        startAttempts = 0
        work = nil
        if hasRareMail { admitWaiting() }
        // A plain mailbox is not looked into here, where the type of its letters would be looked up: a drain will find out.
        if traits.isEmpty && !hasRareMail ? !mayHaveMail : !hasWork {
            phase = .idle
            return .open
        }
        phase = .draining
        return .drain
    }

    enum ExitAction {
        /// It is down, or on its way down.
        case nothing
        /// Cancel these; the end follows when what runs has returned.
        case interrupt([Task<Void, Never>])
        /// Nothing runs: the end begins now.
        case end(Server)
    }

    /// Whether a server waits that has nothing to end but itself: no mail, no timers, no tasks, nobody who is to be told.
    var isAtRest: Bool {
        @inline(__always) get { phase == .idle && !isStartPending && !mayHaveMail && !hasRareFields }
    }

    /// Ends the present incarnation if it is at rest, and gives its server.
    @inline(__always)
    mutating func endAtRest(_ reason: ExitReason, now: RuntimeInstant) -> (any AnyObject & Sendable)? {
        guard isAtRest, let server else { return nil }
        traits.subtract(.ofOneLife)
        phase = .vacant
        exit = reason
        askedAt = now
        work = nil
        self.server = nil
        return server
    }

    /// The present incarnation is to end, because it was asked to or because something outside its messages failed.
    @inline(__always)
    mutating func requestExit(_ reason: ExitReason, of incarnation: Int?, now: RuntimeInstant) -> ExitAction {
        if let incarnation, incarnation != self.incarnation { return .nothing }
        switch phase {
        case .vacant, .closed, .ending: return .nothing
        case .starting, .visited, .draining:
            guard exit == nil else { return .nothing }
            exit = reason
            askedAt = now
            return .interrupt((knownRare?.belongings.runningTasks ?? []) + (work.map { [$0] } ?? []))
        case .idle:
            exit = reason
            askedAt = now
            phase = .ending
            guard let server else { return .nothing }
            return .end(server)
        }
    }

    /// A message threw `error` that ends the incarnation.
    @usableFromInline
    mutating func fail(_ error: any Error, in incarnation: Int, now: RuntimeInstant) {
        guard isLive(incarnation) else { return }
        if exit != nil {
            // Its own stop made it throw: that is no crash (S11). Anything else it throws is told.
            if !(error is CancellationError), !rare.isOverdue { exit = Exit.reason(for: error) }
        } else {
            exit = Exit.reason(for: error)
            askedAt = now
        }
    }

    /// The end task, or a failed start, is through. Nil for a stray.
    @inline(__always)
    mutating func finish(_ incarnation: Int) -> IncarnationRemains? {
        guard isLive(incarnation) else { return nil }
        // What asks is the last that runs, and may go on to something else.
        work = nil
        return vacate(exit ?? .normal)
    }

    /// The time to stop is over: whatever still runs is a stray from now on (S3).
    ///
    /// - Parameter begun: how many letters of its batch the drain has begun; the others go back to the front (S2).
    mutating func abandon(_ incarnation: Int, begun: Int = .max) -> IncarnationRemains? {
        guard isLive(incarnation), let exit else { return nil }
        waiting.insert(contentsOf: taken.dropFirst(begun), at: Int(urgentCount))
        mayHaveMail = true
        taken = []
        if phase == .visited { strayVisit = UInt32(truncatingIfNeeded: incarnation) }
        rare.strays[incarnation] = Stray(tasks: rare.belongings.runningTasks)
        // A crash stays the reason, also when the clean-up after it never ended.
        let reason: ExitReason = if case .error = exit { exit } else { .unstoppable }
        let work = work
        var remains = vacate(reason)
        remains.isAbandoned = true
        if let work {
            let rare = remains.rare ?? RareRemains()
            rare.work = work
            remains.rare = rare
        }
        return remains
    }

    /// The supervisor has been told that `incarnation` was given up. Gives its tasks when its own code has returned by
    /// now, as ``strayReturned(_:)`` does otherwise.
    mutating func strayTold(_ incarnation: Int) -> [Task<Void, Never>]? {
        knownRare?.strays[incarnation]?.isTold = true
        guard knownRare?.strays[incarnation]?.hasReturned == true else { return nil }
        return knownRare?.strays.removeValue(forKey: incarnation)?.tasks
    }

    /// The tasks of a stray whose own code has returned. Nil when `incarnation` is no stray, was reported before, or is
    /// not known to the supervisor yet: cancelled, it may return before that has been told.
    mutating func strayReturned(_ incarnation: Int) -> [Task<Void, Never>]? {
        knownRare?.strays[incarnation]?.hasReturned = true
        guard knownRare?.strays[incarnation]?.isTold == true else { return nil }
        return knownRare?.strays.removeValue(forKey: incarnation)?.tasks
    }

    @inline(__always)
    private mutating func vacate(_ reason: ExitReason) -> IncarnationRemains {
        traits.subtract(.ofOneLife)
        let hasMore = knownRare != nil || current != nil || mayHaveMail || traits.contains(.discardsMail)
        let remains = IncarnationRemains(
            reason: reason,
            wasStarting: isStartPending,
            askedAt: askedAt,
            stopDeadline: stopDeadline,
            server: server,
            rare: hasMore ? takeRareRemains() : nil
        )
        phase = .vacant
        server = nil
        exit = reason
        isStartPending = false
        work = nil
        stopDeadline = nil
        return remains
    }

    /// Nil when there are none. What is empty is neither copied nor put anew.
    private mutating func takeRareRemains() -> RareRemains? {
        var known: RareRemains?
        var remains: RareRemains {
            if let known { return known }
            let made = RareRemains()
            known = made
            return made
        }
        if let current {
            remains.current = current
            self.current = nil
        }
        if hasRareMail || urgentCount > 0 || traits.contains(.discardsMail), let mail = takeMailOfOneLife() {
            remains.mail = mail
        }
        if mayHaveMail || hasRareMail {
            let calls = keptCalls
            if !calls.isEmpty { remains.keptCalls = calls }
        }
        guard let rare = knownRare else { return known }
        if !rare.belongings.isEmpty {
            remains.belongings = rare.belongings
            rare.belongings = Belongings()
        }
        if !rare.exitObservers.isEmpty {
            remains.observers = rare.exitObservers
            rare.exitObservers = []
        }
        if !rare.deadlines.isEmpty {
            remains.deadlines = rare.deadlines
            rare.deadlines = PlaceDeadlines()
        }
        rare.drainReason = nil
        rare.watched = 0
        rare.startInfo = nil
        return known
    }

    /// Takes out the mail that is not kept for the next incarnation.
    private mutating func takeMailOfOneLife() -> RefusedMail? {
        var letters: [Letter<Server>] = []
        var suspended: [SuspendedLetter<Server>] = []
        if hasRareMail {
            let rareMail = rareMail
            letters = rareMail.system
            rareMail.system = []
            rareMail.replacement = nil
            if traits.contains(.discardsMail) {
                suspended = rareMail.suspended
                rareMail.suspended = []
            }
        }
        if traits.contains(.discardsMail) {
            letters = waiting + letters
            waiting = []
            withdrawn = 0
        } else {
            letters = waiting.prefix(Int(urgentCount)) + letters
            waiting.removeFirst(Int(urgentCount))
        }
        urgentCount = 0
        return letters.isEmpty && suspended.isEmpty ? nil : RefusedMail(letters, suspended)
    }

    /// The calls in the mailbox that other servers have made, or their starts.
    private var keptCalls: [AnyPendingCall] {
        var calls: [AnyPendingCall] = []
        for case .call(let call) in waiting where call.caller != nil { calls.append(call) }
        guard hasSuspendedLetters, let suspended = knownRareMail?.suspended else { return calls }
        for case .call(let call) in suspended where call.caller != nil { calls.append(call) }
        return calls
    }

    /// No further life is planned. Gives back the mail that nobody will read, if there is any.
    @inline(__always)
    mutating func close() -> RefusedMail? {
        guard phase == .vacant || phase == .closed else { return nil }
        phase = .closed
        startAttempts = 0
        return mayHaveMail || hasSuspendedLetters ? takeUnreadMail() : nil
    }

    private mutating func takeUnreadMail() -> RefusedMail {
        let suspended = knownRareMail?.suspended ?? []
        let letters = waiting
        waiting = []
        mayHaveMail = false
        withdrawn = 0
        knownRareMail?.suspended = []
        return RefusedMail(letters, suspended)
    }
}
