internal import Synchronization

/// A call for a server of a known type.
@usableFromInline
class PendingCall<Server: GenServer>: AnyPendingCall, @unchecked Sendable {
    // Unchecked for the reason that the class gives that it comes from.

    /// The same as ``home``, which keeps it for as long as there is the call.
    unowned(unsafe) final let place: ServerPlace<Server>

    init(place: ServerPlace<Server>) {
        self.place = place
        super.init(home: place, in: place.runtime)
    }

    /// Runs the body if it does not suspend, and ends the call. Throws what ends the incarnation.
    @usableFromInline
    func run(on server: isolated Server) throws {}

    /// The same for a body that may suspend.
    @usableFromInline
    func runAsync(on server: isolated Server) async throws {}

    /// Puts the call into the mailbox. Gives why it was refused.
    func post() -> ServerError? {
        place.post(.call(self))
    }

    /// Ends the call with what its body threw, and throws on what ends the incarnation (S10).
    final func finish(throwing error: any Error) throws {
        if let exit = place.crash(of: error) {
            fail(ServerError.exited(exit.reason))
            throw exit
        }
        fail(error)
    }
}

/// A call whose body returns its result.
class ReturningCall<Server: GenServer, Value: Sendable>: PendingCall<Server>, @unchecked Sendable {
    final var value: Value?

    /// What the call has come to, once it is over.
    final var outcome: Result<Value, any Error> {
        if let value { return .success(value) }
        return .failure(failure ?? ServerError.noReply)
    }

    /// Ends the call with its result.
    final func end(returning value: Value) {
        end { self.value = value }
    }

    /// Ends the call with what it has come to.
    final func end(with outcome: Result<Value, any Error>) {
        switch outcome {
        case .success(let value): end(returning: value)
        case .failure(let error): fail(error)
        }
    }

    override final var label: String { "call for \(Value.self)" }

    /// Posts the call, waits until it is over and returns its outcome.
    final func value(timeout: Duration) async throws -> Value {
        try await wait(timeout: timeout) { post() }
        return try outcome.get()
    }
}

/// A call whose body does not suspend.
@usableFromInline
final class SynchronousCall<Server: GenServer>: PendingCall<Server>, @unchecked Sendable {
    /// Runs the body, and keeps its result where whoever has made the call finds it: made where the type of the result is
    /// known, while the call's own functions would look it up at run time.
    private var body: (@Sendable (isolated Server) throws -> Void)?
    private let result: Any.Type

    /// `body` does not escape its caller: it is let go before the caller is resumed.
    @usableFromInline
    init(
        place: ServerPlace<Server>,
        for result: Any.Type,
        body: @escaping @Sendable (isolated Server) throws -> Void
    ) {
        self.body = body
        self.result = result
        super.init(place: place)
    }

    override var label: String { "call for \(result)" }

    override func dropBody() {
        body = nil
    }

    override func run(on server: isolated Server) throws {
        guard begin(), let outcome = runBody(on: server) else { return }
        switch outcome {
        case .success: end {}
        case .failure(let error): try finish(throwing: error)
        }
    }

    /// A function of its own, never inlined, so that the last reference to the body is gone when it returns: the
    /// caller checks that its closure has not escaped as soon as it is resumed.
    @inline(never)
    private func runBody(on server: isolated Server) -> Result<Void, any Error>? {
        guard let body else { return nil }
        dropBody()
        return Result { try body(server) }
    }
}

/// Where the result of a call is kept until its caller takes it. Whoever ends the call writes it, before the caller is
/// resumed.
@usableFromInline
final class CallResult<Value: Sendable>: @unchecked Sendable {
    // Unchecked for that reason.
    @usableFromInline var value: Value?

    @usableFromInline init() {}
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
            end(returning: value)
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
    /// Gives the answer that is kept until the clean-up is through (G7). A reply is given once, before the end that it asks
    /// for. A function, as what holds a result of any type looks that type up when it goes.
    private var parting: (@Sendable (DeferredCall) -> Void)?
    private let hasParting = Atomic(false)

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
            await performed(timeout: timeout) { post() }
            return try outcome.get()
        }
        do {
            try await visit(server, word)
        } catch {
            fail(error)
        }
        place.noteLeft()
        await awaitAnswer(timeout: timeout)
        return try outcome.get()
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
                parting = { $0.end(with: result) }
                hasParting.store(true, ordering: .releasing)
                place.exit(reason, of: incarnation)
            } else {
                place.forgetDeferred(self)
                end(with: result)
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
        guard hasParting.load(ordering: .acquiring), let parting else { return fail(error) }
        parting(self)
    }
}
