#if Configuration
internal import CircuitBreakers
internal import Configuration

/// Reads settings from what one provider says at one time, and notes where each of them stands.
struct SnapshotReader {
    /// Where a setting stands in its source.
    struct Origin {
        var name: String
        var isSecret: Bool
    }

    private struct Found {
        var origin: Origin
        /// What the value can be read as, the likeliest first.
        var trees: [SettingTree]
    }

    let snapshot: any ConfigSnapshot
    /// The keys that were looked for, by the names that the snapshot has for them.
    private var known: [String: [String]] = [:]

    init(_ snapshot: any ConfigSnapshot) {
        self.snapshot = snapshot
    }

    var source: String { snapshot.providerName }

    /// The names that stand in a section; none when the snapshot cannot tell.
    func entries(of section: [String]) -> [String] {
        (snapshot as? any ListingSnapshot)?.entries(of: section) ?? []
    }

    /// Reads the value of `key`, which is spelled in one of several ways.
    ///
    /// - Returns: where it stands; nil when it is not there.
    mutating func read<Root>(
        _ key: SettingKey<Root>,
        at spellings: [[String]],
        into root: inout Root
    ) throws(InvalidSetting) -> Origin? {
        var origin: Origin?
        for spelling in spellings {
            guard let found = try find(spelling) else { continue }
            if let origin {
                throw InvalidSetting(
                    source: source,
                    key: found.origin.name,
                    value: "there beside \(origin.name)",
                    allowed: "one of the two",
                    remedy: "leave out the one that shall not hold"
                )
            }
            try take(found, key, into: &root)
            origin = found.origin
        }
        return origin
    }

    private func take<Root>(_ found: Found, _ key: SettingKey<Root>, into root: inout Root) throws(InvalidSetting) {
        var refusal: InvalidCircuitSetting?
        for tree in found.trees {
            do throws(InvalidCircuitSetting) {
                return try key.read(tree, into: &root)
            } catch {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw blame(refusal, found.origin) }
    }

    /// The error with the place where the setting stands.
    func blame(_ error: InvalidCircuitSetting, _ origin: Origin) -> InvalidSetting {
        var invalid = InvalidSetting(error, in: source, at: origin.name)
        if origin.isSecret { invalid.value = "<secret>" }
        return invalid
    }

    private mutating func find(_ components: [String]) throws(InvalidSetting) -> Found? {
        let key = AbsoluteConfigKey(components)
        var found: Found?
        var reason: (any Error)?
        // As a text first, which environments and YAML have for everything.
        for type in [ConfigType.string, .int, .double, .bool, .stringArray, .intArray, .doubleArray] {
            do {
                let result = try snapshot.value(forKey: key, type: type)
                let other = known.updateValue(components, forKey: result.encodedKey)
                guard let value = result.value else { return nil }
                if let other, other != components { throw ambiguous(result.encodedKey, components, other) }
                let origin = Origin(name: result.encodedKey, isSecret: value.isSecret)
                found = found ?? Found(origin: origin, trees: [])
                found?.trees += SettingTree(value.content).map { [$0] } ?? []
            } catch let error as InvalidSetting {
                throw error
            } catch {
                reason = error
            }
        }
        if found == nil, let reason {
            throw InvalidSetting(
                source: source,
                key: components.joined(separator: "."),
                value: "not readable: \(reason)",
                allowed: "a text, a number, true, false or a list of these",
                remedy: "correct it, or leave the key out"
            )
        }
        return found
    }

    private func ambiguous(_ name: String, _ one: [String], _ other: [String]) -> InvalidSetting {
        let meanings = [one, other].map { $0.joined(separator: ".") }.sorted().joined(separator: ", ")
        return InvalidSetting(
            source: source,
            key: name,
            value: "ambiguous",
            allowed: "a name that means one of \(meanings)",
            remedy: "say it in a file, or rename one of the two"
        )
    }
}

extension SettingTree {
    fileprivate init?(_ content: ConfigContent) {
        switch content {
        case .string(let text): self = .word(text)
        case .int(let number): self = .whole(Int64(number))
        case .double(let number): self = .number(number)
        case .bool(let flag): self = .flag(flag)
        case .stringArray(let texts): self = .list(texts.map { .word($0) })
        case .intArray(let numbers): self = .list(numbers.map { .whole(Int64($0)) })
        case .doubleArray(let numbers): self = .list(numbers.map { .number($0) })
        default: return nil
        }
    }
}

// MARK: - What nobody has looked for

extension SnapshotReader {
    /// Refuses what stands in one of the topmost sections and means nothing. To be asked when all has been read.
    func checkUnknown(in sections: [String]) throws(InvalidSetting) {
        guard let listing = snapshot as? any ListingSnapshot else { return }
        for section in sections {
            for (name, hasValue) in listing.names(in: section).sorted(by: { $0.key < $1.key })
            where known[name] == nil {
                let inner = Set(known.keys.lazy.filter { $0.hasPrefix("\(name).") })
                let isSection = !inner.isEmpty || name == section || Self.isNamed(name)
                if !isSection { throw unknown(name) }
                if hasValue { throw noSection(name, inner) }
            }
        }
    }

    /// Whether that is a section with names that the user chooses, of which there may be none.
    private static func isNamed(_ name: String) -> Bool {
        [CircuitKeys.components, CircuitKeys.profiles, SupervisorSettings.children].contains {
            name.hasSuffix(".\($0)")
        }
    }

    private func unknown(_ name: String) -> InvalidSetting {
        // The keys of the innermost section that is known. Variables have no other separator than what is in names, too.
        let separator: Character = name.contains(".") ? "." : "_"
        var place = name[...]
        var names: [String] = []
        while names.isEmpty, let end = place.lastIndex(of: separator) {
            let prefix = String(place[...end])
            place = place[..<end]
            names = Self.names(known.keys.filter { $0.hasPrefix(prefix) }, after: prefix)
        }
        if names.count > 80 { names = names.prefix(80) + ["…"] }
        return InvalidSetting(
            source: source,
            key: name,
            value: "unknown",
            allowed: names.isEmpty ? "none" : "\(place) with one of \(names.joined(separator: ", "))",
            remedy: "check the spelling; a component or a supervisor must be named by a file or the code"
        )
    }

    private func noSection(_ name: String, _ inner: Set<String>) -> InvalidSetting {
        let names = Self.names(Array(inner), after: "\(name).")
        return InvalidSetting(
            source: source,
            key: name,
            value: "a value",
            allowed: "a section with \(names.isEmpty ? "one key for each name" : names.joined(separator: ", "))",
            remedy: "write these keys within it"
        )
    }

    private static func names(_ keys: [String], after prefix: String) -> [String] {
        Set(keys.map { String($0.dropFirst(prefix.count).prefix { $0 != "." }) }).sorted()
    }
}
#endif
