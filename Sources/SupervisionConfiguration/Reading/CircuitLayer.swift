#if Configuration
internal import CircuitBreakers

/// What one source says about circuits.
struct CircuitLayer {
    private struct Spot: Hashable {
        /// Nil outside of profiles.
        var profile: String?
        var place: SettingPlace
        var key: String
    }

    private(set) var profile: (name: String, origin: SnapshotReader.Origin)?
    private var common = CircuitBreakerConfiguration.Profile()
    private var profiles: [String: CircuitBreakerConfiguration.Profile] = [:]
    private var origins: [Spot: SnapshotReader.Origin] = [:]
    private var reader: SnapshotReader

    /// Reads what stands below `circuit_breakers`.
    ///
    /// - Parameters:
    ///   - services: the names below `component_configs` in any source.
    ///   - profiles: the names below `profiles` in any source.
    init(
        _ reader: inout SnapshotReader,
        services: [ServiceName],
        profiles: [String]
    ) throws(InvalidSetting) {
        self.reader = reader
        var chosen = CircuitBreakerConfiguration()
        let key = SettingKey<CircuitBreakerConfiguration>("profile", \.profile)
        if let origin = try self.reader.read(key, at: [[CircuitKeys.top, "profile"]], into: &chosen) {
            profile = chosen.profile.map { ($0, origin) }
        }
        common = try read(nil, services)
        for profile in profiles { self.profiles[profile] = try read(profile, services) }
        reader = self.reader
    }

    /// What holds in the profile of that name, the highest last.
    func layers(of profile: String?) -> [CircuitBreakerConfiguration.Layer] {
        var layers = [layer(common, nil)]
        if let profile, let own = profiles[profile] { layers.append(layer(own, profile)) }
        return layers
    }

    private func layer(
        _ values: CircuitBreakerConfiguration.Profile,
        _ profile: String?
    ) -> CircuitBreakerConfiguration.Layer {
        .init(values: values) { blame($0, Spot(profile: profile, place: $1, key: $0.key)) }
    }

    private func blame(_ error: InvalidCircuitSetting, _ spot: Spot) -> InvalidSetting {
        if let origin = origins[spot] { return reader.blame(error, origin) }
        let path = Self.section(spot.profile) + CircuitKeys.path(of: spot.key, in: spot.place)
        return InvalidSetting(error, in: reader.source, at: path.joined(separator: "."))
    }

    private static func section(_ profile: String?) -> [String] {
        [CircuitKeys.top] + (profile.map { [CircuitKeys.profiles, $0] } ?? [])
    }

    private mutating func read(
        _ profile: String?,
        _ services: [ServiceName]
    ) throws(InvalidSetting) -> CircuitBreakerConfiguration.Profile {
        var values = CircuitBreakerConfiguration.Profile()
        let section = Self.section(profile)
        for key in CircuitBreakerConfiguration.Profile.keys {
            let spellings = CircuitKeys.spellings(of: key).map { section + $0 }
            if let origin = try reader.read(key, at: spellings, into: &values) {
                origins[Spot(profile: profile, place: .server, key: key.path)] = origin
            }
        }
        values.defaults = try read(profile, .defaults)
        for service in services {
            let settings = try read(profile, .service(service))
            if settings != .init() || isNamed(service, in: profile) { values.services[service] = settings }
        }
        return values
    }

    private func isNamed(_ service: ServiceName, in profile: String?) -> Bool {
        reader.entries(of: Self.section(profile) + [CircuitKeys.components]).contains(service.rawValue)
    }

    private mutating func read(_ profile: String?, _ place: SettingPlace) throws(InvalidSetting) -> CircuitSettings {
        var settings = CircuitSettings()
        for key in CircuitSettings.keys {
            let spellings = CircuitKeys.spellings(of: key, in: place).map { Self.section(profile) + $0 }
            if let origin = try reader.read(key, at: spellings, into: &settings) {
                origins[Spot(profile: profile, place: place, key: key.path)] = origin
            }
        }
        do throws(InvalidCircuitSetting) {
            try CircuitSettings.keys.checkChoices(of: settings)
        } catch {
            var invalid = blame(error, Spot(profile: profile, place: place, key: error.key))
            // The other key, as it is written here.
            let others = origins.filter { $0.key.profile == profile && $0.key.place == place }
            for (spot, origin) in others where invalid.value == "there beside \(spot.key)" {
                invalid.value = "there beside \(origin.name)"
            }
            throw invalid
        }
        return settings
    }
}
#endif
