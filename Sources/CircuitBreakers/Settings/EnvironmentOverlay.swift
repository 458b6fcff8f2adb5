/// What environment variables say about circuits.
///
/// The variable of a key is `CIRCUIT_BREAKERS_`, then nothing for the server, `DEFAULTS_` for all services or the name
/// of a service with each character that is no letter or digit as `_`, then the key: `openDuration` is `OPEN_DURATION`,
/// and `halfOpen.maxProbes` is `HALF_OPEN_MAX_PROBES`.
struct EnvironmentOverlay {
    static let prefix = "CIRCUIT_BREAKERS_"

    /// What a variable can mean.
    private struct Target {
        var place: SettingPlace
        var key: String
    }

    private(set) var profile: String?
    private(set) var values = CircuitBreakerConfiguration.Profile()

    /// Reads the variables that begin with the prefix. Services are those that can be meant.
    ///
    /// - Throws: ``InvalidCircuitSetting`` for one that means nothing, that could mean several, or whose value cannot
    ///   be.
    init(_ environment: [String: String], services: Set<ServiceName>) throws(InvalidCircuitSetting) {
        let own = environment.filter { $0.key.hasPrefix(Self.prefix) }.sorted { $0.key < $1.key }
        if own.isEmpty { return }
        let targets = Self.targets(services)
        for (variable, text) in own {
            let meant = targets[variable] ?? []
            guard let target = meant.first, meant.count == 1 else {
                throw meant.isEmpty ? Self.unknown(variable, services) : Self.ambiguous(variable, meant)
            }
            do {
                try set(target, .word(text))
            } catch {
                var invalid = error
                invalid.key = variable
                throw invalid
            }
        }
        try check(values.defaults, .defaults)
        for (service, settings) in values.services { try check(settings, .service(service)) }
    }

    /// The name of the variable for a key.
    static func variable(of key: String, in place: SettingPlace) -> String {
        let name = screaming(key)
        return switch place {
        case .server: prefix + name
        case .defaults: "\(prefix)DEFAULTS_\(name)"
        case .service(let service): "\(prefix)\(screaming(service))_\(name)"
        }
    }

    private func check(_ settings: CircuitSettings, _ place: SettingPlace) throws(InvalidCircuitSetting) {
        do {
            try CircuitSettings.keys.checkChoices(of: settings)
        } catch {
            var invalid = error
            invalid.key = Self.variable(of: error.key, in: place)
            throw invalid
        }
    }

    private mutating func set(_ target: Target, _ word: SettingTree) throws(InvalidCircuitSetting) {
        let keys = CircuitSettings.keys
        switch target.place {
        case .server where target.key == "profile": profile = String.read(word)
        case .server:
            try CircuitBreakerConfiguration.Profile.keys.first { $0.path == target.key }?.read(word, into: &values)
        case .defaults:
            try keys.first { $0.path == target.key }?.read(word, into: &values.defaults)
        case .service(let service):
            var settings = values.services[service] ?? .init()
            try keys.first { $0.path == target.key }?.read(word, into: &settings)
            values.services[service] = settings
        }
    }
}

// MARK: - Names

extension EnvironmentOverlay {
    /// What each variable name can mean.
    private static func targets(_ services: Set<ServiceName>) -> [String: [Target]] {
        let server = ["profile"] + CircuitBreakerConfiguration.Profile.keys.map(\.path)
        let places = [SettingPlace.defaults] + services.map { .service($0) }
        let targets =
            server.map { Target(place: .server, key: $0) }
            + places.flatMap { place in CircuitSettings.keys.map { Target(place: place, key: $0.path) } }
        return Dictionary(grouping: targets) { variable(of: $0.key, in: $0.place) }
    }

    private static func screaming(_ service: ServiceName) -> String {
        String(service.rawValue.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }).uppercased()
    }

    /// `halfOpen.maxProbes` as `HALF_OPEN_MAX_PROBES`.
    private static func screaming(_ key: String) -> String {
        key.reduce(into: "") { name, character in
            if character.isUppercase { name += "_" }
            name += character == "." ? "_" : character.uppercased()
        }
    }

    private static func unknown(_ variable: String, _ services: Set<ServiceName>) -> InvalidCircuitSetting {
        let names = services.map { prefix + screaming($0) }.sorted()
        let owners = (["\(prefix)DEFAULTS"] + names).joined(separator: "_…, ") + "_…"
        return InvalidCircuitSetting(
            key: variable,
            value: "unknown",
            allowed: "\(prefix)PROFILE, a key of the server, or one of \(owners)",
            remedy: "check the spelling of the key, and name the service in the configuration or the code"
        )
    }

    private static func ambiguous(_ variable: String, _ meant: [Target]) -> InvalidCircuitSetting {
        let meanings = meant.map { $0.place.path(of: $0.key) }
        return InvalidCircuitSetting(
            key: variable,
            value: "ambiguous",
            allowed: "a name that means one of \(meanings.sorted().joined(separator: ", "))",
            remedy: "say it in the configuration, or rename one of the services"
        )
    }
}

/// Where a key stands.
package enum SettingPlace: Hashable, Sendable {
    /// It is one of the server's.
    case server
    /// It holds for all services.
    case defaults
    /// It holds for one.
    case service(ServiceName)

    /// The key with its place in a file.
    func path(of key: String) -> String {
        switch self {
        case .server: key
        case .defaults: "defaults.\(key)"
        case .service(let service): "services.\(service).\(key)"
        }
    }
}
