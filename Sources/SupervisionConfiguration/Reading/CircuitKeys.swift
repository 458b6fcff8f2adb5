#if Configuration
internal import CircuitBreakers

/// How the keys of circuits are spelled below `circuit_breakers`: each as in Documentation/Configuration.md, with `_`
/// before what is a capital there, and the most common ones also by shorter names.
enum CircuitKeys {
    static let top = "circuit_breakers"
    static let defaults = "default_config"
    static let components = "component_configs"
    static let profiles = "profiles"

    /// The spellings of a server's key.
    static func spellings(of key: SettingKey<CircuitBreakerConfiguration.Profile>) -> [[String]] {
        switch key.path {
        case "maxCircuits": [["global_settings", "max_circuit_breakers"]]
        case "autoCreate": [["global_settings", "auto_create_enabled"]]
        case "metricsInterval": [["global_settings", "metrics_collection_interval_seconds"]]
        default: [snake(key.path)]
        }
    }

    /// The spellings of a circuit's key in `place`.
    static func spellings(of key: SettingKey<CircuitSettings>, in place: SettingPlace) -> [[String]] {
        var spellings = [section(place) + snake(key.path)]
        switch key.path {
        case "trip.consecutiveFailures": spellings.insert(section(place) + ["failure_threshold"], at: 0)
        case "openDuration": spellings.insert(section(place) + ["timeout_seconds"], at: 0)
        case "halfOpen.successThreshold": spellings.insert(section(place) + ["success_threshold"], at: 0)
        case "minTransitionInterval" where place == .defaults:
            spellings.insert(["global_settings", "min_state_transition_interval_seconds"], at: 0)
        default: break
        }
        return spellings
    }

    /// The key as it is written where no setting says it.
    static func path(of key: String, in place: SettingPlace) -> [String] { section(place) + snake(key) }

    private static func section(_ place: SettingPlace) -> [String] {
        switch place {
        case .server: []
        case .defaults: [defaults]
        case .service(let service): [components, service.rawValue]
        }
    }

    /// `halfOpen.maxProbes` as `half_open` and `max_probes`.
    private static func snake(_ path: String) -> [String] {
        path.split(separator: ".").map { name in
            name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
        }
    }
}
#endif
