/// A child that is one long-running function rather than a server.
///
/// The function is cancelled when the supervisor stops the child. Returning is a normal end, which a permanent worker
/// is restarted after; throwing is a crash, a `CancellationError` that no stop has caused included (S11).
///
/// ```swift
/// Worker("poller") {
///     while true {
///         try await poll()
///         try await Runtime.current.sleep(for: .seconds(10))
///     }
/// }
/// ```
public struct Worker: ChildSpecification {
    /// The child that runs the function.
    public let child: Child

    /// A worker that runs `run`, anew for each incarnation.
    ///
    /// - Parameters:
    ///   - id: the child's id within its supervisor.
    ///   - restart: when it is started again after it has ended.
    ///   - shutdown: how long it is given to return once it is cancelled; nil for 5 seconds.
    ///   - significant: whether its end can end its supervisor.
    ///   - backoff: how long to wait before a restart; nil for not at all.
    ///   - run: the function.
    public init(
        _ id: ChildID,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        significant: Bool = false,
        backoff: Backoff? = nil,
        run: @escaping @Sendable () async throws -> Void
    ) {
        child = Child(
            id,
            restart: restart,
            shutdown: shutdown,
            significant: significant,
            backoff: backoff
        ) { WorkerServer(run: run) }
    }
}

/// The server behind a ``Worker``: it has one task, and ends when that does.
actor WorkerServer: GenServer {
    struct Message: Sendable {
        var outcome: Result<Void, any Error>
    }

    private let begin: @Sendable (ServerContext<WorkerServer>) throws -> Void
    private let run: @Sendable () async throws -> Void

    /// `begin` comes before `run`, in the start.
    init(
        begin: @escaping @Sendable (ServerContext<WorkerServer>) throws -> Void = { _ in },
        run: @escaping @Sendable () async throws -> Void
    ) {
        self.begin = begin
        self.run = run
    }

    func started(_ context: ServerContext<WorkerServer>) throws {
        try begin(context)
        context.mainTask(run) { Message(outcome: $0) }
    }

    func handle(_ message: Message, _ context: ServerContext<WorkerServer>) throws {
        try message.outcome.get()
        throw Exit(.normal)
    }
}
