public import Synchronization

/// What a caller can expect of whoever is at a server. A hint, by which nothing but time is lost or won.
@usableFromInline
enum Occupancy {
    @usableFromInline static var unknown: UInt8 { 0 }
    /// About to leave. The gate is open, or will be in a moment, but the actor is not quite free: a task that came now
    /// would be put to sleep on it, for some microseconds.
    @usableFromInline static var leaving: UInt8 { 1 }
    /// Going through the mail of a server that can be visited when it is idle.
    @usableFromInline static var draining: UInt8 { 2 }
}

extension ServerPlace {
    /// As ``enter()``, for a server that is taken. It is often free again within less time than it takes to queue a call,
    /// and once calls are queued, those that come meanwhile are queued too. So this waits while the server gets on: for
    /// two microseconds or so at most, for half of one where nothing happens.
    ///
    /// A call arrives when it enters or is queued, so that whoever waits here overtakes nobody (S15).
    @usableFromInline
    func enterSoon(looks: Int = 10, standstills limit: Int = 2) -> (server: Server, word: UInt64)? {
        var last: (gate: UInt64, begun: UInt64)?
        var standstills = 0
        for _ in 0..<(runtime.isSimulated ? 0 : looks) {
            let seen = (gate: gate.load(ordering: .relaxed), begun: begun.load(ordering: .relaxed))
            let hint = occupancy.load(ordering: .relaxed)
            switch seen.gate & Gate.mask {
            case Gate.open where hint != Occupancy.leaving:
                if let entry = enter(by: seen.gate) { return entry }
            case Gate.shut where hint == Occupancy.unknown: return nil
            default: break
            }
            if let last, last == seen { standstills += 1 }
            if standstills == limit { break }
            last = seen
            pause()
        }
        let word = gate.load(ordering: .relaxed)
        return word & Gate.mask == Gate.open ? enter(by: word) : nil
    }

    /// Takes a fifth of a microsecond or so, and leaves alone what those at the server write to.
    func pause() {
        let begin = runtime.now.nanoseconds
        // Not for ever, should the clock stand still.
        for _ in 0..<10 where runtime.now.nanoseconds &- begin >= 200 { return }
    }

    /// Whoever was at the server is off the actor.
    @inlinable
    func noteLeft() {
        occupancy.store(Occupancy.unknown, ordering: .relaxed)
    }
}
