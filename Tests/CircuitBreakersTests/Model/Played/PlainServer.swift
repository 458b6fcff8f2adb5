import CircuitBreakers

/// What a breaker server does, as plainly as can be.
struct PlainServer {
    enum Refusal: Error, Hashable {
        case tooManyCircuits
        case unknownService([ServiceName])
    }

    let standard: PlainPolicy
    var policies: [ServiceName: PlainPolicy]
    let maxCircuits: Int
    let autoCreate: Bool

    var now = 0
    var circuits: [ServiceName: PlainCircuit] = [:]
    /// Of the circuits that are no more.
    var told: [String] = []
    private var lastUse = 0
    private var made = 0

    init(standard: PlainPolicy, policies: [ServiceName: PlainPolicy], maxCircuits: Int, autoCreate: Bool) {
        self.standard = standard
        self.policies = policies
        self.maxCircuits = maxCircuits
        self.autoCreate = autoCreate
    }

    var known: [ServiceName] {
        Set(circuits.keys).union(policies.keys).sorted { $0.rawValue < $1.rawValue }
    }

    private func mustKnow(_ service: ServiceName) throws(Refusal) {
        if circuits[service] == nil, policies[service] == nil { throw .unknownService(known) }
    }

    /// The circuit of a service, made if there is none.
    mutating func use(_ service: ServiceName) throws(Refusal) {
        lastUse += 1
        if circuits[service] == nil {
            if !autoCreate, policies[service] == nil { throw .unknownService(known) }
            if circuits.count == maxCircuits { try evict() }
            made += 1
            circuits[service] = PlainCircuit(made, service, policies[service] ?? standard, now: now)
        }
        circuits[service]?.lastUse = lastUse
    }

    private mutating func evict() throws(Refusal) {
        let idle = circuits.values.filter { $0.isDispensable(now) }
        guard let oldest = idle.min(by: { $0.lastUse < $1.lastUse }) else { throw .tooManyCircuits }
        told += oldest.told + ["\(now) \(oldest.service) evicted"]
        circuits[oldest.service] = nil
    }

    mutating func acquire(_ service: ServiceName, call: Int) throws(Refusal) -> PlainCircuit.Answer {
        try use(service)
        let obstacle = obstacle(to: service)
        return circuits[service]?.acquire(call, obstacle: obstacle, now) ?? .admitted
    }

    private func obstacle(to service: ServiceName) -> (ServiceName, retryAfter: Int?)? {
        var upcoming = circuits[service]?.policy.dependsOn ?? []
        while !upcoming.isEmpty {
            let service = upcoming.removeFirst()
            // One that has not been called yet stands as it is going to begin, if it begins overridden.
            let begins = policy(of: service).initial
            let state = settled(service)?.state ?? (begins == .open ? .closed : CircuitState(rawValue: begins.rawValue))
            switch state {
            case .open: return (service, settled(service)?.openUntil.map { $0 - now })
            case .forcedOpen: return (service, nil)
            case .disabled, .metricsOnly: break
            case .closed, .halfOpen, nil: upcoming += policy(of: service).dependsOn
            }
        }
        return nil
    }

    private func policy(of service: ServiceName) -> PlainPolicy {
        policies[service] ?? standard
    }

    /// A circuit as it is in effect.
    func settled(_ service: ServiceName) -> PlainCircuit? {
        var circuit = circuits[service]
        circuit?.settle(now)
        return circuit
    }

    /// The report of a call of a circuit that may be no more: it is late where the service's calls go now.
    mutating func report(_ report: PlainCircuit.Report, of call: Int, _ service: ServiceName, circuit: Int) {
        if circuits[service]?.number == circuit {
            circuits[service]?.report(report, of: call, now)
        } else {
            circuits[service]?.settle(now)
            circuits[service]?.counts.late += 1
        }
    }

    mutating func reset(_ service: ServiceName) throws(Refusal) {
        try mustKnow(service)
        try use(service)
        circuits[service]?.reset(now)
    }

    mutating func resetAll() {
        for service in circuits.keys { circuits[service]?.reset(now) }
    }

    mutating func override(_ service: ServiceName, _ state: CircuitState) throws(Refusal) {
        try use(service)
        circuits[service]?.override(state, now)
    }

    mutating func enable(_ service: ServiceName) throws(Refusal) {
        try mustKnow(service)
        if circuits[service] == nil {
            guard [.forcedOpen, .disabled, .metricsOnly].contains(policy(of: service).initial) else { return }
            try use(service)
        }
        circuits[service]?.enable(now)
    }

    mutating func isolate(_ service: ServiceName, _ isolation: Int) throws(Refusal) {
        try use(service)
        circuits[service]?.isolate(isolation, now)
    }

    mutating func endIsolation(_ isolation: Int, _ service: ServiceName, circuit: Int) {
        guard circuits[service]?.number == circuit else { return }
        circuits[service]?.endIsolation(isolation, now)
    }

    mutating func remove(_ service: ServiceName) throws(Refusal) {
        try mustKnow(service)
        guard let removed = circuits.removeValue(forKey: service) else { return }
        told += removed.told + ["\(now) \(service) removed"]
    }

    mutating func configure(_ service: ServiceName, _ policy: PlainPolicy) {
        policies[service] = policy
        circuits[service]?.follow(policy, now)
    }

    /// A second goes by, with or without timers that look what is due.
    mutating func passSecond(withTimers: Bool) {
        now += 1
        guard withTimers else { return }
        for (service, circuit) in circuits {
            guard let due = circuit.nextDue, due <= now else { continue }
            circuits[service]?.settle(now)
        }
    }
}

extension PlainCircuit {
    /// Nobody misses it: closed, no call in flight, neither about to open nor letting the calls back in little by little.
    fileprivate func isDispensable(_ now: Int) -> Bool {
        let ramps = ramp.flatMap { ramp in policy.ramp.map { now - ramp.start < $0.seconds } } ?? false
        return state == .closed && inFlight.isEmpty && decided == nil && !ramps
    }
}
