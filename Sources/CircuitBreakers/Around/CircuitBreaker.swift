public import Supervision

/// The circuit of a service as a layer around calls (B31).
///
/// ```swift
/// CallPolicy {
///     CircuitBreaker(.userAPI)
///     Retry(maxAttempts: 3)
/// }
/// ```
///
/// It has no circuit of its own: all layers of one service and one server share the circuit that the server has for it.
/// The operation runs in the caller's task (B1).
public struct CircuitBreaker: CallLayer {
    private enum Server: Sendable {
        case application
        case named(ServerRef<CircuitBreakerServer>)
        case instance(CircuitBreakerServer)
    }

    /// The service whose circuit it is.
    public let service: ServiceName
    private let server: Server

    /// A circuit of the application's breakers: the server named `.circuitBreakers` in the runtime of each call.
    public init(_ service: ServiceName) {
        self.service = service
        server = .application
    }

    /// A circuit of a server of any name. A call waits for the server while it is being restarted.
    public init(_ service: ServiceName, of server: ServerRef<CircuitBreakerServer>) {
        self.service = service
        self.server = .named(server)
    }

    /// A circuit of an instance, which needs no supervisor.
    public init(_ service: ServiceName, of server: CircuitBreakerServer) {
        self.service = service
        self.server = .instance(server)
    }

    /// Runs `operation` if the circuit lets it through, and records what came of it.
    ///
    /// - Throws: the operation's own error, unchanged (B7), or ``CircuitBreakerError`` when it was not run. The server
    ///   of a name throws `ServerError` when it is not running, or when its restart took too long.
    public func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        switch server {
        case .application: try await CircuitBreakerServer.call(service, operation)
        case .named(let server): try await server.call(service, operation)
        case .instance(let server): try await server.call(service, operation)
        }
    }

    /// The state of the circuit, for whoever watches its calls; nil when there is no circuit, or no server runs.
    package func currentState() async -> CircuitState? {
        switch server {
        case .application: try? await CircuitBreakerServer.state(of: service).state
        case .named(let server): try? await server.call { [service] in $0.state(of: service)?.state }
        case .instance(let server): await server.state(of: service)?.state
        }
    }
}
