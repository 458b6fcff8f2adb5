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
    /// Set when `caller` is the supervisor that waits for this start: it answers questions meanwhile, but not requests.
    private final let isStart: Bool
    /// The task that it is run by.
    @exclusivity(unchecked) private(set) final var task: UInt?

    /// - Parameter task: the task that it is run by; nil when that is yet to come.
    init(
        _ place: any ManagedPlace,
        of incarnation: Int,
        for caller: Turn? = nil,
        isStart: Bool = false,
        by task: UInt? = TaskIdentity.current
    ) {
        self.place = place
        self.incarnation = incarnation
        self.caller = caller
        self.isStart = isStart
        self.task = task
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

    /// The servers that a call to `other` would wait for, from `other` to `other`; nil when it would not wait for itself.
    ///
    /// - Parameter isRequest: whether it is a request to a supervisor to change its children.
    final func cycle(to other: any ManagedPlace, isRequest: Bool = false) -> [String]? {
        var path = [other.path]
        var turn: Turn? = self
        while let current = turn {
            path.append(current.place.path)
            if current.place === other { return path.reversed() }
            turn = current.isStart && !isRequest ? nil : current.caller
        }
        return nil
    }
}
