#if ServiceLifecycle
public import ServiceLifecycle

/// A supervision tree as a service.
///
/// It leaves signals to the group. A service runs once, as with any service: a second `run()` throws
/// `SupervisorError.startedBefore`.
public struct TreeService: Service {
    private let tree: @Sendable () async throws -> Void

    init(running tree: @escaping @Sendable () async throws -> Void) {
        self.tree = tree
    }

    /// Starts the tree, and returns when it has ended.
    ///
    /// On a graceful shutdown, and when it is cancelled, the children are stopped in reverse start order, each within its
    /// shutdown time (R50); then it returns. It also returns when the tree is told to stop, and throws when it gives up
    /// or cannot be started; what the group makes of that is set with the group's termination behaviors.
    ///
    /// - Throws: as `Supervisor.run(as:in:stoppingOn:)`.
    public func run() async throws {
        // A tree takes cancellation for what a graceful shutdown is: its children are asked one by one, and waited for.
        try await cancelWhenGracefulShutdown(tree)
    }
}
#endif
