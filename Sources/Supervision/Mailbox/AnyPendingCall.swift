internal import Synchronization

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
///
/// It knows nothing of the type of its server or of its result, which would be looked up at run time on each step.
@usableFromInline
class AnyPendingCall: DeadlineTarget, @unchecked Sendable {
    // Unchecked because of the subclasses' bodies and outcomes. A body is taken by whoever begins or ends the call,
    // under `state`; an outcome is written before the caller is resumed, and read by the caller after it.

    /// How whoever waits for the outcome goes on. Called exactly once.
    private enum Resumption {
        case task(UnsafeContinuation<Void, Never>)
        case request(@Sendable () -> Void)

        func resume() {
            switch self {
            case .task(let continuation): continuation.resume()
            case .request(let onEnd): onEnd()
            }
        }
    }

    private enum State {
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
    private let deadline = Mutex<TargetDeadline?>(nil)
    /// The place of the server that it is for.
    final let home: any ManagedPlace
    final let runtime: Runtime
    /// Why it has no result. Written by whoever ends the call.
    private(set) final var failure: (any Error)?
    /// The turn that the caller is at, if it is a server's, and waits. Changed only before the call is posted.
    private(set) final var caller = Turn.current

    init(home: any ManagedPlace, in runtime: Runtime) {
        self.home = home
        self.runtime = runtime
    }

    /// Whether the body may suspend.
    @usableFromInline
    var isAsynchronous: Bool { false }

    /// What kind of call it is, for a log.
    var label: String { "call" }

    /// Whether it may still be begun; ``begin()`` decides.
    final var isWaiting: Bool { waits.load(ordering: .relaxed) }

    /// Lets the body go; it must not outlive the call.
    func dropBody() {}

    // MARK: The caller's side

    /// Posts the call, waits until it is over, and throws if it has no result.
    @usableFromInline
    final func wait(timeout: Duration, _ post: () -> ServerError?) async throws {
        try checkForCycle()
        await performed(timeout: timeout, post)
        if let failure { throw failure }
    }

    final func checkForCycle() throws(ServerError) {
        guard let path = caller?.cycle(to: home) else { return }
        dropBody()
        throw .callCycle(path)
    }

    /// Posts the call and suspends until it is over.
    private func perform(timeout: Duration, _ post: () -> ServerError?) async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                guard park(.task(continuation)) else { return continuation.resume() }
                if let refusal = post() {
                    fail(refusal)
                    return
                }
                armDeadline(timeout)
                if caller != nil, home.isVacant { checkForRestartCycle() }
            }
        } onCancel: {
            withdraw(CancellationError())
        }
    }

    /// The server is down. Ends the call if the restart that it waits for waits for the caller (S12): when a start calls
    /// a sibling, and their supervisor starts one child after the other.
    final func checkForRestartCycle() {
        guard let path = caller?.cycle(to: home, awaiting: .restart), begin() else { return }
        home.noteWithdrawn(self)
        fail(ServerError.callCycle(path))
    }

    /// The same, as a simulation sees it.
    final func performed(timeout: Duration, _ post: () -> ServerError?) async {
        guard let interference = runtime.interference else { return await perform(timeout: timeout, post) }
        await interference.pass()
        interference.note("\(caller?.path ?? "a task") asks \(home.path) (\(label))")
        let number = interference.waits.begin { [caller, home, label] in
            "\(caller?.path ?? "a task") waits for \(home.path) (\(label))"
        }
        await perform(timeout: timeout, post)
        interference.waits.end(number)
        await interference.pass()
    }

    /// Posts the call and goes on; `onEnd` is called once, when it is over, outside of every lock.
    final func begin(onEnd: @escaping @Sendable () -> Void, _ post: () -> ServerError?) {
        caller = nil
        guard park(.request(onEnd)) else { return onEnd() }
        if let refusal = post() { fail(refusal) }
    }

    /// Whoever has begun the call does not want its answer any more.
    final func giveUp() {
        withdraw(CancellationError())
    }

    /// The caller begins the call itself, in the server.
    final func beginVisit() {
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
        let token = runtime.pendingDeadlines.schedule(at: runtime.now.advanced(by: timeout), self)
        deadline.withLock { $0 = token }
        if isOver { disarmDeadline() }
    }

    /// Whether the caller gave up while the body ran: its task is, or is about to be, cancelled. Written under `state`,
    /// read by the drain when the call has ended.
    @usableFromInline private(set) final var isGivenUp = false

    /// Whether it waits for room, and is not in the mailbox yet (S17). Guarded by the mailbox's lock.
    final var waitsForRoom = false

    // Written before the deadline is scheduled, read when it has passed: the queue's lock is between the two.
    private var timeout = Duration.zero

    private func disarmDeadline() {
        let token = deadline.withLock { token in
            defer { token = nil }
            return token
        }
        if let token { runtime.pendingDeadlines.cancel(token) }
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
                failure = error
                dropBody()
                return .other
            case .waiting(let caller):
                state = .over
                waits.store(false, ordering: .relaxed)
                failure = error
                dropBody()
                continuation = caller
                return .waiting
            case .running(let caller):
                // A body that does not suspend is about to return; its caller lends it its stack until then.
                guard isAsynchronous else { return .other }
                state = .over
                failure = error
                continuation = caller
                // Asked for under this lock, so that it is the task of this very message. It is cancelled outside, as
                // that runs handlers of the body's; the task takes no other message after this one.
                isGivenUp = true
                work = home.task(running: self)
                return .running
            case .answering(let caller):
                state = .over
                failure = error
                continuation = caller
                return .answering
            case .over:
                return .other
            }
        }
        work?.cancel()
        if was == .waiting { home.noteWithdrawn(self) }
        if was == .answering { home.forgetDeferred(self) }
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

    /// Ends the call with an error: the server is closed, has exited or was abandoned.
    final func fail(_ error: any Error) {
        end { failure = error }
    }

    /// The incarnation has ended, its clean-up included, before it has answered: with what it had left as the answer, or
    /// with the error.
    func part(otherwise error: any Error) {
        fail(error)
    }
}
