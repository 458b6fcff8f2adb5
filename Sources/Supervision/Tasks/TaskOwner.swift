/// The incarnation of a server whose code is running: whom a supervised task is started for.
struct TaskOwner: Sendable {
    @TaskLocal private static var bound: TaskOwner?

    let place: any OwningPlace
    let incarnation: Int
    /// The paths of those by whom, and for whom, this was started; the nearest first (R88).
    var callers: [String]

    /// Whose code is running: in a turn of a server, or in a task beside its mailbox. Tasks that such code starts have
    /// the same owner. Nil outside of all servers.
    static var current: TaskOwner? { Turn.owner ?? bound }

    func run<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        try await Self.$bound.withValue(self, operation: body)
    }

    /// Runs `body` for the current owner, as one that was started by `callers`.
    static func run<Value>(for callers: [String], _ body: () async throws -> Value) async rethrows -> Value {
        guard var owner = current else { return try await body() }
        owner.callers = callers
        return try await owner.run(body)
    }

    /// The callers of whatever is started by the code that is running.
    static var callersOfNext: [String] {
        current.map { [$0.place.path] + $0.callers } ?? []
    }

    func isSame(as other: TaskOwner) -> Bool {
        place === other.place && incarnation == other.incarnation
    }
}

/// A place as seen by the tasks that its server has started elsewhere, whatever kind of server lives there.
protocol OwningPlace: ManagedPlace, WatchedPlace {
    /// False when the incarnation is over.
    func keep(_ watch: any Watch, of incarnation: Int) -> Bool
    func forgetWatch(_ watch: any Watch, of incarnation: Int)
}

extension ServerPlace: OwningPlace {}
