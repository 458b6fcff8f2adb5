extension CircuitSettings {
    /// Every key. What is not here can be neither read nor written.
    package static let keys: [SettingKey<CircuitSettings>] = trips + openTimes + probes + others

    private static let trips: [SettingKey<CircuitSettings>] = [
        .init("trip.consecutiveFailures", \.trip.consecutiveFailures, trip("consecutiveFailures")),
        .init("trip.failures.count", \.trip.failures.count, trip("failures")),
        .init("trip.failures.within", \.trip.failures.within, trip("failures")),
        .init("trip.failureRate.rate", \.trip.failureRate.rate, trip("failureRate")),
        .init("trip.failureRate.calls", \.trip.failureRate.calls, trip("failureRate"), tripWindow("calls")),
        .init("trip.failureRate.time", \.trip.failureRate.time, trip("failureRate"), tripWindow("time")),
        .init("trip.failureRate.minimumCalls", \.trip.failureRate.minimumCalls, trip("failureRate")),
        .init("slowCalls.enabled", \.slowCalls.enabled),
        .init("slowCalls.duration", \.slowCalls.duration),
        .init("slowCalls.rate", \.slowCalls.rate),
        .init("slowCalls.calls", \.slowCalls.calls, .init(group: "slow window", option: "calls")),
        .init("slowCalls.time", \.slowCalls.time, .init(group: "slow window", option: "time")),
        .init("slowCalls.minimumCalls", \.slowCalls.minimumCalls),
    ]

    private static let openTimes: [SettingKey<CircuitSettings>] = [
        .init("openDuration", \.openDuration.constant, open("constant")),
        .init("openDuration.exponential.from", \.openDuration.exponential.from, open("exponential")),
        .init("openDuration.exponential.upTo", \.openDuration.exponential.upTo, open("exponential")),
        .init("openDuration.exponential.factor", \.openDuration.exponential.factor, open("exponential")),
        .init("openDuration.exponential.jitter", \.openDuration.exponential.jitter, open("exponential")),
        .init("openDuration.linear.from", \.openDuration.linear.from, open("linear")),
        .init("openDuration.linear.step", \.openDuration.linear.step, open("linear")),
        .init("openDuration.linear.upTo", \.openDuration.linear.upTo, open("linear")),
        .init("openDuration.linear.jitter", \.openDuration.linear.jitter, open("linear")),
        .init("openDuration.table.delays", \.openDuration.table.delays, open("table")),
        .init("openDuration.table.upTo", \.openDuration.table.upTo, open("table")),
        .init("openDuration.table.jitter", \.openDuration.table.jitter, open("table")),
        .init("attemptDecay", \.attemptDecay),
        .init("maxRetryAfter", \.maxRetryAfter),
    ]

    private static let probes: [SettingKey<CircuitSettings>] = [
        .init("halfOpen.maxProbes", \.halfOpen.maxProbes),
        .init("halfOpen.successThreshold", \.halfOpen.successThreshold, decision("successes")),
        .init("halfOpen.failureRate.rate", \.halfOpen.failureRate.rate, decision("failureRate")),
        .init("halfOpen.failureRate.over", \.halfOpen.failureRate.over, decision("failureRate")),
        .init("halfOpen.probeTimeout", \.halfOpen.probeTimeout),
        .init("halfOpen.expiredProbe", \.halfOpen.expiredProbe),
        .init("halfOpen.waitLimit", \.halfOpen.waitLimit),
        .init("ramp.enabled", \.ramp.enabled),
        .init("ramp.duration", \.ramp.duration),
        .init("ramp.initialShare", \.ramp.initialShare),
    ]

    private static let others: [SettingKey<CircuitSettings>] = [
        .init("minTransitionInterval", \.minTransitionInterval),
        .init("clearInterval", \.clearInterval),
        .init("lumpingInterval", \.lumpingInterval),
        .init("warmUp", \.warmUp),
        .init("initialState", \.initialState),
        .init("dependsOn", \.dependsOn),
        .init("permanentErrors", \.permanentErrors),
        .init("cancellation", \.cancellation),
        .init("deadline", \.deadline),
        .init("flapping.openings", \.flapping.openings),
        .init("flapping.within", \.flapping.within),
        .init("flapping.quietChecks", \.flapping.quietChecks),
        .init("flapping.checkInterval", \.flapping.checkInterval),
    ]

    private static func trip(_ option: String) -> SettingKey<CircuitSettings>.Choice {
        .init(group: "trip", option: option)
    }

    private static func tripWindow(_ option: String) -> SettingKey<CircuitSettings>.Choice {
        .init(group: "trip window", option: option)
    }

    private static func open(_ option: String) -> SettingKey<CircuitSettings>.Choice {
        .init(group: "open", option: option)
    }

    private static func decision(_ option: String) -> SettingKey<CircuitSettings>.Choice {
        .init(group: "decision", option: option)
    }
}

extension CircuitSettings {
    /// These settings where they say something, and else those of `lower`.
    ///
    /// When these say that a circuit opens by a rate, what the lower ones say of a number of failures holds no more,
    /// and so for all that can be only one way.
    public func laid(over lower: CircuitSettings) -> CircuitSettings {
        Self.keys.lay(self, over: lower)
    }

    /// The settings that a part of a file has.
    init(_ tree: SettingTree) throws(InvalidCircuitSetting) {
        self.init()
        switch tree {
        case .empty: return
        case .section(let section): try Self.keys.read(section, into: &self)
        default:
            throw InvalidCircuitSetting(
                key: "",
                value: tree.readable,
                allowed: "a section with \(Self.keys.names(within: "").joined(separator: ", "))",
                remedy: "write these keys within it"
            )
        }
        try Self.keys.checkChoices(of: self)
    }

    /// What they say, as a part of a file.
    var tree: SettingTree { .section(Self.keys.section(of: self)) }
}

/// Coded with the keys of Documentation/Configuration.md; what is not said is left out.
extension CircuitSettings: Codable {
    /// Reads settings.
    ///
    /// - Throws: `DecodingError`; for an unknown key, a value of another kind, or two ways to say the same thing, with
    ///   ``InvalidCircuitSetting`` as the underlying error.
    public init(from decoder: any Decoder) throws {
        self = try SettingTree.decode(from: decoder) { tree throws(InvalidCircuitSetting) in
            try CircuitSettings(tree)
        }
    }

    /// Writes what they say.
    public func encode(to encoder: any Encoder) throws {
        try tree.encode(to: encoder)
    }
}
