#if Configuration
internal import CircuitBreakers
internal import Configuration
internal import Logging
internal import Supervision

/// What of the settings is said by the code, and by no file.
struct SettingsBase: Sendable {
    var policy: CircuitPolicy
    var policies: [ServiceName: CircuitPolicy]
    /// Supervisors that variables can mean even where no file names them.
    var supervisors: [String]
}

extension Settings {
    /// What snapshots say, the highest first, over what the code says.
    ///
    /// - Throws: ``InvalidSetting``; `InvalidCircuitPolicy` when a policy of the code is invalid.
    init(_ snapshots: [any ConfigSnapshot], over base: SettingsBase) throws {
        // The lowest first, as later ones are laid over earlier ones.
        var readers = snapshots.reversed().map(SnapshotReader.init)
        let layers: [CircuitBreakerConfiguration.Layer]
        (circuits, layers) = try Self.circuits(&readers, base)
        supervisors = try Self.supervisors(&readers, base)
        logLevel = try Self.logLevel(&readers)
        said = Said(
            profile: circuits.profile,
            circuits: layers.map(\.values),
            supervisors: supervisors,
            logLevel: logLevel
        )
        for reader in readers { try reader.checkUnknown(in: [CircuitKeys.top, SupervisorSettings.top]) }
    }

    private static func circuits(
        _ readers: inout [SnapshotReader],
        _ base: SettingsBase
    ) throws -> (CircuitBreakerConfiguration.Resolved, [CircuitBreakerConfiguration.Layer]) {
        let own = names(of: [CircuitKeys.top, CircuitKeys.profiles], readers)
        let builtIn = CircuitBreakerConfiguration.builtInProfiles
        let profiles = Set(own).union(builtIn.keys).sorted()
        let places = [[]] + profiles.map { [CircuitKeys.profiles, $0] }
        let named = places.flatMap { names(of: [CircuitKeys.top] + $0 + [CircuitKeys.components], readers) }
        let services = Set(named.map { ServiceName($0) }).union(base.policies.keys)
            .sorted { $0.rawValue < $1.rawValue }

        var layers: [CircuitLayer] = []
        for index in readers.indices {
            layers.append(try CircuitLayer(&readers[index], services: services, profiles: profiles))
        }
        guard let last = layers.indices.last(where: { layers[$0].profile != nil }),
            let chosen = layers[last].profile
        else {
            let all = layers.flatMap { $0.layers(of: nil) }
            return (try resolved(all, nil, base), all)
        }
        if !profiles.contains(chosen.name) {
            throw InvalidSetting(
                source: readers[last].source,
                key: chosen.origin.name,
                value: "\"\(chosen.name)\"",
                allowed: "one of \(profiles.joined(separator: ", "))",
                remedy: "check the spelling, or add it to \(CircuitKeys.top).\(CircuitKeys.profiles)"
            )
        }
        let bottom = builtIn[chosen.name].map { [CircuitBreakerConfiguration.Layer.builtIn($0, chosen.name)] } ?? []
        let all = bottom + layers.flatMap { $0.layers(of: chosen.name) }
        return (try resolved(all, chosen.name, base), all)
    }

    private static func resolved(
        _ layers: [CircuitBreakerConfiguration.Layer],
        _ profile: String?,
        _ base: SettingsBase
    ) throws -> CircuitBreakerConfiguration.Resolved {
        try CircuitBreakerConfiguration.resolved(layers, profile, policy: base.policy, policies: base.policies)
    }

    private static func supervisors(
        _ readers: inout [SnapshotReader],
        _ base: SettingsBase
    ) throws(InvalidSetting) -> [String: SupervisorSettings] {
        var supervisors: [String: SupervisorSettings] = [:]
        for name in Set(names(of: [SupervisorSettings.top], readers)).union(base.supervisors).sorted() {
            let children = names(of: [SupervisorSettings.top, name, SupervisorSettings.children], readers)
            var settings = SupervisorSettings()
            for index in readers.indices { try settings.read(name, children: children, from: &readers[index]) }
            if settings != .init() { supervisors[name] = settings }
        }
        return supervisors
    }

    private static func logLevel(_ readers: inout [SnapshotReader]) throws(InvalidSetting) -> Logger.Level? {
        var log = Log()
        let key = SettingKey<Log>("level", \.level)
        for index in readers.indices { _ = try readers[index].read(key, at: [["log", "level"]], into: &log) }
        return log.level
    }

    /// The names that stand in a section of any source.
    private static func names(of section: [String], _ readers: [SnapshotReader]) -> [String] {
        Set(readers.flatMap { $0.entries(of: section) }).sorted()
    }
}

private struct Log: Sendable {
    var level: Logger.Level?
}

extension Logger.Level: SettingValue {}
#endif
