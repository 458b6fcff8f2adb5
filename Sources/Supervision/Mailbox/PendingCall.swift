internal import Synchronization

/// A call that waits, whatever kind of server it is for.
@usableFromInline
class AnyPendingCall: @unchecked Sendable {
    // Unchecked because it is not final; it has no state of its own.

    /// Ends the call with an error: the server is closed, has exited or was abandoned.
    func fail(_ error: any Error) {}

    /// The incarnation has ended, its clean-up included, before it has answered: with what it had left as the answer, or
    /// with the error.
    func part(otherwise error: any Error) {
        fail(error)
    }
}

/// A call that could not be served at once: it waits in the mailbox, and its caller waits for its outcome.
///
/// | State | Can become |
/// |---|---|
/// | `new` | waiting, answering (a deferred call that visits), over (given up before it was posted) |
/// | `waiting` | running, answering (a deferred call), over (deadline, cancellation, server closed) |
/// | `running` | over |
/// | `answering` | over |
/// | `over` | nothing |
///
/// Whoever moves it to `over` writes the outcome and resumes the caller: exactly once.
@usableFromInline
class PendingCall<Server: GenServer>: AnyPendingCall, DeadlineTarget, @unchecked Sendable {
    // Unchecked because of the subclasses' bodies and outcomes. A body is taken by whoever begins or ends the call,
    // under `state`; an outcome is written before the caller is resumed, and read by the caller after it.

    /// How whoever waits for the outcome goes on. Called exactly once.
    fileprivate enum Resumption {
        case task(UnsafeContinuation<Void, Never>)
        case request(@Sendable () -> Void)

        func resume() {
            switch self {
            case .task(let continuation): continuation.resume()
            case .request(let onEnd): onEnd()
            }
        }
    }

    fileprivate enum State {
        case new
        case waiting(Resumption)
        case running(Resumption)
        /// Nobody waits yet while the caller itself visits the server.
        case answering(Resumption?)
        case over
    }

    private let state = Mutex(State.new)
    /// Says `waiting` without the lock: the mailbox asks under its own, which is taken after this one.
    private let waits = Atomic(false)
    private let deadline = Mutex<DeadlineQueue.Token?>(nil)
    let place: ServerPlace<Server>
    /// The turn that the caller is at, if it is a server's, and waits. Changed only before the call is posted.
    private(set) final var caller = Turn.current

    init(place: ServerPlace<Server>) {
        self.place = place
    }

    /// Whether the body may suspend.
    @usableFromInline
    var isAsynchronous: Bool { false }

    /// What kind of call it is, for a log.
    var label: String { "call" }

    /// Whether it may still be begun; ``begin()`` decides.
    final var isWaiting: Bool { waits.load(ordering: .relaxed) }

    /// Runs the body if it does not suspend, and ends the call. Throws what ends the incarnation.
    @usableFromInline
    func run(on server: isolated Server) throws {}

    /// The same for a body that may suspend.
    @usableFromInline
    func runAsync(on server: isolated Server) async throws {}

    /// Writes the outcome of a call that has no result. Called once, by whoever ends the call.
    func setFailure(_ error: any Error) {}

    /// Lets the body go; it must not outlive the call.
    func dropBody() {}

    // MARK: The caller's side

    /// Posts the call and suspends until it is over.
    final func perform(timeout: Duration) async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                guard park(.task(continuation)) else { return continuation.resume() }
                if let refusal = post() {
                    fail(refusal)
                    return
                }
                armDeadline(timeout)
            }
        } onCancel: {
            withdraw(CancellationError())
        }
    }

    /// The same, as a simulation sees it.
    final func performed(timeout: Duration) async {
        guard let interference = place.runtime.interference else { return await perform(timeout: timeout) }
        await interference.pass()
        interference.note("\(caller?.path ?? "a task") asks \(place.path) (\(label))")
        let number = interference.waits.begin { [caller, place, label] in
            "\(caller?.path ?? "a task") waits for \(place.path) (\(label))"
        }
        await perform(timeout: timeout)
        interference.waits.end(number)
        await interference.pass()
    }

    /// Posts the call and goes on; `onEnd` is called once, when it is over, outside of every lock.
    final func begin(onEnd: @escaping @Sendable () -> Void) {
        caller = nil
        guard park(.request(onEnd)) else { return onEnd() }
        if let refusal = post() { fail(refusal) }
    }

    /// Whoever has begun the call does not want its answer any more.
    final func giveUp() {
        withdraw(CancellationError())
    }

    /// Puts the call into the mailbox. Gives why it was refused.
    func post() -> ServerError? {
        place.post(.call(self))
    }

    /// The caller begins the call itself, in the server.
    fileprivate final func beginVisit() {
        state.withLock { $0 = .answering(nil) }
    }

    /// Suspends until a call that the caller has begun itself is answered.
    final func awaitAnswer(timeout: Duration) async {
        if isOver { return }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isThere = state.withLock { state in
                    guard case .answering = state else { return true }
                    state = .answering(.task(continuation))
                    return false
                }
                if isThere { continuation.resume() } else { armDeadline(timeout) }
            }
        } onCancel: {
            withdraw(CancellationError())
        }
    }

    final var isOver: Bool {
        state.withLock { state in
            if case .over = state { return true }
            return false
        }
    }

    private func park(_ continuation: Resumption) -> Bool {
        state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            waits.store(true, ordering: .relaxed)
            return true
        }
    }

    private func armDeadline(_ timeout: Duration) {
        self.timeout = timeout
        let token = place.runtime.deadlines.schedule(at: place.runtime.now.advanced(by: timeout), self)
        deadline.withLock { $0 = token }
        if isOver { disarmDeadline() }
    }

    /// Whether the caller gave up while the body ran: its task is, or is about to be, cancelled. Written under `state`,
    /// read by the drain when the call has ended.
    private(set) var isGivenUp = false

    /// Whether it waits for room, and is not in the mailbox yet (S17). Guarded by the mailbox's lock.
    final var waitsForRoom = false

    // Written before the deadline is scheduled, read when it has passed: the queue's lock is between the two.
    private var timeout = Duration.zero

    fileprivate func disarmDeadline() {
        let token = deadline.withLock { token in
            defer { token = nil }
            return token
        }
        if let token { place.runtime.deadlines.cancel(token) }
    }

    package final func deadlinePassed(tag: UInt64) {
        withdraw(ServerError.timedOut(after: timeout))
    }

    private enum Standing { case waiting, running, answering, other }

    /// The caller gives up: its deadline passed or its task was cancelled (S16).
    private func withdraw(_ error: any Error) {
        var continuation: Resumption?
        var work: Task<Void, Never>?
        let was = state.withLock { state -> Standing in
            switch state {
            case .new:
                state = .over
                setFailure(error)
                dropBody()
                return .other
            case .waiting(let caller):
                state = .over
                waits.store(false, ordering: .relaxed)
                setFailure(error)
                dropBody()
                continuation = caller
                return .waiting
            case .running(let caller):
                // A body that does not suspend is about to return; its caller lends it its stack until then.
                guard isAsynchronous else { return .other }
                state = .over
                setFailure(error)
                continuation = caller
                // Asked for under this lock, so that it is the task of this very message. It is cancelled outside, as
                // that runs handlers of the body's; the task takes no other message after this one.
                isGivenUp = true
                work = place.task(running: self)
                return .running
            case .answering(let caller):
                state = .over
                setFailure(error)
                continuation = caller
                return .answering
            case .over:
                return .other
            }
        }
        work?.cancel()
        if was == .waiting { place.noteWithdrawn(self) }
        if was == .answering { place.forgetDeferred(self) }
        if let continuation {
            disarmDeadline()
            continuation.resume()
        }
    }

    // MARK: The server's side

    /// The call's turn has come. False when it was given up before.
    final func begin() -> Bool {
        state.withLock { state in
            guard case .waiting(let caller) = state else { return false }
            state = .running(caller)
            waits.store(false, ordering: .relaxed)
            return true
        }
    }

    /// The turn of a deferred call has come. In one step, so that no deadline finds it between the two states.
    final func beginAnswering() -> Bool {
        state.withLock { state in
            guard case .waiting(let caller) = state else { return false }
            state = .answering(caller)
            waits.store(false, ordering: .relaxed)
            return true
        }
    }

    /// Ends the call with what `write` sets as its outcome. False when it was over before.
    @discardableResult
    final func end(_ write: () -> Void) -> Bool {
        var continuation: Resumption?
        let isFirst = state.withLock { state in
            switch state {
            case .new, .over: return false
            case .waiting(let caller), .running(let caller): continuation = caller
            case .answering(let caller): continuation = caller
            }
            state = .over
            waits.store(false, ordering: .relaxed)
            write()
            dropBody()
            return true
        }
        guard let continuation else { return isFirst }
        disarmDeadline()
        continuation.resume()
        return true
    }

    override final func fail(_ error: any Error) {
        end { setFailure(error) }
    }
}

/// A call whose body returns its result.
class ReturningCall<Server: GenServer, Value: Sendable>: PendingCall<Server>, @unchecked Sendable {
    final var outcome: Result<Value, any Error>?

    override final func setFailure(_ error: any Error) {
        outcome = .failure(error)
    }

    override final var label: String { "call for \(Value.self)" }

    /// Posts the call, waits until it is over and returns its outcome.
    final func value(timeout: Duration) async throws -> Value {
        try checkForCycle()
        await performed(timeout: timeout)
        return try result()
    }

    fileprivate final func checkForCycle() throws(ServerError) {
        guard let path = caller?.cycle(to: place) else { return }
        dropBody()
        throw .callCycle(path)
    }

    fileprivate final func result() throws -> Value {
        guard let outcome else { throw ServerError.noReply }
        return try outcome.get()
    }

    /// Ends the call with what its body threw, and throws on what ends the incarnation (S10).
    fileprivate func finish(throwing error: any Error) throws {
        if let exit = place.crash(of: error) {
            fail(ServerError.exited(exit.reason))
            throw exit
        }
        fail(error)
    }
}

/// A call whose body does not suspend.
final class SynchronousCall<Server: GenServer, Value: Sendable>: ReturningCall<Server, Value>, @unchecked Sendable {
    private var body: (@Sendable (isolated Server) throws -> Value)?

    /// `body` does not escape its caller: it is let go before the caller is resumed.
    init(place: ServerPlace<Server>, body: @escaping @Sendable (isolated Server) throws -> Value) {
        self.body = body
        super.init(place: place)
    }

    override func dropBody() {
        body = nil
    }

    override func run(on server: isolated Server) throws {
        guard begin(), let outcome = runBody(on: server) else { return }
        switch outcome {
        case .success: end { self.outcome = outcome }
        case .failure(let error): try finish(throwing: error)
        }
    }

    /// A function of its own, never inlined, so that the last reference to the body is gone when it returns: the
    /// caller checks that its closure has not escaped as soon as it is resumed.
    @inline(never)
    private func runBody(on server: isolated Server) -> Result<Value, any Error>? {
        guard let body else { return nil }
        dropBody()
        return Result { try body(server) }
    }
}

/// A call whose body may suspend.
final class AsynchronousCall<Server: GenServer, Value: Sendable>: ReturningCall<Server, Value>, @unchecked Sendable {
    private let body: @Sendable (isolated Server) async throws -> Value

    init(place: ServerPlace<Server>, body: @escaping @Sendable (isolated Server) async throws -> Value) {
        self.body = body
        super.init(place: place)
    }

    override var isAsynchronous: Bool { true }

    /// The turn of the body, for the caller. It is taken in the drain's.
    private var turn: Turn { Turn(place, of: Turn.current?.incarnation ?? place.incarnation, for: caller) }

    override func runAsync(on server: isolated Server) async throws {
        guard begin() else { return }
        do {
            let value = try await caller == nil ? body(server) : turn.run { try await body(server) }
            end { outcome = .success(value) }
        } catch {
            // Cancelled by the server's stop, not by its own caller, who would not know what to make of it (S11).
            if error is CancellationError, let reason = place.exitUnderWay {
                fail(ServerError.exited(reason))
            } else if error is CancellationError, isGivenUp {
                // Cancelled by its own caller, who is gone: whatever counts as a crash, this does not (S16).
                return
            } else {
                try finish(throwing: error)
            }
        }
    }
}

/// A call that the server answers later, through a ``Reply``.
final class DeferredCall<Server: GenServer, Value: Sendable>: ReturningCall<Server, Value>, @unchecked Sendable {
    private let body: @Sendable (isolated Server, Reply<Value>) throws -> Void
    /// The answer that is given when the clean-up is through (G7).
    private let parting = Mutex<Result<Value, any Error>?>(nil)

    init(place: ServerPlace<Server>, body: @escaping @Sendable (isolated Server, Reply<Value>) throws -> Void) {
        self.body = body
        super.init(place: place)
    }

    /// As ``value(timeout:)``, but when the server is idle the body runs at once, in the caller's own task.
    func visitingValue(timeout: Duration) async throws -> Value {
        try await visitingValue(timeout: timeout) { try await visit($0, by: $1) }
    }

    func visitingValue(timeout: Duration, _ visit: (Server, UInt64) async throws -> Void) async throws -> Value {
        try checkForCycle()
        guard !Task.isCancelled, let (server, word) = place.enter() else {
            await performed(timeout: timeout)
            return try result()
        }
        do {
            try await visit(server, word)
        } catch {
            end { outcome = .failure(error) }
        }
        await awaitAnswer(timeout: timeout)
        return try result()
    }

    func visit(_ server: isolated Server, by word: UInt64) throws {
        try place.runInPlace(server, by: word) { server in
            beginVisit()
            let incarnation = Gate.incarnation(word)
            let reply = reply(of: incarnation)
            // Kept until a failure of the body has been told: the end of a reply without an answer is an outcome, too.
            try withExtendedLifetime(reply) {
                do {
                    try body(server, reply)
                } catch {
                    fail(place.crash(of: error).map { ServerError.exited($0.reason) } ?? error)
                    throw error
                }
            }
            // Noted only now, since as a rule it is answered already. The incarnation lasts as long as the visit does,
            // unless it has been abandoned.
            if isOver { return }
            if !place.noteDeferred(self, of: incarnation) { return part(otherwise: ServerError.exited(.unstoppable)) }
            if isOver { place.forgetDeferred(self) }
        }
    }

    private func reply(of incarnation: Int) -> Reply<Value> {
        Reply<Value> { [self] result, reason in
            if let reason {
                parting.withLock { $0 = result }
                place.exit(reason, of: incarnation)
            } else {
                place.forgetDeferred(self)
                end { outcome = result }
            }
        }
    }

    override func run(on server: isolated Server) throws {
        // Noted before the body runs: the reply may come from anywhere as soon as the body has it.
        let incarnation = place.noteDeferred(self)
        guard beginAnswering() else { return place.forgetDeferred(self) }
        let reply = reply(of: incarnation)
        // Kept until a failure of the body has been told: the end of a reply without an answer is an outcome, too.
        try withExtendedLifetime(reply) {
            do {
                try body(server, reply)
            } catch {
                place.forgetDeferred(self)
                try finish(throwing: error)
            }
        }
    }

    override func part(otherwise error: any Error) {
        guard let result = parting.withLock({ $0 }) else { return fail(error) }
        end { outcome = result }
    }
}
