/// How to start one child, and what to do when it ends.
///
/// A child is described by how to make it, not by an instance: each restart makes a new one.
///
/// ```swift
/// Supervisor {
///     Child(.users) { UserDirectory() }
///     Child("ingest", shutdown: .timeout(.seconds(30))) { Ingest(batch: 100) }
///     Child("reports") { Supervisor(strategy: .restForOne) { … } }
/// }
/// ```
public struct Child: ChildSpecification {
    /// The child's id within its supervisor.
    public let id: ChildID
    /// When it is started again after it has ended.
    public let restart: Restart
    /// How long it is given to stop.
    public let shutdown: Shutdown
    /// Whether its end can end its supervisor: see ``Supervisor/AutoShutdown``.
    public let significant: Bool
    /// How long to wait before a restart; nil for not at all.
    public let backoff: Backoff?
    /// The name that the child is registered under in its runtime.
    public let name: String?
    /// The child itself.
    public var child: Child { self }
    let isSupervisor: Bool
    /// The type of its server.
    let serverType: any Any.Type
    /// What has been asked for beside the basics: see ``ChildSpecification``. Nil for nothing.
    var rules: ServerRules?
    /// A limit of its own for restarts (S6).
    var limit: ChildLimit?
    /// What happens when it cannot be stopped (S3).
    var unstoppablePolicy = UnstoppablePolicy.abandon
    /// Whether it starts at the same time as the one before it: see ``Together``.
    var startsWithPrevious = false
    private let makePlace: @Sendable (PlaceSetup) -> any ManagedPlace

    /// What a new place is given.
    private struct PlaceSetup: Sendable {
        var runtime: Runtime
        var parent: any PlaceParent
        var key: ChildKey
        var shutdown: Shutdown
        var rules: ServerRules?
    }

    /// The child's place in the tree of `parent`.
    func makePlace(in runtime: Runtime, for parent: any PlaceParent, _ key: ChildKey) -> any ManagedPlace {
        makePlace(PlaceSetup(runtime: runtime, parent: parent, key: key, shutdown: shutdown, rules: rules))
    }

    /// A child that others reach through a reference, if at all.
    ///
    /// - Parameters:
    ///   - id: the child's id within its supervisor.
    ///   - restart: when it is started again after it has ended.
    ///   - shutdown: how long it is given to stop; nil for 5 seconds, and for as long as it takes with a supervisor (R3).
    ///   - significant: whether its end can end its supervisor.
    ///   - backoff: how long to wait before a restart; nil for not at all.
    ///   - start: makes the server, anew for each incarnation. Throwing is a failed start.
    @inlinable
    public init<Server: GenServer>(
        _ id: ChildID,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        significant: Bool = false,
        backoff: Backoff? = nil,
        start: @escaping @Sendable () async throws -> Server
    ) {
        self.init(
            id: id,
            name: nil,
            restart: restart,
            shutdown: shutdown,
            significant: significant,
            backoff: backoff,
            start: start,
            drain: { await $0.drain($1, incarnation: $2) }
        )
    }

    /// A child that is registered under a name, which is its id as well.
    ///
    /// - Parameters:
    ///   - name: the name; one runtime has at most one running server of a name.
    ///   - restart: when it is started again after it has ended.
    ///   - shutdown: how long it is given to stop; nil for 5 seconds, and for as long as it takes with a supervisor (R3).
    ///   - significant: whether its end can end its supervisor.
    ///   - backoff: how long to wait before a restart; nil for not at all.
    ///   - start: makes the server, anew for each incarnation. Throwing is a failed start.
    @inlinable
    public init<Server: GenServer>(
        _ name: ServerName<Server>,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        significant: Bool = false,
        backoff: Backoff? = nil,
        start: @escaping @Sendable () async throws -> Server
    ) {
        self.init(
            id: ChildID(name.rawValue),
            name: name.rawValue,
            restart: restart,
            shutdown: shutdown,
            significant: significant,
            backoff: backoff,
            start: start,
            drain: { await $0.drain($1, incarnation: $2) }
        )
    }

    /// - Parameter drain: made where the type of the server is known, and so specialized for it.
    @usableFromInline
    init<Server: GenServer>(
        id: ChildID,
        name: String?,
        restart: Restart,
        shutdown: Shutdown?,
        significant: Bool,
        backoff: Backoff?,
        start: @escaping @Sendable () async throws -> Server,
        drain: @escaping ServerPlace<Server>.Drain
    ) {
        let isSupervisor = Server.self is any SupervisingServer.Type
        let shutdown = shutdown ?? (isSupervisor ? .infinity : .timeout(.seconds(5)))
        self.id = id
        self.name = name
        self.restart = restart
        self.shutdown = shutdown
        self.significant = significant
        self.backoff = backoff
        self.isSupervisor = isSupervisor
        serverType = Server.self
        makePlace = { setup in
            ServerPlace(
                runtime: setup.runtime,
                id: id,
                isNamed: name != nil,
                shutdown: setup.shutdown,
                rules: setup.rules,
                parent: setup.parent,
                key: setup.key,
                restart: restart,
                isSignificant: significant,
                isSelfManaged: isSupervisor,
                make: start,
                drain: drain
            )
        }
    }
}
