/// An actor that a supervisor starts, watches and restarts, and that handles one message at a time.
///
/// A plain actor is re-entrant: while a method awaits, another may begin. A server is not. Its messages, which are what a
/// ``ServerRef`` calls and casts, are handled alone, awaits included, in the order in which they came (S15).
///
/// ```swift
/// actor Counter: GenServer {
///     enum Message: Sendable { case add(Int) }
///     private(set) var total = 0
///     func handle(_ message: Message, _ context: ServerContext<Counter>) {
///         switch message {
///         case .add(let number): total += number
///         }
///     }
/// }
/// ```
///
/// Each life of a server, from start to end, is an *incarnation*. A restart makes a new instance with the child's
/// start function; an instance is never started twice.
public protocol GenServer: Actor {
    /// What can be cast to it, and what its timers and tasks deliver. `Never` when it takes none.
    associatedtype Message: Sendable = Never

    /// Runs first in each incarnation, before any message. The supervisor starts the next child when it has returned.
    ///
    /// Throwing is a failed start. The task is cancelled when the supervisor stops the child meanwhile.
    func started(_ context: ServerContext<Self>) async throws

    /// Handles one message. Throwing ends this incarnation, with that error as the reason.
    ///
    /// The task is cancelled when the server is asked to stop.
    func handle(_ message: Message, _ context: ServerContext<Self>) async throws

    /// Clean-up, after the last message of this incarnation.
    ///
    /// Runs when an incarnation that had started ends, for whatever reason, in a task of its own that is not cancelled,
    /// for at most the child's shutdown time. The next incarnation starts after it (S4). It does not run after a failed
    /// start, nor with ``Shutdown/brutalKill``.
    func terminate(reason: ExitReason) async

    /// The state as the report of a crash may tell it; nil, as by default, for nothing.
    ///
    /// Asked on the server right after the message that it crashed at, and only if the child's specification says
    /// ``ChildSpecification/revealing(_:)``. Leave out what must not get into a log. When it throws, the report says
    /// only that the state could not be described.
    func stateDescription() throws -> String?
}

extension GenServer {
    public func started(_ context: ServerContext<Self>) async throws {
        Runtime.current.typesWithoutStarted.insert(ObjectIdentifier(Self.self))
    }

    public func terminate(reason: ExitReason) async {
        let runtime = Runtime.current
        runtime.typesWithoutTerminate.insert(ObjectIdentifier(Self.self))
        runtime.interference?.places.noteWithoutTerminate(Self.self)
    }

    public func stateDescription() throws -> String? { nil }
}

extension GenServer where Message == Never {
    public func handle(_ message: Never, _ context: ServerContext<Self>) async throws {}
}
