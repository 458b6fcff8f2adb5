import CircuitBreakers
import Supervision

/// The paths that are gone most often, by name. Each is gone `count` times.
public let paths: [String: @Sendable (_ count: Int) async throws -> Void] = [
    "call": { count in
        try await withCounter { counter in
            for number in 0..<count { use(try await counter.call { $0.add(number) }) }
        }
    },
    "cast": { count in
        try await withCounter { counter in
            for number in 0..<count {
                counter.cast(number)
                if number % 100 == 0 { use(try await counter.call { $0.total }) }
            }
        }
    },
    "call-asynchronous": { count in
        try await withCounter { counter in
            for number in 0..<count {
                use(
                    try await counter.call { counter in
                        await nothing()
                        return counter.add(number)
                    }
                )
            }
        }
    },
    "call-queued": { count in
        try await withCounter { counter in
            for _ in 0..<count / 10 { try await queueTen(counter) }
        }
    },
    "circuit-closed": { count in
        try await withBreakers { try await Caller.inheriting.callGuarded(service, count) }
    },
    "circuit-closed-concurrent": { count in
        try await withBreakers { try await Caller.concurrent.callGuarded(service, count) }
    },
    "circuit-closed-on-an-actor": { count in
        try await withBreakers { try await Caller.actor.callGuarded(service, count) }
    },
    "circuit-of-an-instance": { count in
        let breakers = CircuitBreakerServer()
        for number in 0..<count { use(try await breakers.call(service) { await operation(number) }) }
    },
    "circuit-permit": { count in
        let breakers = CircuitBreakerServer()
        for _ in 0..<count { try breakers.permit(service).succeed() }
    },
    "circuit-rejected": { count in
        try await withBreakers {
            _ = try await CircuitBreakerServer.admin(.forceOpen(service))
            for number in 0..<count { use(try? await CircuitBreakerServer.call(service) { await operation(number) }) }
        }
    },
    "circuit-rejected-as-value": { count in
        try await withBreakers {
            _ = try await CircuitBreakerServer.admin(.forceOpen(service))
            for _ in 0..<count { use(isRejected()) }
        }
    },
    "circuit-window-of-calls": { count in
        try await callMany(.failureRate(0.5, over: .calls(100), minimumCalls: 10), count)
    },
    "circuit-window-of-time": { count in
        try await callMany(.failureRate(0.5, over: .time(.seconds(10)), minimumCalls: 10), count)
    },
    "crash-and-restart": { count in
        let arrivals = Arrivals()
        let (tree, children) = try await fragileChildren(1, arrivals, .oneForOne)
        for _ in 0..<count {
            arrivals.expect(1)
            children[0].exit(.error(Fragile.Crash()))
            await arrivals.wait()
        }
        try await tree.stop()
    },
    "dynamic-child": { count in
        let runtime = Runtime(events: SilentSink())
        let tree = try await DynamicSupervisor().start(in: runtime)
        for _ in 0..<count {
            let child = try await tree.startChild { Counter() }
            try await tree.terminateChild(child)
        }
        try await tree.stop()
    },
    "one-for-all-of-10": { count in
        let arrivals = Arrivals()
        let (tree, children) = try await fragileChildren(10, arrivals, .oneForAll)
        for _ in 0..<count {
            arrivals.expect(10)
            children[0].exit(.error(Fragile.Crash()))
            await arrivals.wait()
        }
        try await tree.stop()
    },
    "registry-dispatch-to-10": { count in
        let registry = Registry<Int, Void>(keys: .duplicate)
        let runtime = Runtime(events: SilentSink())
        let tree = try await Supervisor {
            for number in 0..<10 {
                Child(ChildID("subscriber-\(number)")) { Subscriber(registry, CountedArrivals()) }
            }
        }.start(in: runtime)
        for _ in 0..<count {
            try registry.dispatch(1) { entries in
                for entry in entries { use(try entry.ref(as: Subscriber.self)) }
            }
        }
        try await tree.stop()
    },
    "registry-look-up": { count in
        let registry = Registry<Int, Int>()
        let runtime = Runtime(events: SilentSink())
        let tree = try await Supervisor {
            Child("a") { Counter() }.registered(in: registry, under: 1, value: 1)
        }.start(in: runtime)
        for _ in 0..<count { use(registry.lookup(1)) }
        try await tree.stop()
    },
    "static-child": { count in
        let runtime = Runtime(events: SilentSink())
        let tree = try await Supervisor {
            for number in 0..<count { Child(ChildID("child-\(number)")) { Counter() } }
        }.start(in: runtime)
        try await tree.stop()
    },
    "timer": { count in
        let runtime = Runtime(events: SilentSink())
        let tree = try await Supervisor { Child(.timed) { Timed() } }.start(in: runtime)
        try await ServerRef(.timed, in: runtime).call(timeout: .seconds(600)) { $0.setAndCancel(count) }
        try await tree.stop()
    },
]

@inline(never)
private func nothing() async {}

/// Ten calls that come while the server is busy: with what makes them.
private func queueTen(_ counter: ServerRef<Counter>) async throws {
    let calls = try await counter.call { _ in
        // Unstructured, since each has to be on its way before the server's turn ends, and is waited for below.
        (0..<10).map { number in Task.immediateDetached { try await counter.call { $0.add(number) } } }
    }
    for call in calls { use(try await call.value) }
}

private let service: ServiceName = "user-api"

private func callMany(_ trip: CircuitPolicy.Trip, _ count: Int) async throws {
    var policy = CircuitPolicy()
    policy.trip = trip
    let breakers = CircuitBreakerServer(policy: policy)
    for number in 0..<count { use(try await breakers.call(service) { await operation(number) }) }
}

private func withCounter(_ body: (ServerRef<Counter>) async throws -> Void) async throws {
    let runtime = Runtime(events: SilentSink())
    let tree = try await Supervisor { Child(.counter) { Counter() } }.start(in: runtime)
    try await body(ServerRef(.counter, in: runtime))
    try await tree.stop()
}

/// In the default runtime, as in an application.
private func withBreakers(_ body: () async throws -> Void) async throws {
    let tree = try await Supervisor { Child(.circuitBreakers) { CircuitBreakerServer() } }.start()
    try await body()
    try await tree.stop()
}

private actor Timed: GenServer {
    typealias Message = Int
    private var context: ServerContext<Timed>?

    func started(_ context: ServerContext<Timed>) { self.context = context }
    func handle(_ message: Int, _ context: ServerContext<Timed>) {}

    func setAndCancel(_ count: Int) {
        for number in 0..<count { context?.send(number, after: .seconds(60)).cancel() }
    }
}

extension ServerName where Server == Timed {
    fileprivate static var timed: Self { .init("timed") }
}

/// The paths that take microseconds rather than nanoseconds.
public let longPaths: Set<String> = [
    "call-asynchronous", "call-queued", "crash-and-restart", "dynamic-child", "one-for-all-of-10", "static-child",
]

/// The error is of a known type, so it comes back as a value does.
private func isRejected() -> Bool {
    do throws(CircuitBreakerError) {
        try CircuitBreakerServer.permit(service).ignore()
        return false
    } catch {
        return error.state != nil
    }
}
