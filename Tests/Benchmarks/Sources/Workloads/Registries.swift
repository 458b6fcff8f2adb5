import Subjects
import Supervision

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
