internal import Supervision

extension CircuitBreakerConfiguration {
    /// What a server runs with: what the configuration comes to.
    public struct Resolved: Sendable {
        /// The policy of the services that have none of their own.
        public var policy: CircuitPolicy
        /// The policies of single services.
        public var policies: [ServiceName: CircuitPolicy]
        /// The most circuits that the server holds.
        public var maxCircuits: Int
        /// Whether a service that nothing names has a circuit.
        public var autoCreate: Bool
        /// How often the figures are told; nil for never.
        public var metricsInterval: Duration?
        /// The profile in use.
        public var profile: String?
    }

    /// The policies that the configuration and the environment make of those of the code.
    ///
    /// For each key the last one of these that says something holds: the code's policy, the built-in profile,
    /// `defaults`, the profile's `defaults`, the environment's; then, for a service, `services`, the profile's
    /// `services`, the environment's. A service that has a policy of its own in the code begins with that and skips
    /// all defaults.
    ///
    /// ```swift
    /// let configuration = try JSONDecoder().decode(CircuitBreakerConfiguration.self, from: file)
    /// let resolved = try configuration.resolved(environment: CircuitBreakerConfiguration.processEnvironment)
    /// ```
    ///
    /// - Parameters:
    ///   - policy: the code's policy of all services, for what plain data cannot say: functions that judge.
    ///   - policies: the code's policies of single services.
    ///   - environment: variables; those that do not begin with `CIRCUIT_BREAKERS_` are passed over.
    /// - Throws: ``InvalidCircuitSetting``, with the key or the variable that is to blame; ``InvalidCircuitPolicy`` when
    ///   a policy of the code is invalid.
    public func resolved(
        policy: CircuitPolicy = .init(),
        policies: [ServiceName: CircuitPolicy] = [:],
        environment: [String: String] = [:]
    ) throws -> Resolved {
        let variables = try EnvironmentOverlay(environment, services: knownServices.union(policies.keys))
        let profile = variables.profile ?? profile
        return try Self.resolved(try layers(of: profile, variables), profile, policy: policy, policies: policies)
    }

    /// What layers of settings come to, the lowest first.
    ///
    /// - Throws: what a layer makes of ``InvalidCircuitSetting``; ``InvalidCircuitPolicy`` when a policy of the code is
    ///   invalid.
    package static func resolved(
        _ layers: [Layer],
        _ profile: String?,
        policy: CircuitPolicy,
        policies: [ServiceName: CircuitPolicy]
    ) throws -> Resolved {
        let common = Profile.keys.merged(layers.map(\.values))
        try Self.check(common, layers)

        try CircuitPolicy.validate(default: policy, policies: policies)
        let defaults = try Self.apply(layers.map { ($0, $0.values.defaults, SettingPlace.defaults) }, to: policy)
        var resolved: [ServiceName: CircuitPolicy] = [:]
        for service in Set(layers.flatMap { $0.values.services.keys }).union(policies.keys) {
            let settings = layers.map { layer in
                (layer, layer.values.services[service] ?? .init(), SettingPlace.service(service))
            }
            if let own = policies[service] {
                resolved[service] = try Self.apply(settings, to: own)
            } else {
                let general = layers.map { ($0, $0.values.defaults, SettingPlace.defaults) }
                resolved[service] = try Self.apply(general + settings, to: policy)
            }
        }
        var result = Resolved(
            policy: defaults,
            policies: resolved,
            maxCircuits: common.maxCircuits ?? 1_000,
            autoCreate: common.autoCreate ?? true,
            metricsInterval: common.metricsInterval?.duration,
            profile: profile
        )
        do {
            try CircuitPolicy.validate(default: result.policy, policies: result.policies)
        } catch {
            var invalid = InvalidCircuitSetting(error)
            let place = error.service.map { SettingPlace.service($0) } ?? .defaults
            if let layer = layers.last(where: { $0.says(invalid.key, in: place) }) { throw layer.blame(invalid, place) }
            invalid.key = place.path(of: invalid.key)
            throw invalid
        }
        if common.enabled == false { result.disable() }
        return result
    }
}

extension CircuitBreakerConfiguration.Resolved {
    fileprivate mutating func disable() {
        policy.initialState = .disabled
        for service in policies.keys { policies[service]?.initialState = .disabled }
    }
}

// MARK: - Layers

extension CircuitBreakerConfiguration {
    /// One source of settings. Later ones are laid over earlier ones.
    package struct Layer {
        package var values: Profile
        /// The error with the name that its key has for the user.
        package var blame: (InvalidCircuitSetting, SettingPlace) -> any Error

        package init(values: Profile, blame: @escaping (InvalidCircuitSetting, SettingPlace) -> any Error) {
            self.values = values
            self.blame = blame
        }

        /// One whose errors have that name for their key.
        fileprivate init(values: Profile, name: @escaping (String, SettingPlace) -> String) {
            self.init(values: values) { error, place in
                var error = error
                error.key = name(error.key, place)
                return error
            }
        }

        fileprivate func says(_ key: String, in place: SettingPlace) -> Bool {
            let settings: CircuitSettings? =
                switch place {
                case .server: nil
                case .defaults: values.defaults
                case .service(let service): values.services[service]
                }
            guard let settings else { return false }
            return CircuitSettings.keys.contains { $0.path == key && $0.isSet(in: settings) }
        }
    }

    private var knownServices: Set<ServiceName> {
        profiles.values.reduce(into: Set(services.keys)) { $0.formUnion($1.services.keys) }
    }

    private func layers(
        of profile: String?,
        _ variables: EnvironmentOverlay
    ) throws(InvalidCircuitSetting) -> [Layer] {
        var layers: [Layer] = []
        if let profile {
            let (builtIn, own) = (Self.builtInProfiles[profile], profiles[profile])
            if builtIn == nil && own == nil {
                let known = Set(Self.builtInProfiles.keys).union(profiles.keys).sorted()
                throw InvalidCircuitSetting(
                    key: variables.profile == nil ? "profile" : EnvironmentOverlay.variable(of: "profile", in: .server),
                    value: "\"\(profile)\"",
                    allowed: "one of \(known.joined(separator: ", "))",
                    remedy: "check the spelling, or add it to profiles"
                )
            }
            if let builtIn { layers.append(.builtIn(builtIn, profile)) }
            layers.append(Layer(values: common) { $1.path(of: $0) })
            if let own { layers.append(Layer(values: own) { "profiles.\(profile).\($1.path(of: $0))" }) }
        } else {
            layers.append(Layer(values: common) { $1.path(of: $0) })
        }
        layers.append(Layer(values: variables.values, name: EnvironmentOverlay.variable(of:in:)))
        return layers
    }

    /// The policy with all settings laid over it. Each layer is tried, so that an error names the one to blame.
    private static func apply(
        _ layers: [(Layer, CircuitSettings, place: SettingPlace)],
        to policy: CircuitPolicy
    ) throws -> CircuitPolicy {
        var (settings, result) = (CircuitSettings(), policy)
        for (layer, upper, place) in layers where upper != .init() {
            settings = upper.laid(over: settings)
            do throws(InvalidCircuitSetting) {
                result = try settings.applied(to: policy)
            } catch {
                throw layer.blame(error, place)
            }
        }
        return result
    }

    private static func check(_ common: Profile, _ layers: [Layer]) throws {
        func refuse(_ invalid: InvalidCircuitSetting, _ isSaid: (Profile) -> Bool) throws {
            throw layers.last { isSaid($0.values) }?.blame(invalid, .server) ?? invalid
        }
        if let limit = common.maxCircuits, !(1...1_000_000).contains(limit) {
            let invalid = InvalidCircuitSetting(
                key: "maxCircuits",
                value: "\(limit)",
                allowed: "1 to 1000000",
                remedy: "say how many services there can be at most"
            )
            try refuse(invalid) { $0.maxCircuits != nil }
        }
        if let interval = common.metricsInterval?.duration, interval <= .zero {
            let invalid = InvalidCircuitSetting(
                key: "metricsInterval",
                value: interval.shortDescription,
                allowed: "over 0 s, or off",
                remedy: "use \"off\" to have no figures told"
            )
            try refuse(invalid) { $0.metricsInterval != nil }
        }
    }
}

extension CircuitBreakerConfiguration.Layer {
    /// What a built-in profile says.
    package static func builtIn(_ values: CircuitBreakerConfiguration.Profile, _ name: String) -> Self {
        Self(values: values) { "profile \(name): \($1.path(of: $0))" }
    }
}

extension [SettingKey<CircuitBreakerConfiguration.Profile>] {
    /// The values of these keys, each from the last profile that has it.
    fileprivate func merged(
        _ profiles: [CircuitBreakerConfiguration.Profile]
    ) -> CircuitBreakerConfiguration.Profile {
        profiles.reduce(.init()) { lay($1, over: $0) }
    }
}
