public import Synchronization

/// How a caller gets to an idle server, and off it again, with one atomic step each.
///
/// The gate is open while the state's phase is `idle`; a visitor makes it `visited`, and open again on the way out.
/// Whoever takes the lock shuts it first, and learns from what it was whether there is a visitor; it opens again when
/// the lock is released with the phase `idle`. A visitor who finds it shut on the way out knows that someone wants
/// something of the server, and leaves through the lock. The word carries the number of the incarnation above its two
/// lowest bits, so that a visitor of an abandoned one moves nothing.
@usableFromInline
enum Gate {
    @usableFromInline static var shut: UInt64 { 0 }
    @usableFromInline static var open: UInt64 { 1 }
    @usableFromInline static var visited: UInt64 { 2 }
    @usableFromInline static var mask: UInt64 { 3 }

    @inlinable
    static func word(_ gate: UInt64, _ incarnation: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: incarnation) << 2 | gate
    }
}

extension ServerPlace {
    /// Runs `body` on the state, under the lock and with the gate shut.
    @inlinable
    func withState<Value>(_ body: (inout MailboxState<Server>) -> Value) -> Value {
        state.withLock { state in
            if gate.exchange(Gate.shut, ordering: .acquiring) & Gate.mask == Gate.visited {
                state.phase = .visited
            }
            let value = body(&state)
            if resident !== state.server { resident = state.server }
            if state.phase == .idle { gate.store(Gate.word(Gate.open, state.incarnation), ordering: .releasing) }
            return value
        }
    }

    /// The server and its incarnation, if it is idle; it then belongs to the caller until
    /// ``runInPlace(_:incarnation:_:)`` returns.
    @inlinable
    func enter() -> (server: Server, incarnation: Int)? {
        let word = gate.load(ordering: .relaxed)
        guard word & Gate.mask == Gate.open else { return nil }
        let visited = word ^ Gate.open ^ Gate.visited
        guard gate.compareExchange(expected: word, desired: visited, ordering: .acquiring).exchanged,
            let resident
        else { return nil }
        return (resident, Int(truncatingIfNeeded: word >> 2))
    }

    /// Runs a call's body in the caller's own task, and leaves the server while still on it.
    @inlinable
    func runInPlace<Value>(
        _ server: isolated Server,
        incarnation: Int,
        _ body: (isolated Server) throws -> Value
    ) throws -> Value {
        do {
            let value = try body(server)
            leave(server, incarnation)
            return value
        } catch {
            throw leave(server, incarnation, after: error)
        }
    }

    @inlinable
    func leave(_ server: Server, _ incarnation: Int) {
        let isQuiet = gate.compareExchange(
            expected: Gate.word(Gate.visited, incarnation),
            desired: Gate.word(Gate.open, incarnation),
            ordering: .releasing
        ).exchanged
        if !isQuiet { leaveBusy(server, incarnation) }
    }

    /// Leaves a server that is wanted by others, that is to end, or that was abandoned meanwhile.
    @usableFromInline
    func leaveBusy(_ server: Server, _ incarnation: Int, failure: (any Error)? = nil) {
        let now = runtime.now
        let ending = withState { state -> Ending? in
            if let failure { state.fail(failure, in: incarnation, now: now) }
            return act(on: state.leave(server, incarnation: incarnation), of: incarnation, &state)
        }
        finish(ending)
    }

    /// Leaves after the body has thrown, and gives the error for the caller: an `Exit` ends the incarnation (S10).
    @usableFromInline
    func leave(_ server: Server, _ incarnation: Int, after error: any Error) -> any Error {
        guard let exit = error as? Exit else {
            leave(server, incarnation)
            return error
        }
        leaveBusy(server, incarnation, failure: exit)
        return ServerError.exited(exit.reason)
    }
}
