#if Configuration
internal import CircuitBreakers

/// A setting that cannot be: where it stands, what it says, what it may say, and what to do (B24).
public struct InvalidSetting: Error, Sendable, Hashable {
    /// The file, or another provider's name.
    public var source: String
    /// The key as it is written there: `circuit_breakers.default_config.failure_threshold`, or the name of a variable.
    /// Empty when it is about the whole file.
    public var key: String
    /// What it says. What its provider calls a secret is not shown.
    public var value: String
    /// What it may say.
    public var allowed: String
    /// What to do about it.
    public var remedy: String

    /// An error of that key.
    public init(source: String, key: String, value: String, allowed: String, remedy: String) {
        self.source = source
        self.key = key
        self.value = value
        self.allowed = allowed
        self.remedy = remedy
    }

    /// What is wrong with a setting, at the place where it stands.
    init(_ invalid: InvalidCircuitSetting, in source: String, at key: String) {
        self.init(
            source: source,
            key: key,
            value: invalid.value,
            allowed: invalid.allowed,
            remedy: invalid.remedy
        )
    }

    /// A file that cannot be read.
    static func unreadable(_ source: String, _ reason: any Error) -> InvalidSetting {
        InvalidSetting(
            source: source,
            key: "",
            value: "not readable: \(reason)",
            allowed: "a file of YAML or JSON with keys at its top",
            remedy: "check its path and its syntax"
        )
    }
}

extension InvalidSetting: CustomStringConvertible {
    /// One line with the source, the key, its value, what is allowed and the remedy.
    public var description: String {
        "\(source): \(key.isEmpty ? "" : "\(key) is ")\(value), allowed is \(allowed); \(remedy)"
    }
}
#endif
