import SupervisionTesting

@testable import Supervision

/// A world of its own for one test: a clock that stands still, and everything that is told.
struct Bench {
    let clock = ManualClock()
    let recorder = EventRecorder()
    let journal = LifeJournal()
    let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, random: SeededGenerator(seed: 1), events: recorder)
    }

    /// A permanent child that journals its life, reachable by its id.
    func probe(
        _ id: String,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        significant: Bool = false,
        backoff: Backoff? = nil,
        onStart: @escaping @Sendable () async throws -> Void = {},
        onTerminate: @escaping @Sendable () async -> Void = {}
    ) -> Child {
        Child(
            ServerName<Probe>(id),
            restart: restart,
            shutdown: shutdown,
            significant: significant,
            backoff: backoff
        ) { [journal] in
            Probe(id, journal, onStart: onStart, onTerminate: onTerminate)
        }
    }

    func ref(_ id: String) -> ServerRef<Probe> {
        ServerRef(ServerName<Probe>(id), in: runtime)
    }

    /// The events of the child at `path`, without the path.
    func events(of path: String) -> [String] {
        recorder.lines.filter { $0.hasPrefix(path + " ") }.map { String($0.dropFirst(path.count + 1)) }
    }
}

extension Bench {
    /// Waits until something of that kind has happened to the child at `path`.
    func waitFor(_ path: String, _ count: Int = 1, _ matches: @escaping @Sendable (SupervisionEvent.Kind) -> Bool) async
    {
        await recorder.waitFor(count) { event in
            guard let event = event as? SupervisionEvent, event.path == path else { return false }
            return matches(event.kind)
        }
    }

    func waitForRestart(of path: String, life: Int = 2) async {
        await recorder.waitFor(line: "\(path) restarted, life \(life)")
    }

    /// Waits until the child was given up, and gives the time for which it had been asked.
    @discardableResult
    func waitForGivingUp(of path: String) async -> Duration? {
        await waitFor(path) {
            if case .unstoppable = $0 { return true }
            return false
        }
        for case let event as SupervisionEvent in recorder.events where event.path == path {
            if case .unstoppable(let time) = event.kind { return time }
        }
        return nil
    }

    func waitForZombieEnd(of path: String) async {
        await waitFor(path) {
            if case .zombieEnded = $0 { return true }
            return false
        }
    }
}

extension ServerRef where Server == Supervisor {
    /// The ids of the children in start order, each with what it does.
    func lives() async throws -> [String] {
        try await children().reversed().map { "\($0.id) \($0.status)" }
    }
}
