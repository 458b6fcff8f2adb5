internal import Synchronization

/// A call that has been sent and whose answer is collected later (G16).
///
/// ```swift
/// let totals = try shards.map { try $0.request { $0.total } }     // all are at work
/// for total in totals { sum += try await total.response(within: .seconds(2)) }
/// ```
///
/// The answer stays once it has come, and can be asked for again. A request has no deadline of its own; one that nobody
/// asks about any more does no harm. For several at once, in the order in which they are answered, there is
/// ``RequestCollection``.
public final class ServerRequest<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var outcome: Result<Value, any Error>?
        /// Tells which of several requests was answered first.
        var order = 0
        var waits: [TimedWait] = []
        var giveUp: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let runtime: Runtime

    /// - Parameter outcome: what the call has come to, asked once it is over.
    init<Server: GenServer>(
        _ call: PendingCall<Server>,
        _ outcome: @escaping @Sendable () -> Result<Value, any Error>
    ) {
        runtime = call.runtime
        state.withLock { $0.giveUp = { call.giveUp() } }
        call.begin { [self] in
            finish(outcome())
        } _: {
            call.post()
        }
    }

    private func finish(_ outcome: Result<Value, any Error>) {
        let waits = state.withLock { state in
            state.outcome = outcome
            state.order = RequestOrder.next()
            state.giveUp = nil
            defer { state.waits = [] }
            return state.waits
        }
        for wait in waits { wait.succeed() }
    }

    /// The answer, if it has come.
    public func check() -> Result<Value, any Error>? {
        state.withLock { $0.outcome }
    }

    /// The answer, as soon as it has come; nil when none has within `timeout`. The request stays, and can be asked
    /// again.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits. The request stays then, too.
    public func wait(within timeout: Duration) async throws -> Result<Value, any Error>? {
        try await wait(until: runtime.now.advanced(by: timeout))
    }

    /// The same, until the runtime's clock reaches `deadline`.
    ///
    /// - Throws: `CancellationError` when the task is cancelled while it waits.
    public func wait(until deadline: RuntimeInstant) async throws -> Result<Value, any Error>? {
        if let outcome = check() { return outcome }
        guard runtime.now < deadline else { return nil }
        let wait = TimedWait(timeout: runtime.now.duration(to: deadline))
        do {
            try await wait.wait(in: runtime) {
                notify(wait)
                return nil
            }
        } catch is ServerError {
            forget(wait)
            return check()
        } catch {
            forget(wait)
            throw error
        }
        return check()
    }

    /// The answer, as soon as it has come. The request is given up when none has within `timeout`: a body that has not
    /// begun never begins, one that runs is cancelled, and a late answer is dropped (S16).
    ///
    /// - Throws: what the body throws; ``ServerError``; `CancellationError` when the task is cancelled, in which case the
    ///   request is given up as well.
    public func response(within timeout: Duration = .seconds(5)) async throws -> Value {
        do {
            if let outcome = try await wait(within: timeout) { return try outcome.get() }
        } catch is CancellationError where check() == nil {
            cancel()
            throw CancellationError()
        }
        cancel()
        throw ServerError.timedOut(after: timeout)
    }

    /// Gives the request up, unless its answer has come.
    public func cancel() {
        let giveUp = state.withLock { $0.giveUp }
        giveUp?()
    }

    // MARK: For a collection

    /// Which answer this was, counted over all requests; nil when none has come yet.
    var order: Int? {
        state.withLock { $0.outcome == nil ? nil : $0.order }
    }

    /// Ends `wait` when the answer comes, at once if it has.
    func notify(_ wait: TimedWait) {
        let isThere = state.withLock { state in
            if state.outcome == nil { state.waits.append(wait) }
            return state.outcome != nil
        }
        if isThere { wait.succeed() }
    }

    func forget(_ wait: TimedWait) {
        state.withLock { $0.waits.removeAll { $0 === wait } }
    }
}

/// Counts the answers to requests, so that a collection can tell which came first.
private enum RequestOrder {
    private static let last = Atomic(0)

    static func next() -> Int {
        last.add(1, ordering: .relaxed).newValue
    }
}

extension ServerRef {
    /// Sends a call and goes on; its answer is collected later (G16).
    ///
    /// The body runs on the server, alone and in its turn, after what this task has sent before. A server that asks
    /// itself does not wait for itself as long as it does not collect the answer in the same turn.
    ///
    /// - Throws: ``ServerError/notRunning(_:)`` or ``ServerError/wrongServer(_:_:)`` when the name leads nowhere. What
    ///   becomes of the call is told by the request.
    public func request<Value: Sendable>(
        _ body: @escaping @Sendable (isolated Server) throws -> Value
    ) throws -> ServerRequest<Value> {
        let result = CallResult<Value>()
        let call = SynchronousCall(place: try resolve(), for: Value.self) { result.value = try body($0) }
        return ServerRequest(call) {
            result.value.map { .success($0) } ?? .failure(call.failure ?? ServerError.noReply)
        }
    }

    /// The same with a body that may suspend: the server takes no other message until it has ended.
    ///
    /// - Throws: ``ServerError/notRunning(_:)`` or ``ServerError/wrongServer(_:_:)`` when the name leads nowhere.
    public func request<Value: Sendable>(
        _ body: @escaping @Sendable (isolated Server) async throws -> Value
    ) throws -> ServerRequest<Value> {
        let call = AsynchronousCall(place: try resolve(), body: body)
        return ServerRequest(call) { call.outcome }
    }
}
