import Subjects
import Supervision
import Synchronization

/// Look-ups in a registry of a thousand keys, and a message to the thousand servers of one key.
@Sendable
func registry() async throws {
    report("registry", "look-up", try await lookUpTime(1_000), "ns")
    report("registry", "dispatch", try await dispatchTime(), "ns")
}

/// A look-up among `count` keys.
func lookUpTime(_ count: Int) async throws -> Double {
    let runtime = Runtime(events: SilentSink())
    let registry = Registry<Int, Int>()
    let tree = try await Supervisor { Child("holder") { Holder(registry, count) } }.start(in: runtime)
    let keys = shuffled(count)
    let rounds = max(1, 300_000 / count)
    for key in keys { use(registry.lookup(key)) }
    let time = await nanoseconds(of: rounds * count) {
        for _ in 0..<rounds {
            for key in keys { use(registry.lookup(key)) }
        }
    }
    try await tree.stop()
    return time
}

/// Until all servers have handled the message, for each of them.
private func dispatchTime() async throws -> Double {
    let runtime = Runtime(events: SilentSink())
    let registry = Registry<Int, Void>(keys: .duplicate)
    let arrivals = CountedArrivals()
    let tree = try await DynamicSupervisor().start(in: runtime)
    for _ in 0..<1_000 { try await tree.startChild { Subscriber(registry, arrivals) } }
    var times: [Double] = []
    for round in 0..<110 {
        let done = arrivals.expect(1_000)
        let time = try await nanoseconds(of: 1_000) {
            try registry.dispatch(1) { entries in
                for entry in entries { try entry.ref(as: Subscriber.self).cast(round) }
            }
            await done.wait()
        }
        if round >= 10 { times.append(time) }
    }
    try await tree.stop()
    return percentile(50, of: times)
}

/// Counts without a lock, and wakes the waiting task at the last.
private final class CountedArrivals: Sendable {
    private let missing = Atomic(0)
    private let done = Mutex(Arrivals())

    func expect(_ count: Int) -> Arrivals {
        missing.store(count, ordering: .releasing)
        let arrivals = Arrivals(1)
        done.withLock { $0 = arrivals }
        return arrivals
    }

    func arrive() {
        guard missing.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        done.withLock { $0 }.arrive()
    }
}

/// Registers itself under many keys.
private actor Holder: GenServer {
    typealias Message = Never
    private let registry: Registry<Int, Int>
    private let count: Int

    init(_ registry: Registry<Int, Int>, _ count: Int) { (self.registry, self.count) = (registry, count) }

    func started(_ context: ServerContext<Holder>) throws {
        for key in 0..<count { try registry.register(key, key, for: context) }
    }
}

/// One of many under one key.
private actor Subscriber: GenServer {
    typealias Message = Int
    private let registry: Registry<Int, Void>
    private let arrivals: CountedArrivals

    init(_ registry: Registry<Int, Void>, _ arrivals: CountedArrivals) {
        (self.registry, self.arrivals) = (registry, arrivals)
    }

    func started(_ context: ServerContext<Subscriber>) throws { try registry.register(1, for: context) }

    func handle(_ message: Int, _ context: ServerContext<Subscriber>) { arrivals.arrive() }
}
