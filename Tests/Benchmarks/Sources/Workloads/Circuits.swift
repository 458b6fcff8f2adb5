import CircuitBreakers
import Subjects
import Supervision
import Synchronization

/// Guarded calls of one service, beside what they are judged by: the bare operation, a bare actor call, a free lock.
@Sendable
func circuits() async throws {
    var policies: [ServiceName: CircuitPolicy] = [:]
    policies["count"] = .sliding(.calls(100))
    policies["time"] = .sliding(.time(.seconds(10)))
    // In the default runtime, as in an application.
    let tree = try await Supervisor { [policies] in
        Child(.circuitBreakers) { CircuitBreakerServer(policies: policies) }
    }.start()
    // Made once, as an application declares its names.
    let (up, down): (ServiceName, ServiceName) = ("user-api", "down")
    _ = try await CircuitBreakerServer.admin(.forceOpen(down))
    let counter = Counter()
    let lock = Mutex(0)
    let handle = CircuitBreakerServer()
    let metrics: [(name: String, body: @Sendable (_ count: Int) async throws -> Void)] = [
        ("bare", { count in for number in 0..<count { use(await counter.add(number)) } }),
        ("lock", { count in for number in 0..<count { lock.withLock { $0 &+= number } } }),
        ("operation", { count in await Caller.inheriting.callBare(count) }),
        ("closed", { count in try await Caller.inheriting.callGuarded("user-api", count) }),
        ("operation-concurrent", { count in await Caller.concurrent.callBare(count) }),
        ("closed-concurrent", { count in try await Caller.concurrent.callGuarded("user-api", count) }),
        ("operation-on-an-actor", { count in await Caller.actor.callBare(count) }),
        ("closed-on-an-actor", { count in try await Caller.actor.callGuarded("user-api", count) }),
        ("closed-count-window", { count in try await Caller.inheriting.callGuarded("count", count) }),
        ("closed-time-window", { count in try await Caller.inheriting.callGuarded("time", count) }),
        ("permit", { count in for _ in 0..<count { try handle.permit(up).succeed() } }),
        ("permit-of-literal", { count in for _ in 0..<count { try handle.permit("user-api").succeed() } }),
        ("rejected-value", { count in for _ in 0..<count { use(isRejected(down)) } }),
        (
            "rejected-thrown",
            { count in
                for number in 0..<count {
                    use(try? await CircuitBreakerServer.call(down) { await operation(number) })
                }
            }
        ),
    ]
    let results = try await medians(count: 200_000, metrics.map(\.body))
    for (metric, result) in zip(metrics, results) { report("circuits", metric.name, result, "ns") }
    let time = try await sharing(2_000_000, among: 2) { _, count in
        try await Caller.inheriting.callGuarded("user-api", count)
    }
    report("circuits", "closed-two-tasks", time, "ns")
    try await tree.stop()
}

/// Ten thousand circuits, and then a hundred thousand, of the application's breakers: what they keep, and what a call of
/// one of them takes.
@Sendable
func circuitMaps() async throws {
    let services = (0..<100_000).map { ServiceName("service-\($0)") }
    try await withGrowingMap(of: services) { count, before in
        report("circuit-maps", "memory-\(count)", Double(residentBytes() - before) / Double(count), "B")
    }
    try await withGrowingMap(of: services) { count, _ in
        report("circuit-maps", "call-\(count)", try await callTime(shuffled(count).map { services[$0] }), "ns")
    }
}

/// Calls `body` when there are so many circuits, and with what was resident before there were any.
private func withGrowingMap(
    of services: [ServiceName],
    _ body: (_ count: Int, _ before: Int) async throws -> Void
) async throws {
    let tree = try await Supervisor {
        Child(.circuitBreakers) { CircuitBreakerServer(maxCircuits: services.count + 1) }
    }.start()
    try await Caller.inheriting.callGuarded("first", 100)
    let before = residentBytes()
    var made = 0
    for count in [10_000, 100_000] {
        for service in services[made..<count] { try await Caller.inheriting.callGuarded(service, 1) }
        made = count
        try await body(count, before)
    }
    try await tree.stop()
}

/// A call through the application's breakers of each of the services, which have circuits already.
func callTime(_ services: [ServiceName]) async throws -> Double {
    let rounds = max(1, 300_000 / services.count)
    return try await nanoseconds(of: rounds * services.count) {
        for _ in 0..<rounds {
            for service in services { use(try await CircuitBreakerServer.call(service) { await operation(1) }) }
        }
    }
}

/// Whether a call of the service is rejected. The error is of a known type, so it comes back as a value does.
private func isRejected(_ service: ServiceName) -> Bool {
    do throws(CircuitBreakerError) {
        try CircuitBreakerServer.permit(service).ignore()
        return false
    } catch {
        return error.state != nil
    }
}

extension CircuitPolicy {
    fileprivate static func sliding(_ window: Window) -> CircuitPolicy {
        var policy = CircuitPolicy()
        policy.trip = .failureRate(0.5, over: window, minimumCalls: 10)
        return policy
    }
}
