import CircuitBreakers
import Subjects
import Supervision

/// Guarded calls, beside the bare operation and a bare actor call.
func measureCircuits(_ report: inout Report) async throws {
    // In the default runtime, as in an application.
    let tree = try await Supervisor { Child(.circuitBreakers) { CircuitBreakerServer() } }.start()
    let service: ServiceName = "user-api"
    let down: ServiceName = "down"
    _ = try await CircuitBreakerServer.admin(.forceOpen(down))

    let counter = Counter()
    let closed = CircuitBreakerServer()
    let byCalls = CircuitBreakerServer(policy: .sliding(.calls(100)))
    let byTime = CircuitBreakerServer(policy: .sliding(.time(.seconds(10))))
    let results = try await medians(
        count: 300_000,
        [
            { count in for number in 0..<count { use(await counter.add(number)) } },
            { count in for number in 0..<count { use(await operation(number)) } },
            { count in
                for number in 0..<count {
                    use(try await CircuitBreakerServer.call(service) { await operation(number) })
                }
            },
            { count in try await callMany(closed, service, count) },
            { count in try await callMany(byCalls, service, count) },
            { count in try await callMany(byTime, service, count) },
            { count in
                for number in 0..<count {
                    use(try? await CircuitBreakerServer.call(down) { await operation(number) })
                }
            },
            { count in
                try await withThrowingTaskGroup { group in
                    for _ in 0..<2 { group.addTask { try await callMany(closed, service, count) } }
                    try await group.waitForAll()
                }
            },
        ]
    )
    let (hop, bare) = (results[0], results[1])
    report.add("bare actor call", hop.nanoseconds)
    report.add("bare operation", bare.nanoseconds)
    let guarded = [
        ("closed circuit, static form", results[2], 1.0),
        ("closed circuit, instance", results[3], 1.0),
        ("sliding window of calls", results[4], 2.5),
        ("sliding window of time", results[5], 2.5),
    ]
    for (name, time, limit) in guarded {
        let unit = "bare actor calls over the operation"
        report.add(name, time.nanoseconds, judged: (time - bare) / hop, limit: limit, unit: unit)
    }
    let rejected = results[6]
    report.add("rejected", rejected.nanoseconds, judged: rejected / hop, limit: 3, unit: "bare actor calls")
    let shared = results[7]
    report.add(
        "closed circuit, two tasks at once",
        shared.nanoseconds,
        judged: shared / results[3],
        limit: 3,
        unit: "times the figure of one task"
    )
    try await tree.stop()
}

private func callMany(_ breakers: CircuitBreakerServer, _ service: ServiceName, _ count: Int) async throws {
    for number in 0..<count { use(try await breakers.call(service) { await operation(number) }) }
}

extension CircuitPolicy {
    fileprivate static func sliding(_ window: Window) -> CircuitPolicy {
        var policy = CircuitPolicy()
        policy.trip = .failureRate(0.5, over: window, minimumCalls: 10)
        return policy
    }
}
