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
    public var id: ChildID { core.parts.id }
    /// When it is started again after it has ended.
    public var restart: Restart { core.parts.restart }
    /// How long it is given to stop.
    public var shutdown: Shutdown { core.parts.shutdown }
    /// Whether its end can end its supervisor: see ``Supervisor/AutoShutdown``.
    public var significant: Bool { core.parts.significant }
    /// How long to wait before a restart; nil for not at all.
    public var backoff: Backoff? { core.parts.restarts?.backoff }
    /// The name that the child is registered under in its runtime.
    public var name: String? { core.parts.name }
    /// The child itself.
    public var child: Child { self }
    var isSupervisor: Bool { core.parts.isSupervisor }
    /// The type of its server.
    var serverType: any Any.Type { core.parts.serverType }
    /// What has been asked for beside the basics: see ``ChildSpecification``. Nil for nothing.
    var rules: ServerRules? {
        get { core.parts.rules }
        set { core = core.with { $0.rules = newValue } }
    }

    /// A limit of its own for restarts (S6).
    var limit: ChildLimit? {
        get { core.parts.restarts?.limit }
        set {
            let restarts = RestartRules(backoff: backoff, limit: newValue)
            core = core.with { $0.restarts = restarts }
        }
    }

    /// What happens when it cannot be stopped (S3).
    var unstoppablePolicy: UnstoppablePolicy {
        get { core.parts.unstoppablePolicy }
        set { core = core.with { $0.unstoppablePolicy = newValue } }
    }

    /// Whether it starts at the same time as the one before it: see ``Together``.
    var startsWithPrevious: Bool {
        get { core.parts.startsWithPrevious }
        set { core = core.with { $0.startsWithPrevious = newValue } }
    }

    private var core: ChildCore

    /// The child's place in the tree of `parent`.
    func makePlace(in runtime: Runtime, for parent: PlaceParent, _ key: ChildKey) -> any ManagedPlace {
        core.parts.makePlace(self, runtime, parent, key)
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
            backoff: backoff
        ) { (setup: consuming PlaceSetup) in
            ServerPlace(setup, noLetters: [], make: start, drain: { await $0.drain($1, incarnation: $2, isLent: $3) })
        }
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
            backoff: backoff
        ) { (setup: consuming PlaceSetup) in
            ServerPlace(setup, noLetters: [], make: start, drain: { await $0.drain($1, incarnation: $2, isLent: $3) })
        }
    }

    /// - Parameter place: made where the type of the server is known, and so specialized for it, and what it makes too.
    @usableFromInline
    init<Server: GenServer>(
        id: ChildID,
        name: String?,
        restart: Restart,
        shutdown: Shutdown?,
        significant: Bool,
        backoff: Backoff?,
        place: @escaping @Sendable (consuming PlaceSetup) -> ServerPlace<Server>
    ) {
        let isSupervisor = Self.isSupervisor(Server.self)
        core = ChildCore(
            ChildCore.Parts(
                id: id,
                name: name,
                restart: restart,
                shutdown: shutdown ?? (isSupervisor ? .infinity : .timeout(.seconds(5))),
                significant: significant,
                isSupervisor: isSupervisor,
                serverType: Server.self,
                restarts: backoff.map { RestartRules(backoff: $0, limit: nil) }
            ) { child, runtime, parent, key in
                place(
                    PlaceSetup(
                        runtime: runtime,
                        id: child.id,
                        isNamed: child.name != nil,
                        settings: PlaceSettings(
                            shutdown: child.shutdown,
                            restart: child.restart,
                            isSignificant: child.significant
                        ),
                        rules: child.rules,
                        parent: parent,
                        key: key,
                        isSelfManaged: child.isSupervisor
                    )
                )
            }
        )
    }

    private static func isSupervisor<Server: GenServer>(_ type: Server.Type) -> Bool {
        if KnownTypes.withoutChildren.contains(ObjectIdentifier(type)) { return false }
        if type is any SupervisingServer.Type { return true }
        KnownTypes.withoutChildren.insert(ObjectIdentifier(type))
        return false
    }
}

/// All that a child is.
///
/// An object, because a child is copied from list to list on its way into a tree: as a value of many parts, it would take a
/// tenth of the time that the start of a child takes. It is never changed: a child that is changed gets a new one.
private final class ChildCore: Sendable {
    let parts: Parts

    struct Parts: Sendable {
        let id: ChildID
        let name: String?
        let restart: Restart
        let shutdown: Shutdown
        let significant: Bool
        let isSupervisor: Bool
        let serverType: any Any.Type
        var restarts: RestartRules?
        var rules: ServerRules?
        var unstoppablePolicy = UnstoppablePolicy.abandon
        var startsWithPrevious = false
        let makePlace: @Sendable (Child, Runtime, _ parent: PlaceParent, ChildKey) -> any ManagedPlace
    }

    init(_ parts: Parts) {
        self.parts = parts
    }

    func with(_ change: (inout Parts) -> Void) -> ChildCore {
        var parts = parts
        change(&parts)
        return ChildCore(parts)
    }
}

/// How a child's restarts differ from those of most. An object, so that those that do not keep one empty reference.
private final class RestartRules: Sendable {
    let backoff: Backoff?
    let limit: ChildLimit?

    init(backoff: Backoff?, limit: ChildLimit?) {
        self.backoff = backoff
        self.limit = limit
    }
}
