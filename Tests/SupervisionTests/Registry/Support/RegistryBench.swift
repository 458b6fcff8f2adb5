import SupervisionTesting

@testable import Supervision

/// A world of its own for a test of a registry, with servers that do what they are told.
struct RegistryBench {
    let clock = ManualClock()
    let recorder = EventRecorder()
    let journal = LifeJournal()
    let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, events: recorder)
    }

    func desk(
        _ id: String,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        onStart: @escaping Desk.Work = { _, _ in },
        onTerminate: @escaping @Sendable (isolated Desk, ExitReason) async -> Void = { _, _ in }
    ) -> Child {
        Child(ServerName<Desk>(id), restart: restart, shutdown: shutdown) { [journal] in
            Desk(journal, onStart: onStart, onTerminate: onTerminate)
        }
    }

    /// A child that has the key as its name.
    func desk<Key, Value>(
        _ id: ChildID,
        via registry: Registry<Key, Value>,
        _ key: Key,
        _ value: Value,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        onStart: @escaping Desk.Work = { _, _ in }
    ) -> Child {
        Child(id, restart: restart, shutdown: shutdown) { [journal] in
            Desk(journal, onStart: onStart, onTerminate: { _, _ in })
        }
        .registered(in: registry, under: key, value: value)
    }

    func start(@ChildrenBuilder _ children: @Sendable () -> [Child]) async throws -> ServerRef<Supervisor> {
        try await Supervisor(intensity: RestartIntensity(1_000, within: .seconds(1)), children: children)
            .start(in: runtime)
    }

    func ref(_ id: String) -> ServerRef<Desk> {
        ServerRef(ServerName<Desk>(id), in: runtime)
    }

    func waitForLife(_ life: Int, of id: String) async {
        await recorder.waitFor(line: "app/\(id) restarted, life \(life)")
    }
}

extension ServerRef where Server == Desk {
    /// Registers the server, from within it.
    func register<Key, Value>(_ key: Key, _ value: Value, in registry: Registry<Key, Value>) async throws {
        let context = try await life()
        try registry.register(key, value, for: context)
    }

    /// The context of the present incarnation.
    func life() async throws -> ServerContext<Desk> {
        guard let context = try await call({ $0.context }) else { throw Mishap("the server has not started") }
        return context
    }
}

/// What `body` throws, as a ``RegistryError``.
func refusal(_ body: () throws -> Void) -> RegistryError? {
    do {
        try body()
        return nil
    } catch {
        return error as? RegistryError
    }
}

extension Registry {
    /// The entries of a key as a reader would write them down.
    func seen(_ key: Key) -> [String] {
        lookup(key).map { "\($0.path) \($0.value)" }
    }
}
