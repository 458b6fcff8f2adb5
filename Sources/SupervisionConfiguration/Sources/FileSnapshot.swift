#if Configuration
internal import CircuitBreakers
internal import Configuration

/// What a file of settings holds: the values as swift-configuration reads them, and beside them all of its keys, of
/// which a snapshot of a file tells nothing.
///
/// It has the name of its file, so that an error can say where to look. And it is strict: JSON's `true` is no number, and
/// its 1 is not true.
struct FileSnapshot<Format: SettingsFormat>: FileConfigSnapshot, ListingSnapshot {
    struct ParsingOptions: FileParsingOptions {
        /// The file as the user calls it.
        var name: String

        static var `default`: ParsingOptions { .init(name: "file") }
    }

    private struct WrongKind: Error {}

    let providerName: String
    private let format: Format
    private let tree: SettingTree

    init(data: RawSpan, providerName: String, parsingOptions: ParsingOptions) throws {
        self.providerName = parsingOptions.name
        format = try Format(data: data, providerName: parsingOptions.name, parsingOptions: .default)
        tree = try Format.tree(of: data.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        switch (tree[key.components[...]], type) {
        case (.flag, .int), (.flag, .double), (.whole, .bool), (.number, .bool): throw WrongKind()
        default: try format.value(forKey: key, type: type)
        }
    }

    func names(in section: String) -> [String: Bool] {
        var names: [String: Bool] = [:]
        tree[[section]]?.list(as: section, into: &names)
        return names
    }

    func entries(of section: [String]) -> [String] {
        if case .section(let entries) = tree[section[...]] { entries.keys.sorted() } else { [] }
    }

    func says(sameAs other: any ConfigSnapshot) -> Bool {
        (other as? FileSnapshot)?.tree == tree
    }

    var description: String { format.description }
    var debugDescription: String { format.debugDescription }
}

extension SettingTree {
    fileprivate subscript(path: ArraySlice<String>) -> SettingTree? {
        guard let name = path.first else { return self }
        guard case .section(let section) = self else { return nil }
        return section[name]?[path.dropFirst()]
    }

    fileprivate func list(as name: String, into names: inout [String: Bool]) {
        guard case .section(let section) = self else {
            names[name] = self != .empty
            return
        }
        for (key, tree) in section { tree.list(as: "\(name).\(key)", into: &names) }
    }
}
#endif
