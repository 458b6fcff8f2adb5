#if Observability
internal import CircuitBreakers
internal import Logging
internal import Supervision

extension LogLine {
    init(_ event: CircuitEvent) {
        self.init(Self.message(event.kind))
        self["circuit.service"] = event.service?.rawValue
        add(event.kind)
    }

    private static func message(_ kind: CircuitEvent.Kind) -> Logger.Message {
        switch kind {
        case .transition(let transition): transition.from == transition.to ? "Circuit reset" : "Circuit changed"
        case .leaseExpired: "Probe of a circuit said nothing"
        case .backoffTrouble: "Open time of a circuit fell back to its base"
        case .removed: "Circuit removed"
        case .evicted: "Circuit made room for another"
        case .rejected: "Circuit rejected calls"
        case .late: "Circuit got late reports"
        case .flapping(.raised): "Circuit opens again and again"
        case .flapping(.cleared): "Circuit is quiet again"
        case .storeTrouble: "Store of circuits has trouble"
        case .figures: "Figures of all circuits"
        case .eventsLost: "Events of circuits were lost"
        }
    }

    private mutating func add(_ kind: CircuitEvent.Kind) {
        switch kind {
        case .transition(let transition):
            self["circuit.state.from"] = transition.from.rawValue
            self["circuit.state"] = transition.to.rawValue
            self["circuit.reason"] = "\(transition.reason)"
            self["circuit.open.for"] = transition.openFor?.shortDescription
            add(transition.counts)
        case .leaseExpired(let outcome, let timeout):
            self["circuit.probe.outcome"] = "\(outcome)"
            self["circuit.probe.timeout"] = timeout.shortDescription
        case .backoffTrouble(.threw(let type)): self["circuit.error.type"] = type
        case .backoffTrouble(.negative(let duration)): self["circuit.open.for"] = duration.shortDescription
        case .removed(let state, let counts):
            self["circuit.state"] = state.rawValue
            add(counts)
        case .evicted(let counts): add(counts)
        case .rejected(let reason, let count):
            self["circuit.reason"] = "\(reason)"
            self["circuit.count"] = "\(count)"
        case .late(let count), .eventsLost(let count): self["circuit.count"] = "\(count)"
        case .flapping(let change): self["circuit.reason"] = "\(change)"
        case .storeTrouble(let trouble): self["circuit.reason"] = trouble
        case .figures(let figures):
            let overview = CircuitOverview(figures)
            self["circuits.health"] = "\(overview.health)"
            self["circuits.count"] = "\(figures.count)"
            self["circuits.summary"] = overview.summary
        }
    }

    private mutating func add(_ counts: CircuitCounts) {
        self["circuit.calls"] = "\(counts.calls)"
        self["circuit.successes"] = "\(counts.successes)"
        self["circuit.failures"] = "\(counts.failures)"
        self["circuit.rejected"] = "\(counts.rejected)"
    }

    init(_ event: RetryEvent) {
        switch event.kind {
        case .waiting(let wait, let isAskedFor):
            self.init("Call is tried again")
            self["retry.delay"] = wait.shortDescription
            self["retry.asked"] = "\(isAskedFor)"
        case .gaveUp(let reason):
            self.init("Call is not tried again")
            self["retry.reason"] = reason.rawValue
        case .usedBaseBackoff(let base):
            self.init("Wait before a retry fell back to its base")
            self["retry.delay"] = base.shortDescription
        }
        self["retry.name"] = event.name
        self["retry.attempt"] = "\(event.attempt)"
        self["retry.limit"] = "\(event.maxAttempts)"
        self["retry.cause"] = "\(event.cause)"
    }
}
#endif
