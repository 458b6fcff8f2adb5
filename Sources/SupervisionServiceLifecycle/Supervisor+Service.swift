#if ServiceLifecycle
public import ServiceLifecycle
public import Supervision

/// A tree as one of the services of a `ServiceGroup`.
///
/// ```swift
/// let tree = Supervisor {
///     Child(.circuitBreakers) { CircuitBreakerServer() }
///     Child(.users) { UserDirectory() }
/// }
/// let group = ServiceGroup(services: [database, tree], gracefulShutdownSignals: [.sigterm], logger: logger)
/// try await group.run()
/// ```
///
/// The group starts it like any other, and shuts it down in its turn: see ``TreeService``. For a tree that is to have
/// another id than `app`, or to live in another runtime, give the group `tree.service(as:in:)`.
extension Supervisor: Service {
    /// Runs the tree as a service: see ``TreeService/run()``.
    ///
    /// For the group. Where you call `run()` yourself you get `run(as:in:stoppingOn:)`, which takes
    /// signals.
    @_disfavoredOverload
    public nonisolated func run() async throws {
        try await service().run()
    }

    /// The tree as a service with an id and a runtime of its choice.
    ///
    /// - Parameters:
    ///   - id: the first part of every path in the tree, and the name of its topmost supervisor, unless another tree in
    ///     the runtime has it.
    ///   - runtime: the world that the tree lives in; nil for that of the task that runs the service.
    public nonisolated func service(as id: ChildID = "app", in runtime: Runtime? = nil) -> TreeService {
        TreeService { try await self.run(as: id, in: runtime ?? .current, stoppingOn: []) }
    }
}

/// A tree with a dynamic supervisor on top as one of the services of a `ServiceGroup`.
extension DynamicSupervisor: Service {
    /// Runs the tree as a service: see ``TreeService/run()``.
    ///
    /// For the group. Where you call `run()` yourself you get `run(as:in:stoppingOn:)`, which takes
    /// signals.
    @_disfavoredOverload
    public nonisolated func run() async throws {
        try await service().run()
    }

    /// The tree as a service with an id and a runtime of its choice: see ``Supervisor/service(as:in:)``.
    public nonisolated func service(as id: ChildID = "app", in runtime: Runtime? = nil) -> TreeService {
        TreeService { try await self.run(as: id, in: runtime ?? .current, stoppingOn: []) }
    }
}

/// A tree with a partition supervisor on top as one of the services of a `ServiceGroup`.
extension PartitionSupervisor: Service {
    /// Runs the tree as a service: see ``TreeService/run()``.
    ///
    /// For the group. Where you call `run()` yourself you get `run(as:in:stoppingOn:)`, which takes
    /// signals.
    @_disfavoredOverload
    public nonisolated func run() async throws {
        try await service().run()
    }

    /// The tree as a service with an id and a runtime of its choice: see ``Supervisor/service(as:in:)``.
    public nonisolated func service(as id: ChildID = "app", in runtime: Runtime? = nil) -> TreeService {
        TreeService { try await self.run(as: id, in: runtime ?? .current, stoppingOn: []) }
    }
}
#endif
