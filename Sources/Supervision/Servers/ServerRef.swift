internal import Synchronization

/// The address of a server. It survives the server's restarts (S1).
///
/// A reference leads to a place in the tree, not to one instance: while a child is being restarted its calls wait for
/// the next incarnation (S2), each within its own time.
public struct ServerRef<Server: GenServer>: Sendable {
    /// The place; for an address by name, what the name led to when the address was made, if anything. As long as that
    /// has a server that can be entered, the name need not be looked up.
    @usableFromInline let known: ServerPlace<Server>?
    /// What the name leads to, whenever it does; nil for the address of a place.
    @usableFromInline let entry: NameEntry?

    @inlinable
    init(place: ServerPlace<Server>) {
        known = place
        entry = nil
    }

    init(known: ServerPlace<Server>?, entry: NameEntry) {
        self.known = known
        self.entry = entry
    }

    /// The server that `name` leads to in a runtime, whenever it is called. The server need not run yet.
    public init(_ name: ServerName<Server>, in runtime: Runtime = .current) {
        let entry = runtime.names.entry(for: name.rawValue)
        self.init(known: entry.place.withLock { $0 } as? ServerPlace<Server>, entry: entry)
    }

    @inlinable
    func resolve() throws(ServerError) -> ServerPlace<Server> {
        if let entry {
            let place = try entry.find()
            // Mostly still the one that it was, of which the type is known.
            if let known, known === place { return known }
            if let place = place as? ServerPlace<Server> { return place }
            throw place == nil ? .notRunning(entry.name) : .wrongServer(entry.name, "\(Server.self)")
        }
        if let known { return known }
        throw .notRunning("\(Server.self)")
    }

    @inlinable var place: ServerPlace<Server>? { try? resolve() }

    /// What an error calls the server.
    var label: String { place?.label ?? entry?.name ?? "\(Server.self)" }

    /// Why there is no place, when there is none.
    var absence: ServerError {
        do throws(ServerError) {
            return .notRunning(try resolve().label)
        } catch {
            return error
        }
    }
}

// MARK: - Calls

extension ServerRef {
    /// Runs `body` on the server, alone and in its turn, and returns its result.
    ///
    /// When the server is idle the body runs at once, in the caller's own task, cancelled or not. Otherwise the call
    /// waits its turn; it is taken out of the mailbox when `timeout` passes or the caller is cancelled (S16). A body of
    /// this form does not suspend, so it is never interrupted once it has begun.
    ///
    /// What the body throws goes to the caller and leaves the server running (S10); an ``Exit`` ends the incarnation,
    /// and the caller gets ``ServerError/exited(_:)``.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait for the turn.
    ///   - body: what runs on the server; it does not suspend.
    /// - Throws: what the body throws; ``ServerError``; `CancellationError` when the caller is cancelled.
    @inlinable
    public func call<Reply: Sendable>(
        timeout: Duration = .seconds(5),
        _ body: @Sendable (isolated Server) throws -> Reply
    ) async throws -> Reply {
        if let known, let (server, word) = known.enter() {
            defer { known.noteLeft() }
            return try await known.runInPlace(server, by: word, body)
        }
        let place = try resolve()
        if place !== known, let (server, word) = place.enter() {
            defer { place.noteLeft() }
            return try await place.runInPlace(server, by: word, body)
        }
        return try await place.queue(timeout: timeout, body)
    }

    /// Runs a body that may suspend on the server; the server takes no other message until it has ended.
    ///
    /// The body runs in a task of the server's. When `timeout` passes or the caller is cancelled, the caller returns at
    /// once; a body not yet begun never begins, one that runs is cancelled and its late result dropped (S16).
    ///
    /// - Parameters:
    ///   - timeout: how long to wait for the result, the turn included.
    ///   - body: what runs on the server; it may suspend.
    /// - Throws: what the body throws; ``ServerError``; `CancellationError` when the caller is cancelled.
    public func call<Reply: Sendable>(
        timeout: Duration = .seconds(5),
        _ body: @escaping @Sendable (isolated Server) async throws -> Reply
    ) async throws -> Reply {
        let place = try resolve()
        guard let surroundings = place.surroundings else {
            return try await AsynchronousCall(place: place, body: body).value(timeout: timeout)
        }
        return try await place.surroundCall(in: surroundings) { call in
            try await AsynchronousCall(place: place) { server in
                try await call.run(in: place.currentIncarnation) { try await body(server) }
            }.value(timeout: timeout)
        }
    }

    /// Runs `body` on the server, which answers later, from anywhere, through the ``Reply`` that it is given.
    ///
    /// When the server is idle the body runs at once, in the caller's own task. The server goes on with its next message
    /// as soon as the body has returned.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait for the answer, the turn included.
    ///   - body: what runs on the server, and is given what to answer with.
    /// - Throws: what the body throws or the reply is given; ``ServerError``; `CancellationError` when the caller is
    ///   cancelled.
    public func call<Value: Sendable>(
        timeout: Duration = .seconds(5),
        replyingLater body: @escaping @Sendable (isolated Server, Reply<Value>) throws -> Void
    ) async throws -> Value {
        let place = try resolve()
        guard let surroundings = place.surroundings else {
            return try await DeferredCall(place: place, body: body).visitingValue(timeout: timeout)
        }
        return try await place.surroundCall(in: surroundings) { call in
            try await DeferredCall(place: place) { server, reply in
                try call.run(in: place.currentIncarnation) { try body(server, reply) }
            }.visitingValue(timeout: timeout)
        }
    }

    /// Puts a message into the server's mailbox and goes on. A message to a server that is not running is dropped (G6).
    // Not inlined: there a caller would count references to the place, which it holds anyway.
    @inlinable
    @inline(never)
    public func cast(_ message: Server.Message) {
        // A place that takes mail, or has a reason of its own not to, is still what the name leads to, which need not be
        // looked up.
        if let known {
            switch known.postPlainly(.message(message)) {
            case .accepted: return
            case .byRules: guard case .notRunning = known.postByRules(.message(message)) else { return }
            case .refused: break
            }
        }
        if let place, place !== known { place.post(.message(message)) }
    }
}

extension ServerRef {
    /// Puts a message into the server's mailbox, and returns when it is there.
    ///
    /// A ``cast(_:)`` for a sender that wants to know: a full mailbox makes it wait or is told (S17), and so is a server
    /// that is not running. When it throws, the message was not let in.
    ///
    /// - Parameters:
    ///   - message: what the server is to handle.
    ///   - timeout: how long to wait for room, if the mailbox has the policy ``MailboxOverflow/suspend``.
    /// - Throws: ``ServerError``: `overloaded`, `shuttingDown`, `notRunning`, `timedOut`, `exited`, and `callCycle` when it
    ///   would wait for itself to make room; `CancellationError` when the caller is cancelled while it waits.
    public func send(_ message: Server.Message, timeout: Duration = .seconds(5)) async throws {
        let place = try resolve()
        guard place.rules?.mailbox?.overflow == .suspend else {
            if let refusal = place.post(.message(message)) { throw refusal }
            return
        }
        if let path = Turn.current?.cycle(to: place) {
            // The room that it would wait for is its own to make (S12).
            switch place.post(.message(message)) {
            case .overloaded: throw ServerError.callCycle(path)
            case let refusal?: throw refusal
            case nil: return
            }
        }
        let sender = TimedWait(timeout: timeout)
        do {
            try await sender.wait(in: place.runtime) { place.postByRules(.message(message), from: sender) }
        } catch {
            place.noteWithdrawnSender()
            throw error
        }
    }
}

extension ServerPlace {
    /// The way of a call whose server is not idle.
    @inlinable
    func queue<Value: Sendable>(
        timeout: Duration,
        _ body: @Sendable (isolated Server) throws -> Value
    ) async throws -> Value {
        if runtime.isSimulated, let entry = await visitInSimulation() {
            defer { noteLeft() }
            return try await runInPlace(entry.server, by: entry.word, body)
        }
        if isSurrounded { return try await callSurrounded(timeout: timeout, body) }
        return try await queuePlain(timeout: timeout, body)
    }

    @inlinable
    func queuePlain<Value: Sendable>(
        timeout: Duration,
        _ body: @Sendable (isolated Server) throws -> Value
    ) async throws -> Value {
        // The call lets the body go before it resumes this function, so the body does not escape.
        return try await withoutActuallyEscaping(body) { body in
            let result = CallResult<Value>()
            let call = SynchronousCall(place: self, for: Value.self) { result.value = try body($0) }
            try await call.wait(timeout: timeout) { post(.call(call)) }
            guard let value = result.value else { throw ServerError.noReply }
            return value
        }
    }

    @usableFromInline
    func visitInSimulation() async -> (server: Server, word: UInt64)? {
        guard let interference = runtime.interference else { return nil }
        return await visit(interference)
    }
}

// MARK: - Life

extension ServerRef {
    /// Ends the incarnation with `reason`, and waits until its clean-up is through (G15).
    ///
    /// What follows is its supervisor's matter: a permanent child is restarted. To take a child out for good, use
    /// `terminateChild(_:)` of its supervisor.
    ///
    /// - Parameters:
    ///   - reason: why it ends.
    ///   - timeout: how long to wait for the end; nil for as long as it takes.
    /// - Throws: ``ServerError/notRunning(_:)``; ``ServerError/timedOut(after:)`` when the server has not ended in time,
    ///   though it is still asked to; ``ServerError/callCycle(_:)`` when it would wait for itself: throw an ``Exit``
    ///   instead.
    public func stop(_ reason: ExitReason = .normal, timeout: Duration? = nil) async throws {
        let place = try resolve()
        if let path = Turn.current?.cycle(to: place) { throw ServerError.callCycle(path) }
        guard place.isOccupied else { throw ServerError.notRunning(place.label) }
        if await place.waitForExit(within: timeout, asking: reason) == nil {
            throw ServerError.timedOut(after: timeout ?? .zero)
        }
    }

    /// Asks the incarnation to end with `reason` and goes on. An abnormal reason is a crash (S10).
    public func exit(_ reason: ExitReason) {
        place?.exit(reason, of: nil)
    }

    /// Suspends until this incarnation has ended; returns at once if it already has. It waits on when the caller is
    /// cancelled.
    public func waitForExit() async -> ExitReason {
        await place?.waitForExit() ?? .normal
    }

    /// What the server is doing.
    public var status: ServerStatus {
        place?.status ?? .stopped(nil)
    }
}

/// What a server is doing.
public enum ServerStatus: Sendable {
    /// Its first start is under way.
    case starting
    /// It runs, in its life of that number, counted from 1.
    case running(incarnation: Int)
    /// It has ended and is being started again; attempts count from 1.
    case restarting(attempt: Int)
    /// It is down, for the reason it ended with; nil when it never ran.
    case stopped(ExitReason?)
}

extension ServerStatus: CustomStringConvertible {
    public var description: String {
        switch self {
        case .starting: "starting"
        case .running: "running"
        case .restarting(let attempt): attempt > 1 ? "restarting (attempt \(attempt))" : "restarting"
        case .stopped(nil): "stopped"
        case .stopped(let reason?): "stopped (\(reason))"
        }
    }
}
