import CircuitBreakers
import Subjects
import Supervision

/// What one thing costs where there are ten of its kind, and where there are a hundred thousand.
@Sendable
func growth() async throws {
    _ = try await startAndStop(1_000)
    for size in [10, 100, 1_000, 10_000, 100_000] {
        try await growthOfCircuits(size)
        try await growthOfChildren(size)
        report("growth", "look-up-\(size)", try await lookUpTime(size), "ns")
        try await growthOfTimers(size)
        report("growth", "call-\(size)", try await callTime(ofServers: size), "ns")
    }
}

private func growthOfChildren(_ size: Int) async throws {
    var (starts, stops): ([Double], [Double]) = ([], [])
    for _ in 0..<max(1, 20_000 / size) {
        let (start, stop) = try await startAndStop(size)
        starts.append(start)
        stops.append(stop)
    }
    report("growth", "start-\(size)", percentile(50, of: starts), "ns")
    report("growth", "stop-\(size)", percentile(50, of: stops), "ns")
}

private func growthOfTimers(_ size: Int) async throws {
    let (tree, server) = try await startClockwork(Arrivals())
    var times: [Double] = []
    for round in 0...max(1, 200_000 / size) {
        let (set, cancel) = try await setAndCancel(size, server)
        if round > 0 { times.append(set + cancel) }
    }
    report("growth", "timer-\(size)", percentile(50, of: times), "ns")
    try await tree.stop()
}

private func growthOfCircuits(_ size: Int) async throws {
    let time = try await withCircuits(size) { try await callTime($0) }
    report("growth", "circuit-\(size)", time, "ns")
}

/// One caller that calls one of so many servers after the other.
private func callTime(ofServers count: Int) async throws -> Double {
    try await withServers(count) { servers in
        for server in servers { use(try await server.call { $0.total }) }
        let rounds = max(1, 300_000 / count)
        return try await nanoseconds(of: rounds * count) {
            for _ in 0..<rounds {
                for server in servers { use(try await server.call { $0.add(1) }) }
            }
        }
    }
}
