internal import Supervision
internal import Synchronization

/// Starts and stops children of a dynamic supervisor, which are found through registries.
struct Sessions: Driver {
    static let label = "sessions"
    let stage: Stage
    private let supervisor: ServerRef<DynamicSupervisor>
    /// How many tasks hold the lock of each key.
    private let holders: KeyHolders

    init(_ stage: Stage, _ holders: KeyHolders) {
        self.stage = stage
        self.holders = holders
        supervisor = ServerRef(Names.sessions, in: stage.runtime)
    }

    mutating func step(_ numbers: inout Numbers) async throws {
        stage.round.tally.requests.add(1, ordering: .relaxed)
        let key = numbers.below(30)
        let session = ServerRef<Session>(stage.registry, key)
        switch numbers.below(10) {
        case 0...3: try await start(key, restart: numbers.oneIn(3) ? .transient : .temporary)
        case 4: try check(await session.call { $0.key }, key)
        case 5: session.cast(numbers.oneIn(2) ? .end : .crash)
        case 6: try await supervisor.terminateChild(session)
        case 7: try await lock(key)
        case 8:
            stage.topics.dispatch(key % 5) { entries in
                for entry in entries { (try? entry.ref(as: Session.self))?.cast(.hear) }
            }
        default:
            let counts = try await supervisor.counts()
            stage.round.referee.require(
                counts.specs <= Names.mostSessions && counts.active <= counts.specs,
                "too many children: \(counts) (R80)",
                at: "sessions"
            )
        }
    }

    private func start(_ key: Int, restart: Restart) async throws {
        let (topics, round) = (stage.topics, stage.round)
        let child = Child("session", restart: restart, shutdown: .timeout(.seconds(5))) {
            Session(key, topics, round)
        }
        try await supervisor.startChild(child.registered(in: stage.registry, under: key, value: key), as: Session.self)
    }

    private func check(_ found: Int, _ key: Int) throws {
        stage.round.referee.require(found == key, "key \(key) leads to the holder of \(found) (R90)", at: "registry")
    }

    private func lock(_ key: Int) async throws {
        let holders = holders
        let most = try await stage.registry.lock(key) {
            let count = holders.change(key, 1)
            try? await stage.runtime.sleep(for: .microseconds(50))
            _ = holders.change(key, -1)
            return count
        }
        stage.round.referee.require(most == 1, "\(most) hold the lock of key \(key) (R95)", at: "registry")
    }
}

/// How many tasks are inside of each lock.
final class KeyHolders: Sendable {
    private let counts = Mutex<[Int: Int]>([:])

    func change(_ key: Int, _ change: Int) -> Int {
        counts.withLock { counts in
            counts[key, default: 0] += change
            return counts[key] ?? 0
        }
    }
}

/// A child of a dynamic supervisor.
actor Session: GenServer {
    enum Message: Sendable { case hear, crash, end }

    let key: Int
    private let topics: Registry<Int, Int>
    private let witness: Witness

    init(_ key: Int, _ topics: Registry<Int, Int>, _ round: RoundContext) {
        self.key = key
        self.topics = topics
        witness = Witness(.server, round.census)
    }

    func started(_ context: ServerContext<Session>) throws {
        try topics.register(key % 5, key, for: context)
    }

    func handle(_ message: Message, _ context: ServerContext<Session>) throws {
        switch message {
        case .hear: break
        case .crash: throw Desk.PlannedCrash()
        case .end: throw Exit(.normal)
        }
    }
}
