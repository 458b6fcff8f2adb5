internal import Supervision

/// A value that one key of the configuration can have.
package protocol SettingValue: Hashable, Sendable {
    /// What is expected of who writes it.
    static var expected: String { get }
    /// The value of a tree; nil when that is something else.
    static func read(_ tree: SettingTree) -> Self?
    /// The value as it is written.
    var tree: SettingTree { get }
}

extension Int: SettingValue {
    package static var expected: String { "a whole number" }

    package static func read(_ tree: SettingTree) -> Int? {
        switch tree {
        case .whole(let number): Int(exactly: number)
        case .word(let word): Int(word)
        default: nil
        }
    }

    package var tree: SettingTree { .whole(Int64(self)) }
}

extension Double: SettingValue {
    package static var expected: String { "a number" }

    package static func read(_ tree: SettingTree) -> Double? {
        switch tree {
        case .whole(let number): Double(number)
        case .number(let number): number
        case .word(let word): Double(word)
        default: nil
        }
    }

    package var tree: SettingTree { .number(self) }
}

extension Bool: SettingValue {
    package static var expected: String { "true or false" }

    package static func read(_ tree: SettingTree) -> Bool? {
        switch tree {
        case .flag(let flag): flag
        case .word(let word): Bool(word)
        default: nil
        }
    }

    package var tree: SettingTree { .flag(self) }
}

extension String: SettingValue {
    package static var expected: String { "a text" }

    package static func read(_ tree: SettingTree) -> String? {
        switch tree {
        case .text(let text), .word(let text): text
        // Some decoders take a text of digits for a number.
        case .whole(let number): "\(number)"
        default: nil
        }
    }

    package var tree: SettingTree { .text(self) }
}

extension ServiceName: SettingValue {
    package static var expected: String { "the name of a service" }

    package static func read(_ tree: SettingTree) -> ServiceName? {
        String.read(tree).flatMap { $0.isEmpty ? nil : ServiceName($0) }
    }

    package var tree: SettingTree { .text(rawValue) }
}

extension Duration: SettingValue {
    package static var expected: String { #"a duration such as "500ms", "30s" or "1h30m", or a number of seconds"# }

    package static func read(_ tree: SettingTree) -> Duration? {
        switch tree {
        case .whole(let seconds): DurationText.duration(seconds: Double(seconds))
        case .number(let seconds): DurationText.duration(seconds: seconds)
        case .text(let text), .word(let text): DurationText.duration(text)
        default: nil
        }
    }

    package var tree: SettingTree { .text(DurationText.text(self)) }
}

extension CircuitSettings.Interval: SettingValue {
    package static var expected: String { #"\#(Duration.expected), or "off""# }

    package static func read(_ tree: SettingTree) -> CircuitSettings.Interval? {
        switch tree {
        // To YAML `off` is false.
        case .text("off"), .word("off"), .flag(false): .off
        default: Duration.read(tree).map { .after($0) }
        }
    }

    package var tree: SettingTree {
        switch self {
        case .off: .text("off")
        case .after(let duration): duration.tree
        }
    }
}

extension Array: SettingValue where Element: SettingValue {
    package static var expected: String { "a list, of each \(Element.expected)" }

    package static func read(_ tree: SettingTree) -> [Element]? {
        let items: [SettingTree]
        switch tree {
        case .list(let list): items = list
        case .word(let word): items = word.split(separator: ",").map { .word(String($0.drop { $0 == " " })) }
        default: return nil
        }
        let elements = items.compactMap(Element.read)
        return elements.count == items.count ? elements : nil
    }

    package var tree: SettingTree { .list(map(\.tree)) }
}

extension SettingValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    package static var expected: String { "one of \(allCases.map(\.rawValue).joined(separator: ", "))" }

    package static func read(_ tree: SettingTree) -> Self? {
        switch tree {
        case .text(let text), .word(let text): Self(rawValue: text)
        default: nil
        }
    }

    package var tree: SettingTree { .text(rawValue) }
}

extension CallOutcome: SettingValue {}
extension CircuitPolicy.InitialState: SettingValue {}
extension CircuitPolicy.PermanentErrorRule: SettingValue {}
extension CircuitPolicy.HalfOpen.ExpiredProbe: SettingValue {}
