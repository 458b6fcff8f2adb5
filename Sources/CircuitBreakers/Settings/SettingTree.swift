/// What a file or a variable says, before it is known what it means.
package enum SettingTree: Sendable, Hashable {
    case empty
    case flag(Bool)
    case whole(Int64)
    case number(Double)
    case text(String)
    /// A text that may as well stand for a number, a flag or a list, as it comes from an environment variable.
    case word(String)
    case list([SettingTree])
    case section([String: SettingTree])

    /// The tree for a person to read.
    package var readable: String {
        switch self {
        case .empty: "empty"
        case .flag(let flag): "\(flag)"
        case .whole(let number): "\(number)"
        case .number(let number): "\(number)"
        case .text(let text), .word(let text): "\"\(text)\""
        case .list(let items): "[\(items.map(\.readable).joined(separator: ", "))]"
        case .section(let section): "a section with \(section.keys.sorted().joined(separator: ", "))"
        }
    }
}

/// Any key of a file.
struct AnySettingKey: CodingKey {
    let stringValue: String

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { self.init(stringValue: "\(intValue)") }

    var intValue: Int? { nil }
}

extension SettingTree: Codable {
    package init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: AnySettingKey.self) {
            let pairs = try container.allKeys.map { key in
                (key.stringValue, try container.decode(SettingTree.self, forKey: key))
            }
            self = .section(Dictionary(pairs) { first, _ in first })
        } else if var container = try? decoder.unkeyedContainer() {
            var items: [SettingTree] = []
            while !container.isAtEnd { items.append(try container.decode(SettingTree.self)) }
            self = .list(items)
        } else {
            self = try Self.scalar(try decoder.singleValueContainer())
        }
    }

    /// From the narrowest kind to the widest, since every number is a text to some decoders.
    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> SettingTree {
        if container.decodeNil() { return .empty }
        if let flag = try? container.decode(Bool.self) { return .flag(flag) }
        if let number = try? container.decode(Int64.self) { return .whole(number) }
        if let number = try? container.decode(Double.self) { return .number(number) }
        return .text(try container.decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .section(let section):
            var container = encoder.container(keyedBy: AnySettingKey.self)
            for (key, tree) in section { try container.encode(tree, forKey: .init(stringValue: key)) }
        case .list(let items):
            var container = encoder.unkeyedContainer()
            for item in items { try container.encode(item) }
        case .empty:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .flag(let flag):
            var container = encoder.singleValueContainer()
            try container.encode(flag)
        case .whole(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .number(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .text(let text), .word(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
    }

    /// Decodes what `read` makes of the tree. Its error has the place in the whole file, and is the underlying one of
    /// a `DecodingError`, which is what decoders hand on.
    static func decode<Value>(
        from decoder: any Decoder,
        _ read: (SettingTree) throws(InvalidCircuitSetting) -> Value
    ) throws -> Value {
        let tree = try SettingTree(from: decoder)
        do throws(InvalidCircuitSetting) {
            return try read(tree)
        } catch {
            let place = decoder.codingPath.map(\.stringValue).joined(separator: ".")
            let invalid = error.within(place)
            let context = DecodingError.Context(
                codingPath: decoder.codingPath,
                debugDescription: invalid.description,
                underlyingError: invalid
            )
            throw DecodingError.dataCorrupted(context)
        }
    }
}
