#if Admin
import CircuitBreakers

@testable import SupervisionAdmin

/// What an endpoint could tell.
enum Examples {
    static func circuit(_ name: String, _ state: CircuitState, share: Double = 0, calls: Int = 10) -> CircuitReport {
        var figures = CircuitFigures(service: ServiceName(name), state: state)
        figures.calls = calls
        figures.failures = 5
        figures.rejected = 7
        if state == .open {
            figures.retryAfter = .milliseconds(4200)
            figures.lastFailureType = "Timeout"
            figures.failuresByType = ["Timeout": 4, "Refused": 1]
        }
        if state == .closed { figures.levels = [TripLevel(.failureRate, current: share, threshold: 0.5)] }
        return CircuitReport(figures, counts: CircuitCounts(), faults: nil)
    }

    static func circuits(_ circuits: CircuitReport...) -> CircuitsReport {
        CircuitsReport(health: circuits.map(\.figures.health).max() ?? .healthy, circuits: circuits)
    }

    static func node(
        _ path: String,
        _ condition: TreeNode.Condition = .running,
        kind: String = "UserDirectory",
        status: String? = nil,
        restarts: Int = 0,
        mailbox: Int = 0,
        children: [TreeNode]? = nil,
        count: Int? = nil
    ) -> TreeNode {
        TreeNode(
            id: path.split(separator: "/").last.map(String.init) ?? "",
            path: path,
            kind: kind,
            strategy: children == nil ? nil : "oneForOne",
            status: status ?? condition.rawValue,
            condition: condition,
            restarts: restarts,
            zombies: 0,
            mailboxDepth: mailbox,
            childCount: count ?? children?.count,
            children: children
        )
    }

    static let tree = node(
        "app",
        kind: "supervisor",
        children: [
            node("app/users", restarts: 1, mailbox: 12),
            node(
                "app/ingest",
                kind: "dynamic supervisor",
                children: [
                    node(
                        "app/ingest/poller#1",
                        .restarting,
                        kind: "worker",
                        status: "restarting (attempt 2)",
                        restarts: 3
                    )
                ],
                count: 12
            ),
            node("app/mail", .stopped, status: "stopped (the mail server of the company has refused the password)"),
        ]
    )

    static let circuitsJSON = """
        {"health":"unhealthy","circuits":[\(circuitJSON)]}
        """
    static let circuitJSON = """
        {"service":"user-api","state":"open","retryAfterMilliseconds":4200,"calls":10,"successes":5,"failures":5,\
        "ignored":0,"slow":0,"rejected":7,"late":0,"failuresByType":{"Timeout":5},"lastFailureType":"Timeout",\
        "failureRate":0.5,"levels":[{"measure":"failureRate","current":0.5,"threshold":0.5}],"transitions":1,\
        "timesOpened":1,"timeOpenMilliseconds":800,"recoveries":0,"isFlapping":false,"health":"unhealthy",\
        "counts":{"calls":10,"successes":5,"failures":5,"consecutiveFailures":5,"ignored":0,"slow":0,"rejected":7,"late":0}}
        """
    static let treeJSON = """
        {"id":"app","path":"app","kind":"supervisor","strategy":"oneForOne","status":"running","condition":"running",\
        "restarts":0,"zombies":0,"mailboxDepth":0,"childCount":2,"children":[{"id":"users","path":"app/users",\
        "kind":"UserDirectory","status":"running","condition":"running","restarts":1,"zombies":0,"mailboxDepth":0}],\
        "next":"app/it's"}
        """
    static let eventJSON = """
        {"id":"k3x9-17","time":"2026-01-31T12:00:00.250Z","level":"warning","type":"circuit","service":"user-api",\
        "from":"closed","to":"open","text":"circuit 'user-api' closed -> open for 60 s: 5 failures in a row"}
        """
}
#endif
