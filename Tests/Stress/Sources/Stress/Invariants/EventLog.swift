internal import CircuitBreakers
internal import Foundation
internal import Supervision
internal import Synchronization

/// The sink of a round: keeps the last events and checks the order of all.
final class EventLog: EventSink {
    private struct State: Sendable {
        var last: [(time: RuntimeInstant, event: any RuntimeEvent)] = []
        var next = 0
        var lives = Lives()
        var circuits = CircuitPaths()
    }

    /// How many events are kept, and printed when an invariant fails: `STRESS_EVENTS=100000` for all of a round.
    static let kept = ProcessInfo.processInfo.environment["STRESS_EVENTS"].flatMap { Int($0) } ?? 80
    private let state = Mutex(State())
    /// Set before the tree is started.
    private let referee = Mutex<Referee?>(nil)

    func report(to referee: Referee?) {
        self.referee.withLock { $0 = referee }
    }

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        let problem = state.withLock { state -> String? in
            if state.last.count < Self.kept {
                state.last.append((time, event))
            } else {
                state.last[state.next] = (time, event)
                state.next = (state.next + 1) % Self.kept
            }
            switch event {
            case let event as SupervisionEvent:
                // The circuits' events have all been told when their server has ended (B28).
                if event.path == Names.circuitBreakers, event.kind.isEnd { state.circuits.beginAnew() }
                return state.lives.problem(with: event)
            case let event as CircuitEvent: return state.circuits.problem(with: event)
            default: return nil
            }
        }
        if let problem { referee.withLock { $0 }?.fail(problem, at: "\(event)") }
    }

    var counts: Lives.Counts { state.withLock(\.lives.counts) }
    var evicted: Set<ServiceName> { state.withLock(\.circuits.evicted) }
    var transitions: Int { state.withLock(\.circuits.transitions) }

    /// The last events, a line each.
    var lastLines: [String] {
        let events = state.withLock { state in state.last[state.next...] + state.last[..<state.next] }
        return events.map { "\($0.time): \($0.event.line(upTo: 300))" }
    }
}

extension SupervisionEvent.Kind {
    fileprivate var isEnd: Bool {
        switch self {
        case .ended, .stopped, .shutdownError, .startFailed: true
        default: false
        }
    }
}

extension EventLog {
    /// What has happened, for a report.
    var words: [(what: String, count: Int)] {
        let counts = counts
        return [
            ("starts", counts.starts), ("crashes", counts.crashes), ("stops", counts.stops),
            ("given up", counts.givenUp), ("transitions", transitions),
        ]
    }
}
