import CircuitBreakers
import Supervision

/// A guarded call on a closed circuit, beside the bare operation and a bare actor call.
func measureCircuits(_ report: inout Report) async throws {
    let runtime = Runtime(events: SilentSink())
    let tree = try await Supervisor { Child(.circuitBreakers) { CircuitBreakerServer() } }.start(in: runtime)
    let breakers = CircuitBreakerServer()
    let service: ServiceName = "user-api"
    let down: ServiceName = "down"
    try await runtime.run { _ = try await CircuitBreakerServer.admin(.forceOpen(down)) }

    let counter = Counter()
    let results = try await medians(
        count: 300_000,
        [
            { count in for number in 0..<count { use(await counter.add(number)) } },
            { count in for number in 0..<count { use(await operation(number)) } },
            { count in
                try await runtime.run {
                    for number in 0..<count {
                        use(try await CircuitBreakerServer.call(service) { await operation(number) })
                    }
                }
            },
            { count in
                for number in 0..<count { use(try await breakers.call(service) { await operation(number) }) }
            },
            { count in
                await runtime.run {
                    for number in 0..<count {
                        use(try? await CircuitBreakerServer.call(down) { await operation(number) })
                    }
                }
            },
        ]
    )
    let (hop, bare) = (results[0], results[1])
    report.add("bare operation", bare.nanoseconds)
    for (name, time) in [("closed circuit, static form", results[2]), ("closed circuit, instance", results[3])] {
        report.add(
            name,
            time.nanoseconds,
            judged: (time - bare) / hop,
            limit: 1.5,
            unit: "bare actor calls over the operation"
        )
    }
    report.add("rejected, static form", results[4].nanoseconds)
    try await tree.stop()
}

/// What is guarded: as little as can be, so that the guard is what is seen.
@inline(never)
private func operation(_ number: Int) async -> Int {
    number &+ 1
}
