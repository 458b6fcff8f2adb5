/// One key of the configuration: how it is written, and where its value is kept.
package struct SettingKey<Root: Sendable>: Sendable {
    /// One of several ways to say something, of which only one can hold: a trip is a number of failures or a rate.
    package struct Choice: Sendable, Hashable {
        /// What is chosen.
        var group: String
        /// What this key belongs to.
        var option: String
    }

    /// The names of the sections around it and its own, with dots between.
    package let path: String
    let choices: [Choice]
    /// What is expected of who writes it.
    let expected: String
    private let written: @Sendable (Root) -> SettingTree?
    private let readInto: @Sendable (SettingTree, inout Root) -> Bool
    private let transfer: @Sendable (Root?, inout Root) -> Void

    package init<Value: SettingValue>(
        _ path: String,
        _ value: any WritableKeyPath<Root, Value?> & Sendable,
        _ choices: Choice...
    ) {
        self.path = path
        self.choices = choices
        expected = Value.expected
        written = { $0[keyPath: value]?.tree }
        readInto = { tree, root in
            guard let read = Value.read(tree) else { return false }
            root[keyPath: value] = read
            return true
        }
        transfer = { source, root in root[keyPath: value] = source?[keyPath: value] }
    }

    /// The value as it is written; nil when there is none.
    func tree(of root: Root) -> SettingTree? { written(root) }

    package func isSet(in root: Root) -> Bool { written(root) != nil }

    /// Takes the value of a tree.
    package func read(_ tree: SettingTree, into root: inout Root) throws(InvalidCircuitSetting) {
        if readInto(tree, &root) { return }
        throw InvalidCircuitSetting(
            key: path,
            value: tree.readable,
            allowed: expected,
            remedy: "correct it, or leave the key out"
        )
    }

    func copy(from source: Root, to root: inout Root) { transfer(source, &root) }

    func clear(in root: inout Root) { transfer(nil, &root) }

    /// Whether both cannot hold at the same time.
    func excludes(_ other: SettingKey) -> Bool {
        choices.contains { choice in
            other.choices.contains { $0.group == choice.group && $0.option != choice.option }
        }
    }
}

// MARK: - All keys of something

extension Sequence {
    /// Reads a section into `root`. An unknown key is an error, so that no spelling mistake goes unseen.
    func read<Root>(
        _ section: [String: SettingTree],
        into root: inout Root,
        within place: String = ""
    ) throws(InvalidCircuitSetting) where Element == SettingKey<Root> {
        for (name, tree) in section.sorted(by: { $0.key < $1.key }) {
            let path = place.isEmpty ? name : "\(place).\(name)"
            let isSection = contains { $0.path.hasPrefix("\(path).") }
            if case .section(let inner) = tree, isSection {
                try read(inner, into: &root, within: path)
            } else if let key = first(where: { $0.path == path }) {
                try key.read(tree, into: &root)
            } else if !isSection {
                throw .unknownKey(path, known: names(within: place))
            } else if tree != .empty {
                throw InvalidCircuitSetting(
                    key: path,
                    value: tree.readable,
                    allowed: "a section with \(names(within: path).joined(separator: ", "))",
                    remedy: "write these keys within it"
                )
            }
        }
    }

    /// The names that can stand in a section.
    func names<Root>(within place: String) -> [String] where Element == SettingKey<Root> {
        let prefix = place.isEmpty ? "" : "\(place)."
        return Set(
            lazy.filter { $0.path.hasPrefix(prefix) }.map { key in
                String(key.path.dropFirst(prefix.count).prefix { $0 != "." })
            }
        ).sorted()
    }

    /// What `root` says, as a section.
    func section<Root>(of root: Root) -> [String: SettingTree] where Element == SettingKey<Root> {
        reduce(into: [:]) { section, key in
            guard let tree = key.tree(of: root) else { return }
            section.insert(tree, at: key.path.split(separator: ".").map(String.init)[...])
        }
    }

    /// `upper` where it says something, and else `lower`. A choice of the upper one ends the lower one's.
    func lay<Root>(_ upper: Root, over lower: Root) -> Root where Element == SettingKey<Root> {
        var result = lower
        for key in self where key.isSet(in: upper) {
            for other in self where key.excludes(other) { other.clear(in: &result) }
        }
        for key in self where key.isSet(in: upper) { key.copy(from: upper, to: &result) }
        return result
    }

    /// Refuses two ways to say the same thing.
    package func checkChoices<Root>(of root: Root) throws(InvalidCircuitSetting) where Element == SettingKey<Root> {
        let keys = filter { $0.isSet(in: root) }
        for (index, key) in keys.enumerated() {
            guard let other = keys[..<index].first(where: key.excludes) else { continue }
            throw InvalidCircuitSetting(
                key: key.path,
                value: "there beside \(other.path)",
                allowed: "one of the two",
                remedy: "leave out the one that shall not hold"
            )
        }
    }
}

extension [String: SettingTree] {
    fileprivate mutating func insert(_ tree: SettingTree, at path: ArraySlice<String>) {
        guard let name = path.first else { return }
        if path.count == 1 {
            self[name] = tree
            return
        }
        var inner: [String: SettingTree] = [:]
        if case .section(let section) = self[name] { inner = section }
        inner.insert(tree, at: path.dropFirst())
        self[name] = .section(inner)
    }
}
