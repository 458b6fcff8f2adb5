import CircuitBreakers
import Supervision
import SupervisionAdmin

/// The sink of the sample's runtime: prints each event for a person, and keeps it for whoever waits for it.
struct EventPrinter: EventSink {
    let narrator: Narrator
    let log: EventLog

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        switch event {
        case let event as AppEvent: narrator.tell(event.subject, event.text, tone(of: event))
        case let event as CircuitEvent: print(event)
        case let event as SupervisionEvent: print(event)
        case let event as AdminEvent: narrator.tell("admin", event.text, tone(of: event))
        case let event as AdminAudit: narrator.tell("admin", event.text, tone(of: event))
        default: narrator.tell("", event.description, tone(of: event))
        }
        // Only now, so that nobody comments on an event that has not been printed yet.
        log.append(event)
    }

    private func print(_ event: CircuitEvent) {
        let subject = event.service.map { "circuit \($0)" } ?? "circuits"
        guard case .transition(let transition) = event.kind else {
            return narrator.tell(subject, "\(event.kind)", tone(of: event))
        }
        let (from, to) = (transition.from.inWords, transition.to.inWords)
        let step = transition.from == transition.to ? "\(to), counts cleared" : "\(from) → \(to)"
        let duration = transition.openFor.map { " for \($0.inSeconds)" } ?? ""
        let tone: Narrator.Tone = transition.to == .closed ? .good : tone(of: event)
        narrator.tell(subject, "\(step)\(duration): \(transition.reason)", tone)
    }

    private func print(_ event: SupervisionEvent) {
        let tone: Narrator.Tone = if case .restarted = event.kind { .good } else { tone(of: event) }
        narrator.tell(event.shortPath, event.text, tone)
    }

    private func tone(of event: any RuntimeEvent) -> Narrator.Tone {
        switch event.level {
        case .debug, .info: .event
        case .warning: .warning
        case .error: .bad
        }
    }
}

extension SupervisionEvent {
    /// The path without the topmost supervisor, which all have in common: `reports/mailer`, and `app` for the tree.
    var shortPath: String {
        let parts = path.split(separator: "/")
        return parts.dropFirst(min(1, parts.count - 1)).joined(separator: "/")
    }
}

extension CircuitState {
    var inWords: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half-open"
        case .forcedOpen: "forced open"
        case .disabled: "disabled"
        case .metricsOnly: "metrics only"
        }
    }
}
