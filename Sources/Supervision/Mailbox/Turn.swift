/// Whose message, start or clean-up the current task is at, and for whom: what a call is checked against, so that one
/// that would wait for itself fails at once instead of when its time is over (S12).
///
/// Only calls that the task itself makes are checked. A task that a handler has merely started inherits the value, but
/// nobody need be waiting for it.
@usableFromInline
class Turn: @unchecked Sendable {
    // Unchecked because of the task alone, which is set before anybody else is shown the turn.

    @TaskLocal private static var bound: Turn?

    final let place: any ManagedPlace
    final let incarnation: Int
    /// The turn of the one who waits for this.
    private final let caller: Turn?
    /// Set when this is a start, for which `caller` waits, the supervisor.
    private final let startKind: StartKind?
    /// The task that it is run by.
    @exclusivity(unchecked) private(set) final var task: UInt?

    /// - Parameter task: the task that it is run by; nil when that is yet to come.
    init(
        _ place: any ManagedPlace,
        of incarnation: Int,
        for caller: Turn? = nil,
        start startKind: StartKind? = nil,
        by task: UInt? = TaskIdentity.current
    ) {
        self.place = place
        self.incarnation = incarnation
        self.caller = caller
        self.startKind = startKind
        self.task = task
    }

    /// The turn of a supervisor, for which its children start; it is at its own start now, or at nothing that anybody
    /// waits for.
    init(of supervisor: any ManagedPlace, _ incarnation: Int) {
        let current = Self.current
        let own = current?.place === supervisor ? current : nil
        place = supervisor
        self.incarnation = incarnation
        caller = own?.caller
        startKind = own?.startKind
        task = nil
    }

    /// Says by which task it is about to be run.
    @inline(__always)
    final func isRun(by task: UInt?) {
        self.task = task
    }

    /// Where the server stands whose turn it is.
    final var path: String { place.path }

    /// The turn that the current task is at.
    static var current: Turn? {
        guard let bound, bound.task == TaskIdentity.current else { return nil }
        return bound
    }

    /// The server that the running code belongs to: that of the turn that the current task, or one that it was started
    /// by, is at.
    static var owner: TaskOwner? {
        guard let bound, let place = bound.place as? any OwningPlace else { return nil }
        return TaskOwner(place: place, incarnation: bound.incarnation, callers: [])
    }

    /// Runs `body` as this turn.
    @inline(__always)
    final func run<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        try await Self.$bound.withValue(self, operation: body)
    }

    /// What a start holds up.
    enum StartKind: Sendable {
        /// It is one of a pass of the supervisor's: until it is through, no other child is started again, and what is asked
        /// to be changed waits.
        case ofPass
        /// The supervisor goes on with all others.
        case single
    }

    /// What is waited for.
    enum Awaited {
        /// What another server says to a message.
        case answer
        /// That a supervisor changes its children, for which no start of one of them may ask.
        case change
        /// That the supervisor of another server, which is down, starts it again.
        case restart
    }

    /// The servers that whoever is at this turn would wait for, from `other` to `other`, if they waited for that; nil when
    /// they would not wait for themselves.
    final func cycle(to other: any ManagedPlace, awaiting awaited: Awaited = .answer) -> [String]? {
        guard let length = cycleLength(to: other, awaiting: awaited) else { return nil }
        var path = sequence(first: self) { $0.caller }.prefix(length).map { $0.path }
        path.insert(other.path, at: 0)
        if awaited == .restart { path.append(other.path) }
        return path.reversed()
    }

    /// How many turns, from this one, lead back to `other`.
    private final func cycleLength(to other: any ManagedPlace, awaiting awaited: Awaited) -> Int? {
        guard let end = awaited == .restart ? other.parent.supervisor : other else { return nil }
        var length = 0
        var starts = 0
        // Whether what is waited for has to wait for the turn before this one.
        var isHeldUp = awaited != .restart
        var turn: Turn? = self
        while let current = turn {
            length += 1
            if isHeldUp, current.place === end { return length }
            if let startKind = current.startKind {
                // A supervisor answers questions while it starts children (S8).
                guard awaited != .answer, current.place.isStarting(current.incarnation) else { return nil }
                starts += 1
                isHeldUp = startKind == .ofPass || awaited == .change && starts == 1
            }
            turn = current.caller
        }
        return nil
    }
}
