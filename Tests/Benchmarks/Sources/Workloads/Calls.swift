import Subjects
import Supervision
import Synchronization

/// Calls and casts: of a server that is idle, that is called by many at once, and that asks another one.
@Sendable
func calls() async throws {
    let runtime = Runtime(events: SilentSink())
    let tree = try await Supervisor {
        Child(.counter) { Counter() }
        Child(.relay) { Relay(next: ServerRef(.counter, in: runtime)) }
    }.start(in: runtime)
    let (server, relay) = (ServerRef(.counter, in: runtime), ServerRef(.relay, in: runtime))
    try await idleCalls(server)
    try await sharedCalls(server)
    try await manyServers()
    try await casts(server)
    try await callsOfRelay(relay)
    try await tree.stop()
}

private func idleCalls(_ server: ServerRef<Counter>) async throws {
    let bare = Counter()
    let lock = Mutex(0)
    let results = try await medians(
        count: 300_000,
        [
            { count in for number in 0..<count { use(await bare.add(number)) } },
            { count in for number in 0..<count { lock.withLock { $0 &+= number } } },
            { count in for number in 0..<count { use(try await server.call { $0.add(number) }) } },
        ]
    )
    report("calls", "bare", results[0], "ns")
    report("calls", "lock", results[1], "ns")
    report("calls", "idle", results[2], "ns")
}

private func sharedCalls(_ server: ServerRef<Counter>) async throws {
    for callers in [2, 16, 1_000] {
        let time = try await sharing(400_000, among: callers) { _, count in
            for number in 0..<count { use(try await server.call(timeout: .seconds(60)) { $0.add(number) }) }
        }
        report("calls", "\(callers)-callers", time, "ns")
    }
}

private func manyServers() async throws {
    let runtime = Runtime(events: SilentSink())
    let tree = try await DynamicSupervisor().start(in: runtime)
    var servers: [ServerRef<Counter>] = []
    for _ in 0..<1_000 { servers.append(try await tree.startChild { Counter() }) }
    let time = try await sharing(1_000_000, among: servers.count) { [servers] caller, count in
        let server = servers[caller]
        for number in 0..<count { use(try await server.call { $0.add(number) }) }
    }
    report("calls", "1000-servers", time, "ns")
    try await tree.stop()
}

/// From the first cast until the server has handled the last.
private func casts(_ server: ServerRef<Counter>) async throws {
    for count in [50_000, 1_000_000] {
        let time = try await nanoseconds(of: count) {
            for number in 0..<count { server.cast(number) }
            use(try await server.call(timeout: .seconds(60)) { $0.total })
        }
        if count == 1_000_000 { report("calls", "cast", time, "ns") }
    }
}

private func callsOfRelay(_ relay: ServerRef<Relay>) async throws {
    let results = try await medians(
        rounds: 5,
        count: 50_000,
        [{ count in for number in 0..<count { use(try await relay.call { try await $0.ask(number) }) } }]
    )
    report("calls", "asking", results[0], "ns")
    let time = try await sharing(160_000, among: 16) { _, count in
        for number in 0..<count { use(try await relay.call(timeout: .seconds(60)) { try await $0.ask(number) }) }
    }
    report("calls", "asking-16-callers", time, "ns")
}

/// A server that suspends in each call: it asks the next one.
private actor Relay: GenServer {
    typealias Message = Never
    private let next: ServerRef<Counter>

    init(next: ServerRef<Counter>) { self.next = next }

    func ask(_ number: Int) async throws -> Int { try await next.call { $0.add(number) } }
}

extension ServerName where Server == Relay {
    fileprivate static var relay: Self { .init("relay") }
}
