internal import CircuitBreakers
internal import Supervision

/// What is called how in the tree.
enum Names {
    static let steady = "steady"
    static let together = "together"
    static let chain = "chain"
    /// The path of the supervisor whose children an operator adds and deletes.
    static let shaky = "app/shaky"
    static let shakyChildren: [ChildID] = ["shaky-1", "shaky-2", "shaky-3", "stubborn"]
    static let circuitBreakers = "app/circuit-breakers"

    static let shakySupervisor = ServerName<Supervisor>("shaky")
    static let fragile = ServerName<Supervisor>("fragile")
    static let sessions = ServerName<DynamicSupervisor>("sessions")
    static let tasks = ServerName<TaskSupervisor>("tasks")
    static let stubborn = ServerName<Stubborn>("stubborn")
    static let supervisors: [ServerName<Supervisor>] = [
        .app, .init("steady"), .init("together"), .init("chain"), .init("bounded"), shakySupervisor, fragile,
    ]

    /// Those whose starts fail now and then.
    static let failStarts: Set<String> = ["steady-1", "steady-2", "together-2", "together-3", "chain-2"]

    static let mostSessions = 40
}

extension ServiceName {
    /// Never opens, so that all its counts add up.
    static let exact: ServiceName = "exact"
    /// Half-open for ever, so that each call is a probe.
    static let probed: ServiceName = "probed"
    /// Opens and closes all the time, by each kind of rule.
    static let flaky: [ServiceName] = [
        "in-a-row", "in-a-while", "by-rate", "by-rate-in-time", "slow", "leased", "waiting",
    ]
    /// Those of them whose reports add up: nobody removes or disables them, and no probe of theirs loses its lease.
    static let counted: [ServiceName] = [.exact, .probed, "in-a-row", "by-rate", "waiting", "slow"]
    /// Rejects while one of those is open.
    static let dependent: ServiceName = "dependent"
    /// Made by their first call and evicted when there are too many.
    static func passing(_ number: Int) -> ServiceName { ServiceName(stringLiteral: "passing-\(number)") }
}
