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

    /// Gives `info` to whoever has asked for this start with `startChild` or `restartChild` (R11): the port that was
    /// bound, the number of entries that were loaded.
    ///
    /// For ``GenServer/started(_:)``; the last call holds. What the server sets later is dropped, and so is what it
    /// sets when nobody has asked: at the first start of a tree and at a restart.
    public func setStartInfo(_ info: any Sendable) {
        place.setStartInfo(info, of: incarnation)
    }

    /// Sends `message` to the server itself once `delay` has passed.
    ///
    /// A timer is a message like any other: it waits for its turn. It ends with the incarnation, and what a former
    /// incarnation had set never reaches this one (S1, B14).
    @inlinable
    @discardableResult
    public func send(_ message: Server.Message, after delay: Duration) -> TimerToken {
        guard let timers = place.timers(of: incarnation) else { return TimerToken(timer: nil) }
        let timer = ServerTimer<Server>(in: consume timers, message: message)
        place.arm(timer, after: delay)
        return TimerToken(timer: timer)
    }

    /// Sends `message` to the server itself each `period`, first when one period has passed.
    ///
    /// Ticks keep to the beat of the first. A tick that comes while the last one still waits in the mailbox is left
    /// out, so that a slow server is not buried. A period that is not positive is taken as one nanosecond.
    @inlinable
    @discardableResult
    public func send(_ message: Server.Message, every period: Duration) -> TimerToken {
        let period = max(.nanoseconds(1), period)
        guard let timers = place.timers(of: incarnation) else { return TimerToken(timer: nil) }
        let timer = PeriodicTimer<Server>(in: consume timers, message: message, period: period)
        place.arm(timer, after: period)
        return TimerToken(timer: timer)
    }

    /// Has `message` handled before anything that is queued (G8). Several are handled in the order in which they were
    /// given. From ``GenServer/started(_:)`` it comes before any mail.
    @inlinable
    public func `continue`(with message: Server.Message) {
        place.postUrgent(message, from: incarnation)
    }

    /// Sends `message` to the server once it has handled no message for `timeout` (G9).
    ///
    /// Any message that is begun ends it; to go on, set it again in each. It replaces the idle timeout set before, and
    /// nil merely takes that back. Zero asks for the message as soon as the mailbox is empty.
    public func idleTimeout(_ timeout: Duration?, _ message: Server.Message) {
        let timer = timeout.map {
            IdleTimer(place: place, incarnation: incarnation, message: message, timeout: $0)
        }
        place.setIdleTimer(timer, of: incarnation)
    }

    /// One message when `other`'s present incarnation ends, at once if it is not running.
    ///
    /// It ends with this incarnation. To watch the next incarnation of `other`, set another monitor.
    @discardableResult
    public func monitor<Other: GenServer>(
        _ other: ServerRef<Other>,
        _ message: @escaping @Sendable (ExitReason) -> Server.Message
    ) -> MonitorToken {
        let monitor = ServerMonitor(place: place, incarnation: incarnation, other: other.place, message: message)
        monitor.begin(otherwise: .error(other.absence))
        return MonitorToken { monitor.stop() }
    }

    /// Ties this incarnation and that of `other` together: when one ends, the other ends for the same reason, unless
    /// that is ``ExitReason/normal``. When `other` is not running, this incarnation ends (S10).
    public func link<Other: GenServer>(_ other: ServerRef<Other>) {
        if let other = other.place {
            place.link(incarnation, to: other)
        } else {
            place.exit(.error(other.absence), of: incarnation)
        }
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
    package func mainTask(
        _ work: @escaping @Sendable () async throws -> Void,
        _ message: @escaping @Sendable (Result<Void, any Error>) -> Server.Message
    ) {
        place.startTask(of: incarnation, tellsExit: true, work, message)
    }
}

/// A monitor that ``ServerContext/monitor(_:_:)`` has set.
public struct MonitorToken: Sendable {
    let onCancel: @Sendable () -> Void

    /// Takes the monitor back. A message of its that waits in the mailbox is handled all the same.
    public func cancel() {
        onCancel()
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
