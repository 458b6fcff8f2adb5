public import CircuitBreakers
public import Supervision

/// Calls `body` with so many servers, in an order that no cache foresees.
public func withServers<Result>(
    _ count: Int,
    _ body: ([ServerRef<Counter>]) async throws -> Result
) async throws -> Result {
    let tree = try await DynamicSupervisor().start(in: Runtime(events: SilentSink()))
    var servers: [ServerRef<Counter>] = []
    for _ in 0..<count { servers.append(try await tree.startChild { Counter() }) }
    let result = try await body(shuffled(count).map { servers[$0] })
    try await tree.stop()
    return result
}

/// Calls `body` with a registry and so many keys that it has, in an order that no cache foresees.
public func withKeys<Result>(
    _ count: Int,
    _ body: (Registry<Int, Int>, [Int]) async throws -> Result
) async throws -> Result {
    let registry = Registry<Int, Int>()
    let tree = try await Supervisor { Child("holder") { Holder(registry, count) } }
        .start(in: Runtime(events: SilentSink()))
    let result = try await body(registry, shuffled(count))
    try await tree.stop()
    return result
}

/// Calls `body` with so many services of the application's breakers, which have circuits, in an order that no cache
/// foresees.
public func withCircuits<Result>(
    _ count: Int,
    _ body: ([ServiceName]) async throws -> Result
) async throws -> Result {
    let tree = try await Supervisor { Child(.circuitBreakers) { CircuitBreakerServer(maxCircuits: count) } }.start()
    let services = shuffled(count).map { ServiceName("service-\($0)") }
    for service in services { use(try await CircuitBreakerServer.call(service) { await operation(1) }) }
    let result = try await body(services)
    try await tree.stop()
    return result
}

/// The paths that lead to one of `size` things after the other, by name. Each is gone `count` times.
public let pathsToOneOfMany: [String: @Sendable (_ count: Int, _ size: Int) async throws -> Void] = [
    "call": { count, size in
        try await withServers(size) { servers in
            for number in 0..<count { use(try await servers[number % size].call { $0.add(1) }) }
        }
    },
    "circuit-closed": { count, size in
        try await withCircuits(size) { services in
            for number in 0..<count {
                use(try await CircuitBreakerServer.call(services[number % size]) { await operation(number) })
            }
        }
    },
    "dynamic-child": { count, size in
        let tree = try await DynamicSupervisor().start(in: Runtime(events: SilentSink()))
        var children: [ServerRef<Counter>] = []
        for _ in 0..<size { children.append(try await tree.startChild { Counter() }) }
        for number in 0..<count {
            try await tree.terminateChild(children[number % size])
            children[number % size] = try await tree.startChild { Counter() }
        }
        try await tree.stop()
    },
    "registry-look-up": { count, size in
        try await withKeys(size) { registry, keys in
            for number in 0..<count { use(registry.lookup(keys[number % size])) }
        }
    },
]

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

/// Numbers in an order that no cache foresees, the same in each run.
public func shuffled(_ count: Int) -> [Int] {
    var numbers = Array(0..<count)
    var generator = Sequence64(state: 1)
    numbers.shuffle(using: &generator)
    return numbers
}

/// SplitMix64.
private struct Sequence64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
