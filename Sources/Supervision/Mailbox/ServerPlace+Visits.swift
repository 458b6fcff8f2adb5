public import Synchronization

/// How a caller gets to an idle server, and off it again, with one atomic step each.
///
/// The gate is open while the state's phase is `idle`; a visitor makes it `visited`, and open again on the way out.
/// Whoever takes the lock shuts it first, and learns from what it was whether there is a visitor; it opens again when
/// the lock is released with the phase `idle`. A visitor who finds it shut on the way out knows that someone wants
/// something of the server, and leaves through the lock.
///
/// The word has the gate in its two lowest bits. Above it stands a count of visits, which an idle timer looks at and
/// which costs nothing here; above that the number of the incarnation, so that a visitor of an abandoned one moves
/// nothing.
@usableFromInline
struct Gate {
    @usableFromInline static var shut: UInt64 { 0 }
    @usableFromInline static var open: UInt64 { 1 }
    @usableFromInline static var visited: UInt64 { 2 }
    @usableFromInline static var mask: UInt64 { 3 }
    @usableFromInline static var oneVisit: UInt64 { 4 }

    @inlinable
    static func openWord(_ incarnation: Int, visits: UInt32) -> UInt64 {
        UInt64(UInt32(truncatingIfNeeded: incarnation)) << 32 | UInt64(visits) << 2 & 0xFFFF_FFFC | open
    }

    @inlinable
    static func incarnation(_ word: UInt64) -> Int {
        Int(word >> 32)
    }

    @inlinable
    static func visits(_ word: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: word) >> 2
    }
}

extension ServerPlace {
    /// Runs `body` on the state, under the lock and with the gate shut.
    ///
    /// Always inlined: what is not specialized for a type of server would otherwise look up the type of each result.
    @inlinable
    @inline(__always)
    func withState<Value>(_ body: (inout MailboxState<Server>) -> Value) -> Value {
        lock.withLock { _ in
            shutGate()
            let value = body(&mailbox)
            openGate()
            return value
        }
    }

    /// Shuts the gate, and learns from what it was whether there is a visitor.
    @inlinable
    func shutGate() {
        // Nobody but the holder of the lock opens a gate that is shut.
        if gate.load(ordering: .relaxed) & Gate.mask == Gate.shut { return }
        let word = gate.exchange(Gate.shut, ordering: .acquiring)
        if word & Gate.mask != Gate.shut {
            mailbox.visits = Gate.visits(word)
            if word & Gate.mask == Gate.visited { mailbox.phase = .visited }
        }
    }

    /// Opens the gate again if the server is idle.
    @inlinable
    func openGate() {
        // A visitor of an abandoned incarnation may be about to read it.
        if mailbox.strayVisit != 0 { return }
        if resident !== mailbox.server { resident = mailbox.server }
        if mailbox.phase == .idle, mailbox.traits.allowsVisits {
            gate.store(Gate.openWord(mailbox.incarnation, visits: mailbox.visits), ordering: .releasing)
        }
    }

    /// The server, if it is idle, and the word of the gate to leave by; it then belongs to the caller until
    /// ``runInPlace(_:by:_:)`` returns.
    @inlinable
    func enter() -> (server: Server, word: UInt64)? {
        let word = gate.load(ordering: .relaxed)
        guard word & Gate.mask == Gate.open, occupancy.load(ordering: .relaxed) != Occupancy.leaving
        else { return enterSoon() }
        return enter(by: word)
    }

    @inlinable
    func enter(by word: UInt64) -> (server: Server, word: UInt64)? {
        // One more visit. A count that overflows runs into the number of the incarnation, and is cut off there.
        let counted = word & ~0xFFFF_FFFF | (word &+ Gate.oneVisit) & 0xFFFF_FFFF
        let visited = counted ^ Gate.open ^ Gate.visited
        guard gate.compareExchange(expected: word, desired: visited, ordering: .acquiring).exchanged,
            let resident
        else { return nil }
        return (resident, visited)
    }

    /// Runs a call's body in the caller's own task, and leaves the server while still on it.
    @inlinable
    func runInPlace<Value>(
        _ server: isolated Server,
        by word: UInt64,
        _ body: (isolated Server) throws -> Value
    ) throws -> Value {
        do {
            let value = try body(server)
            leave(server, by: word)
            return value
        } catch {
            throw leave(server, by: word, after: error, of: "\(Value.self)")
        }
    }

    /// Whoever calls this says so with ``noteLeft()`` when it is off the actor.
    @inlinable
    func leave(_ server: Server, by word: UInt64) {
        if !leaveQuietly(by: word) { leaveBusy(server, Gate.incarnation(word)) }
    }

    /// Leaves a server of which nobody has wanted anything meanwhile. False when somebody has.
    @inlinable
    @inline(__always)
    func leaveQuietly(by word: UInt64) -> Bool {
        occupancy.store(Occupancy.leaving, ordering: .relaxed)
        return gate.compareExchange(
            expected: word,
            desired: word ^ Gate.visited ^ Gate.open,
            ordering: .releasing
        ).exchanged
    }

    /// Leaves a server that is wanted by others, that is to end, or that was abandoned meanwhile.
    @usableFromInline
    func leaveBusy(_ server: Server, _ incarnation: Int, failure: (any Error)? = nil) {
        finish(endOnLeaving(server, incarnation, failure: failure))
    }

    /// The same, and gives the end of the incarnation if it is to begin now.
    func endOnLeaving(_ server: Server, _ incarnation: Int, failure: (any Error)? = nil) -> IncarnationEnding? {
        let now = runtime.now
        return withState { state in
            if let failure { state.fail(failure, in: incarnation, now: now) }
            return act(on: state.leave(server, incarnation: incarnation), of: incarnation, &state)
        }
    }

    /// What a call's body threw, if it ends the incarnation: an `Exit`, or what the specification calls a crash (S10).
    func crash(of error: any Error) -> Exit? {
        if let exit = error as? Exit { return exit }
        return rules?.isCrash?(error) == true ? Exit(.error(error)) : nil
    }

    /// Leaves after the body has thrown, and gives the error for the caller.
    @usableFromInline
    func leave(
        _ server: isolated Server,
        by word: UInt64,
        after error: any Error,
        of value: @autoclosure () -> String
    ) -> any Error {
        guard let exit = crash(of: error) else {
            leave(server, by: word)
            return error
        }
        noteCrash(atCallFor: value(), on: server, Gate.incarnation(word))
        leaveBusy(server, Gate.incarnation(word), failure: exit)
        return ServerError.exited(exit.reason)
    }
}
