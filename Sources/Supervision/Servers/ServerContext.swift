/// What a server may do beside its own state. All that it starts here ends with the incarnation.
public struct ServerContext<Server: GenServer>: Sendable {
    @usableFromInline let place: ServerPlace<Server>
    /// The number of this life of the server, from 1.
    public let incarnation: Int

    @inlinable
    init(place: ServerPlace<Server>, incarnation: Int) {
        self.place = place
        self.incarnation = incarnation
    }

    /// The server's own address.
    public var ref: ServerRef<Server> { ServerRef(place: place) }

    /// The runtime that the server lives in: its clock, its randomness, its events.
    public var runtime: Runtime { place.runtime }

    /// Where the server stands in the tree, such as `app/ingest/poller`.
    public var path: String { place.path }

    /// The name that the server is registered under, if it has one.
    public var name: String? { place.name }

    /// Sends `message` to the server itself once `delay` has passed.
    ///
    /// A timer is a message like any other: it waits for its turn. It ends with the incarnation, and what a former
    /// incarnation had set never reaches this one (S1, B14).
    @discardableResult
    public func send(_ message: Server.Message, after delay: Duration) -> TimerToken {
        setTimer(message, first: delay, period: nil)
    }

    /// Sends `message` to the server itself each `period`, first when one period has passed.
    ///
    /// Ticks keep to the beat of the first. A tick that comes while the last one still waits in the mailbox is left
    /// out, so that a slow server is not buried. A period that is not positive is taken as one nanosecond.
    @discardableResult
    public func send(_ message: Server.Message, every period: Duration) -> TimerToken {
        let period = max(.nanoseconds(1), period)
        return setTimer(message, first: period, period: period)
    }

    private func setTimer(_ message: Server.Message, first: Duration, period: Duration?) -> TimerToken {
        let timer = ServerTimer(
            place: place,
            incarnation: incarnation,
            message: message,
            first: runtime.now.advanced(by: first),
            period: period
        )
        if place.keep(timer, of: incarnation) { timer.arm() }
        return TimerToken { timer.cancel() }
    }

    /// Work beside the mailbox: the server goes on handling messages, and the outcome comes back as one.
    ///
    /// The work is cancelled when the incarnation ends, and waited for before `terminate` runs; no outcome comes then.
    @discardableResult
    public func task<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value,
        _ message: @escaping @Sendable (Result<Value, any Error>) -> Server.Message
    ) -> TaskToken {
        place.startTask(of: incarnation, tellsExit: false, work, message)
    }

    /// Work that is what the server is for: what it throws while the server stops is told with the end.
    func mainTask(
        _ work: @escaping @Sendable () async throws -> Void,
        _ message: @escaping @Sendable (Result<Void, any Error>) -> Server.Message
    ) {
        place.startTask(of: incarnation, tellsExit: true, work, message)
    }
}

/// Work that ``ServerContext/task(_:_:)`` has started.
public struct TaskToken: Sendable {
    let task: Task<Void, Never>?

    /// Cancels the work. Its outcome still comes as a message, most often a `CancellationError`.
    public func cancel() {
        task?.cancel()
    }
}
