internal import CircuitBreakers

/// What the events of circuits tell of their states: each transition begins where the one before it has ended.
struct CircuitPaths: Sendable {
    private(set) var transitions = 0
    /// Those that had to make room for others.
    private(set) var evicted: Set<ServiceName> = []
    private var states: [ServiceName: CircuitState] = [:]
    /// Circuits that may begin anew since their server has.
    private var renewed: Set<ServiceName> = []
    private var hasLostEvents = false

    mutating func beginAnew() {
        renewed.formUnion(states.keys)
    }

    /// What is wrong with the event, if something is.
    mutating func problem(with event: CircuitEvent) -> String? {
        switch event.kind {
        case .eventsLost:
            // From here on nothing is known of any of them.
            states = [:]
            hasLostEvents = true
        case .removed, .evicted:
            guard let service = event.service else { return "an end of no service" }
            states[service] = nil
            if case .evicted = event.kind { evicted.insert(service) }
        case .transition(let transition):
            guard let service = event.service else { return "a transition of no service" }
            transitions += 1
            return problem(with: transition, of: service)
        default: break
        }
        return nil
    }

    private mutating func problem(with transition: CircuitTransition, of service: ServiceName) -> String? {
        defer { states[service] = transition.to }
        let former = states[service] ?? (hasLostEvents ? transition.from : .closed)
        if transition.from == former { return nil }
        if renewed.remove(service) != nil, transition.from == .closed { return nil }
        return "circuit \(service) went on from \(transition.from), and had been \(former)"
    }
}
