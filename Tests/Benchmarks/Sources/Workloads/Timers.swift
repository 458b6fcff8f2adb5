import Subjects
import Supervision

/// A million timers of one server, set and taken back; and a hundred thousand that fire within a second.
@Sendable
func timers() async throws {
    let done = Arrivals(1)
    let (tree, server) = try await startClockwork(done)
    try await setAndCancel(20_000, server)
    let count = 1_000_000
    let before = residentBytes()
    let (set, cancel) = try await setAndCancel(count, server) {
        report("timers", "pending", Double(residentBytes() - before) / Double(count), "B")
    }
    report("timers", "set", set, "ns")
    report("timers", "cancel", cancel, "ns")
    try await server.call { $0.fire(100_000, within: 1_000_000_000, after: 1_000_000_000) }
    await done.wait()
    let times = try await server.call { $0.lateness }
    report("timers", "late-p50", Double(percentile(50, of: times)) / 1e3, "µs")
    report("timers", "late-p99", Double(percentile(99, of: times)) / 1e3, "µs")
    try await tree.stop()
}

/// What one of so many pending timers costs to set and to cancel.
@discardableResult
func setAndCancel(
    _ count: Int,
    _ server: ServerRef<Clockwork>,
    whilePending: () -> Void = {}
) async throws -> (set: Double, cancel: Double) {
    let set = try await nanoseconds(of: count) { try await server.call { $0.set(count) } }
    whilePending()
    let cancel = try await nanoseconds(of: count) { try await server.call { $0.cancelAll() } }
    try await server.call { $0.forgetAll() }
    return (set, cancel)
}

func startClockwork(_ done: Arrivals) async throws -> (ServerRef<Supervisor>, ServerRef<Clockwork>) {
    let runtime = Runtime(events: SilentSink())
    let tree = try await Supervisor { Child(.clockwork) { Clockwork(done) } }.start(in: runtime)
    return (tree, ServerRef(.clockwork, in: runtime))
}

/// Sets timers, and notes how late each message is: it says when it was due.
actor Clockwork: GenServer {
    typealias Message = Int64

    private var context: ServerContext<Clockwork>?
    private var tokens: [TimerToken] = []
    private var expected = 0
    private let done: Arrivals
    private(set) var lateness: [Int64] = []

    init(_ done: Arrivals) { self.done = done }

    func started(_ context: ServerContext<Clockwork>) { self.context = context }

    func handle(_ due: Int64, _ context: ServerContext<Clockwork>) {
        lateness.append(now() - due)
        if lateness.count == expected { done.arrive() }
    }

    /// Due in ten minutes and more.
    func set(_ count: Int) {
        guard let context else { return }
        // A list of its own, since each access to one of the actor's would be checked for exclusivity, too.
        var tokens: [TimerToken] = []
        tokens.reserveCapacity(count)
        for number in 0..<count {
            tokens.append(context.send(0, after: .milliseconds(600_000 + number % 100_000)))
        }
        self.tokens = tokens
    }

    func cancelAll() {
        for token in tokens { token.cancel() }
    }

    func forgetAll() { tokens = [] }

    /// Sets timers that are due one after the other, all `within` nanoseconds that begin `after` nanoseconds.
    func fire(_ count: Int, within span: Int64, after delay: Int64) {
        expected = count
        lateness.reserveCapacity(count)
        let first = now() + delay
        for number in 0..<count {
            let due = first + span * Int64(number) / Int64(count)
            context?.send(due, after: .nanoseconds(due - now()))
        }
    }
}

extension ServerName where Server == Clockwork {
    fileprivate static var clockwork: Self { .init("clockwork") }
}
