#if Configuration
public import CircuitBreakers
public import Logging
public import Supervision

/// What settings come to.
public struct Settings: Sendable {
    /// What a `CircuitBreakerServer` is made with.
    public var circuits: CircuitBreakerConfiguration.Resolved
    /// By the names under which supervisors are registered; the topmost one is `app`.
    public var supervisors: [String: SupervisorSettings]
    /// `log.level`; nil when nothing says it.
    public var logLevel: Logger.Level?
    /// What the sources say, which unlike policies can be compared.
    let said: Said

    struct Said: Hashable, Sendable {
        var profile: String?
        var circuits: [CircuitBreakerConfiguration.Profile]
        var supervisors: [String: SupervisorSettings]
        var logLevel: Logger.Level?
    }

    /// The restart intensity of a supervisor, with what is not said from `base`.
    public func intensity(
        of supervisor: String,
        over base: RestartIntensity = .init(3, within: .seconds(5))
    ) -> RestartIntensity {
        (supervisors[supervisor] ?? .init()).intensity(over: base)
    }

    /// How long a child of a supervisor is given to stop; nil when nothing says it, which a `Child` takes for its
    /// default.
    public func shutdown(of child: ChildID, in supervisor: String = "app") -> Shutdown? {
        supervisors[supervisor]?.shutdown[child]
    }

    /// The keys that have changed since `before`, and that a running server cannot take over.
    func keysThatWait(since before: Settings) -> [String] {
        var keys: [String] = []
        if circuits.metricsInterval != before.circuits.metricsInterval {
            keys.append("metrics_collection_interval_seconds")
        }
        let services = Set(circuits.policies.keys).union(before.circuits.policies.keys)
        if circuits.policy.initialState != before.circuits.policy.initialState
            || services.contains(where: { initialState(of: $0) != before.initialState(of: $0) })
        {
            keys.append("enabled or initial_state")
        }
        let supervisors = Set(supervisors.keys).union(before.supervisors.keys)
        if supervisors.contains(where: { self.supervisors[$0]?.shutdown != before.supervisors[$0]?.shutdown }) {
            keys.append("shutdown_seconds")
        }
        return keys
    }

    private func initialState(of service: ServiceName) -> CircuitPolicy.InitialState {
        (circuits.policies[service] ?? circuits.policy).initialState
    }
}
#endif
