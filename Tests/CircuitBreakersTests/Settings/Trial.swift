import Supervision
import SupervisionTesting

@testable import CircuitBreakers

/// A server by some configuration, and calls of one service of it.
struct Trial {
    let world = World()
    let breakers: CircuitBreakerServer
    private let resolved: CircuitBreakerConfiguration.Resolved

    init(_ configuration: CircuitBreakerConfiguration, _ environment: [String: String] = [:]) async throws {
        let resolved = try configuration.resolved(environment: environment)
        self.resolved = resolved
        breakers = await world.runtime.run { CircuitBreakerServer(resolved) }
    }

    /// With these settings for the service.
    init(_ settings: CircuitSettings) async throws {
        try await self.init(CircuitBreakerConfiguration(services: ["api": settings]))
    }

    /// A server of the same configuration in a tree, where it has timers. What `body` says of it, when all events have
    /// been told.
    func supervised<Value: Sendable>(
        _ body: @Sendable (ServerRef<CircuitBreakerServer>) async throws -> Value
    ) async throws -> Value {
        let tree = try await Supervisor { Child(.circuitBreakers) { CircuitBreakerServer(resolved) } }
            .start(in: world.runtime)
        let value = try await body(ServerRef(.circuitBreakers, in: world.runtime))
        try await tree.stop()
        return value
    }

    func wait(_ seconds: Int) { world.clock.advance(by: .seconds(seconds)) }

    /// How many of so many calls were let through.
    @discardableResult
    func succeed(_ count: Int = 1, of service: ServiceName = "api") async -> Int {
        var passed = 0
        for _ in 0..<count { if (try? await breakers.call(service) {}) != nil { passed += 1 } }
        return passed
    }

    func fail(_ count: Int = 1, with error: any Error = Broken(), of service: ServiceName = "api") async {
        for _ in 0..<count { _ = try? await breakers.call(service) { throw error } }
    }

    /// Calls that take so long each.
    func take(_ seconds: Int, _ count: Int = 1) async {
        for _ in 0..<count { _ = try? await breakers.call("api") { wait(seconds) } }
    }

    /// Opens the circuit, waits until it lets probes through, and ends with its state.
    func goHalfOpen() async {
        await fail(5)
        world.clock.advance(by: await left ?? .zero)
    }

    /// What a call comes to whose task is cancelled before it begins.
    func cancelledCall() async -> String {
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            do {
                try await breakers.call("api") { throw CancellationError() }
                return "done"
            } catch {
                return "\(type(of: error))"
            }
        }.value
    }

    /// What a call of a service comes to.
    func result(of service: ServiceName = "api") async -> String {
        do {
            try await breakers.call(service) {}
            return "done"
        } catch CircuitBreakerError.unknownService {
            return "unknown"
        } catch CircuitBreakerError.tooManyCircuits {
            return "too many"
        } catch CircuitBreakerError.dependencyOpen {
            return "dependency open"
        } catch {
            return "\(error)"
        }
    }

    func state(of service: ServiceName = "api") async -> String {
        await breakers.state(of: service).map { "\($0.state)" } ?? "none"
    }

    var left: Duration? {
        get async { await breakers.state(of: "api")?.retryAfter }
    }

    /// How long the circuit is still open, as a text.
    var leftText: String {
        get async { await left.map { DurationText.text($0) } ?? "none" }
    }
}
