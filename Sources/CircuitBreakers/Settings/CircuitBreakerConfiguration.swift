/// What a file says about the circuits of a server: plain data, for any decoder (B24).
///
/// ```json
/// {"profile": "production", "maxCircuits": 50,
///  "defaults": {"openDuration": "30s"},
///  "services": {"user-api": {"trip": {"consecutiveFailures": 3}}},
///  "profiles": {"staging": {"defaults": {"openDuration": "5s"}}}}
/// ```
///
/// ``resolved(policy:policies:environment:)`` makes policies of it. An unknown key is an error, also in a profile that
/// is not used.
public struct CircuitBreakerConfiguration: Sendable, Hashable {
    /// The profile in use: one of ``profiles``, or a built-in one; nil for none.
    public var profile: String?
    /// False: every circuit begins disabled, so all calls pass and nothing is judged. True unless it is said.
    public var enabled: Bool?
    /// The most circuits that the server holds: 1 to 1,000,000. 1,000 unless it is said.
    public var maxCircuits: Int?
    /// False: only services that the configuration or the code names have a circuit. True unless it is said.
    public var autoCreate: Bool?
    /// How often an event tells the figures of all circuits: over zero. Off unless it is said.
    public var metricsInterval: CircuitSettings.Interval?
    /// What holds for each service, unless more is said for it.
    public var defaults: CircuitSettings
    /// What holds for single services. They count as known from the start.
    public var services: [ServiceName: CircuitSettings]
    /// What holds in a profile of that name. One with the name of a built-in profile is laid over that.
    public var profiles: [String: Profile]

    /// Nothing but what is given.
    public init(
        profile: String? = nil,
        defaults: CircuitSettings = .init(),
        services: [ServiceName: CircuitSettings] = [:],
        profiles: [String: Profile] = [:]
    ) {
        self.profile = profile
        self.defaults = defaults
        self.services = services
        self.profiles = profiles
    }
}

extension CircuitBreakerConfiguration {
    /// What holds in one surrounding, such as production: laid over what the configuration says for all of them.
    public struct Profile: Sendable, Hashable {
        /// See ``CircuitBreakerConfiguration/enabled``.
        public var enabled: Bool?
        /// See ``CircuitBreakerConfiguration/maxCircuits``.
        public var maxCircuits: Int?
        /// See ``CircuitBreakerConfiguration/autoCreate``.
        public var autoCreate: Bool?
        /// See ``CircuitBreakerConfiguration/metricsInterval``.
        public var metricsInterval: CircuitSettings.Interval?
        /// What holds for each service, unless more is said for it.
        public var defaults: CircuitSettings
        /// What holds for single services.
        public var services: [ServiceName: CircuitSettings]

        /// Nothing but what is given.
        public init(defaults: CircuitSettings = .init(), services: [ServiceName: CircuitSettings] = [:]) {
            self.defaults = defaults
            self.services = services
        }

        /// Its keys but `defaults` and `services`.
        package static let keys: [SettingKey<Profile>] = [
            .init("enabled", \.enabled),
            .init("maxCircuits", \.maxCircuits),
            .init("autoCreate", \.autoCreate),
            .init("metricsInterval", \.metricsInterval),
        ]
    }

    /// The names of the built-in profiles, and what they say.
    ///
    /// `development`: ten failures in a row open a circuit, for 5 s, since services come and go on a developer's
    /// machine. `testing`: two failures open it, for 1 s, and a probe has 1 s, so that a test sees all states soon.
    /// `production`: the open time begins with 30 s and doubles up to 5 min, half of it drawn by chance, and
    /// transitions are at least 1 s apart.
    public static var builtInProfiles: [String: Profile] {
        var development = CircuitSettings()
        development.trip.consecutiveFailures = 10
        development.openDuration.constant = .seconds(5)

        var testing = CircuitSettings()
        testing.trip.consecutiveFailures = 2
        testing.openDuration.constant = .seconds(1)
        testing.halfOpen.probeTimeout = .seconds(1)

        var production = CircuitSettings()
        production.openDuration.exponential.from = .seconds(30)
        production.openDuration.exponential.upTo = .seconds(300)
        production.openDuration.exponential.jitter = 0.5
        production.minTransitionInterval = .seconds(1)

        return [
            "development": Profile(defaults: development),
            "testing": Profile(defaults: testing),
            "production": Profile(defaults: production),
        ]
    }

    /// What it says outside of its profiles.
    var common: Profile {
        get {
            var common = Profile(defaults: defaults, services: services)
            common.enabled = enabled
            common.maxCircuits = maxCircuits
            common.autoCreate = autoCreate
            common.metricsInterval = metricsInterval
            return common
        }
        set {
            defaults = newValue.defaults
            services = newValue.services
            enabled = newValue.enabled
            maxCircuits = newValue.maxCircuits
            autoCreate = newValue.autoCreate
            metricsInterval = newValue.metricsInterval
        }
    }
}
