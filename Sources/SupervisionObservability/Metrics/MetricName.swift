#if Observability
/// The metrics of the library, with what each of them tells.
enum MetricName: String, CaseIterable {
    case restarts = "supervision.restarts"
    case crashes = "supervision.crashes"
    case failedStarts = "supervision.failed.starts"
    case abandoned = "supervision.abandoned"
    case giveUps = "supervision.give.ups"
    case mailboxDepth = "supervision.mailbox.depth"
    case handlerTime = "supervision.handler.time"
    case circuitState = "circuit.state"
    case transitions = "circuit.transitions"
    case calls = "circuit.calls"
    case timeOpen = "circuit.open.seconds"

    var help: String {
        switch self {
        case .restarts: "Children that run again after they had ended."
        case .crashes: "Children that ended by themselves for a reason that is not clean."
        case .failedStarts: "Starts of children that failed."
        case .abandoned: "Children that did not stop in time and were given up."
        case .giveUps: "Supervisors that gave up since a child would have been restarted too often."
        case .mailboxDepth: "Messages that wait for their turn."
        case .handlerTime: "Time for which a server was at one message."
        case .circuitState: "1 for the state that a circuit is in, 0 for the others."
        case .transitions: "Steps of a circuit from one state to another."
        case .calls: "Calls by what came of them."
        case .timeOpen: "Seconds for which a circuit has been open or forced open."
        }
    }

    /// The names of its labels.
    var labels: [String] {
        switch self {
        case .restarts, .crashes, .failedStarts, .abandoned, .giveUps, .mailboxDepth, .handlerTime: ["child"]
        case .circuitState: ["circuit", "state"]
        case .transitions: ["circuit", "from", "to"]
        case .calls: ["circuit", "outcome"]
        case .timeOpen: ["circuit"]
        }
    }
}
#endif
