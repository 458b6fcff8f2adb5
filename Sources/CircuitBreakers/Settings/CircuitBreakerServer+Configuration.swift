extension CircuitBreakerServer {
    /// A server by a configuration (B24).
    ///
    /// ```swift
    /// let configuration = try JSONDecoder().decode(CircuitBreakerConfiguration.self, from: file)
    /// let environment = CircuitBreakerConfiguration.processEnvironment
    /// let resolved = try configuration.resolved(environment: environment)
    /// try await Supervisor {
    ///     Child(.circuitBreakers) { CircuitBreakerServer(resolved) }
    /// }.run()
    /// ```
    ///
    /// Resolved once before the tree starts, a mistake in the file ends the start and not a restart.
    ///
    /// - Parameters:
    ///   - resolved: what the configuration has come to.
    ///   - store: where circuits outlive the server (B22).
    public init(_ resolved: CircuitBreakerConfiguration.Resolved, store: (any CircuitStore)? = nil) {
        self.init(
            policy: resolved.policy,
            policies: resolved.policies,
            maxCircuits: resolved.maxCircuits,
            autoCreate: resolved.autoCreate,
            metricsInterval: resolved.metricsInterval,
            store: store
        )
    }

    /// A server by a configuration, resolved here; see ``CircuitBreakerConfiguration/resolved(policy:policies:environment:)``.
    ///
    /// - Throws: ``InvalidCircuitSetting``, or ``InvalidCircuitPolicy`` when a policy of the code is invalid.
    public init(
        configuration: CircuitBreakerConfiguration,
        policy: CircuitPolicy = .init(),
        policies: [ServiceName: CircuitPolicy] = [:],
        environment: [String: String] = [:],
        store: (any CircuitStore)? = nil
    ) throws {
        let resolved = try configuration.resolved(policy: policy, policies: policies, environment: environment)
        self.init(resolved, store: store)
    }

    /// Lays settings over the policy of a service, also while its circuit is in use: it stays what it is, with its
    /// counts (B24). What the settings do not say stays as it was. It holds until the server is restarted.
    ///
    /// - Throws: ``InvalidCircuitSetting``, or ``CircuitBreakerError/unknownService(_:known:)`` when no circuit could be
    ///   made for the service. Nothing has changed then.
    public func configure(_ service: ServiceName, _ settings: CircuitSettings) throws {
        try table.configure(service, settings)
    }

    /// Goes over to another configuration, or the same with another environment, while circuits are in use: they stay
    /// what they are, with their counts (B24).
    ///
    /// Services that had a policy of their own and are not in the new configuration have the one of all services. The
    /// whole configuration is checked before anything changes. It holds until the server is restarted. What a circuit
    /// or a server does only at its beginning is for later ones: `initialState` and `enabled`, and `metricsInterval`.
    ///
    /// - Throws: ``InvalidCircuitPolicy``, with its service; nothing has changed then.
    public func configure(_ resolved: CircuitBreakerConfiguration.Resolved) throws(InvalidCircuitPolicy) {
        try table.configure(resolved)
    }
}

// MARK: - Changes while it runs

extension CircuitTable {
    /// Gives a service a policy of its own, also while its circuit is in use: it goes on as it is, with its counts.
    ///
    /// - Throws: ``CircuitBreakerError/invalidPolicy(_:)``; nothing has changed then.
    func configure(_ service: ServiceName, _ policy: CircuitPolicy) throws(CircuitBreakerError) {
        let shared = SharedPolicy(policy)
        do throws(InvalidCircuitPolicy) {
            try changeRules { rules throws(InvalidCircuitPolicy) in
                rules.policies[service] = shared
                try rules.check()
            }
        } catch {
            throw .invalidPolicy(error)
        }
    }

    /// Lays settings over the policy of a service.
    func configure(_ service: ServiceName, _ settings: CircuitSettings) throws {
        let known = knownServices
        try changeRules { rules throws in
            let own = rules.policies[service]
            if own == nil, !rules.autoCreate { throw CircuitBreakerError.unknownService(service, known: known) }
            rules.policies[service] = SharedPolicy(try settings.applied(to: (own ?? rules.policy).policy))
            do throws(InvalidCircuitPolicy) {
                try rules.check()
            } catch {
                throw InvalidCircuitSetting(error)
            }
        }
    }

    /// Goes over to other rules.
    func configure(_ resolved: CircuitBreakerConfiguration.Resolved) throws(InvalidCircuitPolicy) {
        let rules = Rules(
            policy: resolved.policy,
            policies: resolved.policies,
            maxCircuits: resolved.maxCircuits,
            autoCreate: resolved.autoCreate
        )
        if let invalid = rules.invalidPolicy { throw invalid }
        changeRules { $0 = rules }
    }

    /// What an operator is told who lays settings over the policy of a service.
    func answer(_ service: ServiceName, _ settings: CircuitSettings) -> CircuitBreakerServer.AdminReply {
        do {
            try configure(service, settings)
            return .done
        } catch CircuitBreakerError.unknownService(let service, let known) {
            return .unknownService(service, known: known)
        } catch {
            return .failed(reason: "\(error)")
        }
    }
}
