#if ServiceLifecycle
public import ServiceLifecycle
public import Supervision

/// A child that is a `Service`.
///
/// ```swift
/// Supervisor(strategy: .restForOne) {
///     Child(.circuitBreakers) { CircuitBreakerServer() }
///     ServiceChild("http", shutdown: .timeout(.seconds(30))) { HTTPServer(port: 8080) }
/// }
/// ```
///
/// Each incarnation is a new instance, as the services of the field do not survive a second `run()`. When `run()`
/// returns the child has ended normally, which a permanent one is restarted after; when it throws it has crashed.
///
/// When its supervisor stops it, the service alone is shut down gracefully, and the one that started before it is asked
/// when it has returned (R50). What it has not ended by when its shutdown time is over is cancelled, and the child is
/// given up (S3). With `Shutdown.brutalKill` it is cancelled at once.
public struct ServiceChild: ChildSpecification {
    /// The child that runs the service.
    public let child: Child

    /// A child that runs the service that `start` makes.
    ///
    /// - Parameters:
    ///   - id: the child's id within its supervisor.
    ///   - restart: when it is started again after it has ended.
    ///   - shutdown: how long a graceful shutdown may take; nil for 5 seconds.
    ///   - significant: whether its end can end its supervisor.
    ///   - backoff: how long to wait before a restart; nil for not at all.
    ///   - start: makes the service, anew for each incarnation. Throwing is a failed start.
    public init<Hosted: Service>(
        _ id: ChildID,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        significant: Bool = false,
        backoff: Backoff? = nil,
        start: @escaping @Sendable () async throws -> Hosted
    ) {
        child = Child(
            id,
            restart: restart,
            shutdown: shutdown,
            significant: significant,
            backoff: backoff
        ) { ServiceHost(try await start()) }
    }
}

extension ChildrenBuilder {
    /// A service.
    public static func buildExpression(_ service: ServiceChild) -> [Child] { [service.child] }
}
#endif
