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
    try await withKeys(count) { registry, keys in
        let rounds = max(1, 300_000 / count)
        for key in keys { use(registry.lookup(key)) }
        return await nanoseconds(of: rounds * count) {
            for _ in 0..<rounds {
                for key in keys { use(registry.lookup(key)) }
            }
        }
    }
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
