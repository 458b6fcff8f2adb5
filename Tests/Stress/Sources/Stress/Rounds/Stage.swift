internal import CircuitBreakers
internal import Supervision

/// The tree of a round, and how to reach what is in it.
struct Stage: Sendable {
    /// A desk that calls and messages go to.
    struct Target: Sendable {
        let ref: ServerRef<Desk>
        let log: DeskLog
    }

    let runtime: Runtime
    let round: RoundContext
    let tree: ServerRef<Supervisor>
    let registry: Registry<Int, Int>
    let topics: Registry<Int, Int>
    let targets: [Target]
    /// Whether the breaker server is crashed now and then.
    let crashesBreakers: Bool
    let store: MemoryCircuitStore

    private struct Plan {
        var name: String
        var mail: DeskLog.Mail = .complete
        var mayLeaveZombies = false
    }

    private static let plans: [Plan] =
        (1...4).map { Plan(name: "\(Names.steady)-\($0)") } + group(Names.together) + group(Names.chain)
        + [
            Plan(name: "rejecting", mail: .admitted), Plan(name: "making-room", mail: .ordered),
            Plan(name: "suspending", mail: .admitted), Plan(name: "discarding", mail: .ordered),
            Plan(name: "draining"), Plan(name: "watched"),
            Plan(name: "glass", mail: .ordered),
            Plan(name: "shaky-1", mail: .ordered, mayLeaveZombies: true),
            Plan(name: "shaky-2", mail: .ordered, mayLeaveZombies: true),
            Plan(name: "shaky-3", mail: .ordered, mayLeaveZombies: true),
        ]

    /// When a start fails in the restart of a group, those after it have no process until the retry (R47) and lose their
    /// mail. So only the first of a group keeps all of it.
    private static func group(_ name: String) -> [Plan] {
        [
            Plan(name: "\(name)-1"), Plan(name: "\(name)-2", mail: .ordered), Plan(name: "\(name)-3", mail: .ordered),
        ]
    }

    /// More restarts than a round can make.
    static let unlimited = RestartIntensity(1_000_000, within: .seconds(1))

    /// Starts the tree.
    init(in runtime: Runtime, _ round: RoundContext, crashesBreakers: Bool) async throws {
        let logs = Dictionary(
            uniqueKeysWithValues: Self.plans.map {
                ($0.name, DeskLog($0.name, mail: $0.mail, mayLeaveZombies: $0.mayLeaveZombies, round))
            }
        )
        let store = MemoryCircuitStore()
        let usedStore = crashesBreakers ? store : nil
        @Sendable func desk(_ name: String, shutdown: Shutdown? = nil, restart: Restart = .permanent) -> Child {
            // Each name that is asked for has a plan.
            let log = logs[name]!
            return Child(ServerName<Desk>(name), restart: restart, shutdown: shutdown) { Desk(log) }
        }
        let app = Supervisor(strategy: .oneForOne, intensity: Self.unlimited) {
            Child(.circuitBreakers) {
                CircuitBreakerServer(policies: CircuitPolicies.all, maxCircuits: 24, store: usedStore)
            }
            Self.group(Names.steady, .oneForOne) { (1...4).map { desk("\(Names.steady)-\($0)") } }
            Self.group(Names.together, .oneForAll) { (1...3).map { desk("\(Names.together)-\($0)") } }
            Self.group(Names.chain, .restForOne) { (1...3).map { desk("\(Names.chain)-\($0)") } }
            Self.group("bounded", .oneForOne) {
                [
                    desk("rejecting").mailbox(limit: 8, overflow: .reject),
                    desk("making-room").mailbox(limit: 8, overflow: .dropOldest),
                    desk("suspending").mailbox(limit: 8, overflow: .suspend),
                    desk("discarding").mail(.discarded),
                    desk("draining").drain(for: .milliseconds(50)),
                    desk("watched").watchdog(.seconds(10)),
                ]
            }
            Self.group("shaky", .oneForOne) { Self.shakyChildren(logs, round) }
            Child(Names.fragile) {
                Supervisor(strategy: .oneForOne, intensity: .init(3, within: .seconds(3_600))) { desk("glass") }
            }
            Child(Names.sessions) { DynamicSupervisor(maxChildren: Names.mostSessions, intensity: Self.unlimited) }
            Child(Names.tasks) { TaskSupervisor(intensity: Self.unlimited) }
            Worker("beat", shutdown: .timeout(.seconds(1))) {
                while true { try await Runtime.current.sleep(for: .milliseconds(1)) }
            }
        }
        tree = try await app.start(in: runtime)
        targets = Self.plans.map { Target(ref: ServerRef(ServerName<Desk>($0.name), in: runtime), log: logs[$0.name]!) }
        registry = Registry(partitions: 2)
        topics = Registry(keys: .duplicate, partitions: 2)
        self.runtime = runtime
        self.round = round
        self.crashesBreakers = crashesBreakers
        self.store = store
    }

    private static func group(
        _ name: String,
        _ strategy: Strategy,
        _ children: @escaping @Sendable () -> [Child]
    ) -> Child {
        Child(ServerName<Supervisor>(name)) {
            Supervisor(strategy: strategy, intensity: unlimited) { for child in children() { child } }
        }
    }

    private static func shakyChildren(_ logs: [String: DeskLog], _ round: RoundContext) -> [Child] {
        Names.shakyChildren.map { shakyChild($0, logs, round) }
    }

    private static func shakyChild(_ id: ChildID, _ logs: [String: DeskLog], _ round: RoundContext) -> Child {
        guard let log = logs["\(id)"] else {
            return Child(Names.stubborn, shutdown: .timeout(.milliseconds(1))) { Stubborn(round) }
        }
        let shutdown: Shutdown = id == "shaky-1" ? .brutalKill : .timeout(.milliseconds(2))
        return Child(ServerName<Desk>("\(id)"), shutdown: shutdown) { Desk(log) }
    }

    /// The specification of a child that an operator adds again.
    func shakyChild(_ id: ChildID) -> Child {
        let logs = Dictionary(uniqueKeysWithValues: targets.map { ($0.log.name, $0.log) })
        return Self.shakyChild(id, logs, round)
    }

    func target(_ name: String) -> Target {
        targets.first { $0.log.name == name }!
    }
}
