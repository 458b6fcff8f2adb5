#if Configuration
internal import CircuitBreakers
internal import Configuration
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import Yams

/// How the text of a file of settings is read.
protocol SettingsFormat: FileConfigSnapshot {
    /// All that stands in the text, in its sections.
    static func tree(of text: String) throws -> SettingTree
}

extension JSONSnapshot: SettingsFormat {
    static func tree(of text: String) throws -> SettingTree {
        try JSONDecoder().decode(SettingTree.self, from: Data(text.utf8))
    }
}

extension YAMLSnapshot: SettingsFormat {
    static func tree(of text: String) throws -> SettingTree {
        try Yams.compose(yaml: text).map(SettingTree.init) ?? .empty
    }
}

extension SettingTree {
    fileprivate init(_ node: Yams.Node) {
        switch node {
        case .mapping(let mapping):
            let pairs = mapping.map { ($0.key.string ?? "", SettingTree($0.value)) }
            self = .section(Dictionary(pairs) { first, _ in first })
        case .sequence(let sequence): self = .list(sequence.map(SettingTree.init))
        case .scalar(let scalar): self.init(scalar)
        default: self = .empty
        }
    }

    private init(_ scalar: Yams.Node.Scalar) {
        if scalar.style == .plain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) {
            self = .empty
        } else if let number = Int64.construct(from: scalar) {
            self = .whole(number)
        } else if let number = Double.construct(from: scalar) {
            self = .number(number)
        } else if let flag = Bool.construct(from: scalar) {
            self = .flag(flag)
        } else {
            self = .text(scalar.string)
        }
    }
}
#endif
