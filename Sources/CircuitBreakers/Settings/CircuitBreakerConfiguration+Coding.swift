extension CircuitBreakerConfiguration {
    init(_ tree: SettingTree) throws(InvalidCircuitSetting) {
        self.init()
        var section = try tree.section(of: ["profile", "profiles"] + Profile.names)
        if let tree = section.removeValue(forKey: "profile") {
            guard let name = String.read(tree) else {
                throw InvalidCircuitSetting(
                    key: "profile",
                    value: tree.readable,
                    allowed: "the name of a profile",
                    remedy: "correct it, or leave the key out"
                )
            }
            profile = name
        }
        if let tree = section.removeValue(forKey: "profiles") {
            profiles = try tree.entries(at: "profiles") { tree throws(InvalidCircuitSetting) in
                try Profile(try tree.section(of: Profile.names))
            }
        }
        common = try Profile(section)
    }

    var tree: SettingTree {
        var section = common.section
        section["profile"] = profile?.tree
        if !profiles.isEmpty { section["profiles"] = .section(profiles.mapValues { .section($0.section) }) }
        return .section(section)
    }
}

extension CircuitBreakerConfiguration.Profile {
    static let names = keys.names(within: "") + ["defaults", "services"]

    init(_ section: [String: SettingTree]) throws(InvalidCircuitSetting) {
        self.init()
        var section = section
        if let tree = section.removeValue(forKey: "defaults") {
            do {
                defaults = try CircuitSettings(tree)
            } catch {
                throw error.within("defaults")
            }
        }
        if let tree = section.removeValue(forKey: "services") {
            let entries = try tree.entries(at: "services") { tree throws(InvalidCircuitSetting) in
                try CircuitSettings(tree)
            }
            services = Dictionary(uniqueKeysWithValues: entries.map { (ServiceName($0.key), $0.value) })
        }
        try Self.keys.read(section, into: &self)
    }

    var section: [String: SettingTree] {
        var section = Self.keys.section(of: self)
        if defaults != .init() { section["defaults"] = defaults.tree }
        if !services.isEmpty {
            let entries = services.map { ($0.key.rawValue, $0.value.tree) }
            section["services"] = .section(Dictionary(uniqueKeysWithValues: entries))
        }
        return section
    }
}

extension SettingTree {
    /// The section that this is, with none but the `known` names.
    fileprivate func section(of known: [String]) throws(InvalidCircuitSetting) -> [String: SettingTree] {
        switch self {
        case .empty: return [:]
        case .section(let section):
            for name in section.keys.sorted() where !known.contains(name) {
                throw .unknownKey(name, known: known)
            }
            return section
        default:
            throw InvalidCircuitSetting(
                key: "",
                value: readable,
                allowed: "a section with \(known.sorted().joined(separator: ", "))",
                remedy: "write these keys within it"
            )
        }
    }

    /// The section that this is, by names that the user chooses.
    fileprivate func entries<Value>(
        at place: String,
        _ read: (SettingTree) throws(InvalidCircuitSetting) -> Value
    ) throws(InvalidCircuitSetting) -> [String: Value] {
        var entries: [String: Value] = [:]
        switch self {
        case .empty: break
        case .section(let section):
            for (name, tree) in section.sorted(by: { $0.key < $1.key }) {
                do throws(InvalidCircuitSetting) {
                    entries[name] = try read(tree)
                } catch {
                    throw error.within("\(place).\(name)")
                }
            }
        default:
            throw InvalidCircuitSetting(
                key: place,
                value: readable,
                allowed: "a section with one key for each name",
                remedy: "write \(place) as a section"
            )
        }
        return entries
    }
}

/// Coded with the keys of Documentation/Configuration.md; what is not said is left out.
extension CircuitBreakerConfiguration: Codable {
    /// Reads a configuration. Its ranges are checked by ``resolved(policy:policies:environment:)``.
    ///
    /// - Throws: `DecodingError`; for an unknown key, a value of another kind, or two ways to say the same thing, with
    ///   ``InvalidCircuitSetting`` as the underlying error.
    public init(from decoder: any Decoder) throws {
        self = try SettingTree.decode(from: decoder) { tree throws(InvalidCircuitSetting) in
            try CircuitBreakerConfiguration(tree)
        }
    }

    /// Writes what it says.
    public func encode(to encoder: any Encoder) throws {
        try tree.encode(to: encoder)
    }
}
