/// A setting that cannot be: which key, what it says, what it may say, and what to do (B24).
///
/// A decoder hands it on inside of a `DecodingError.dataCorrupted`, as its `underlyingError`.
public struct InvalidCircuitSetting: Error, Sendable, Hashable {
    /// The key with its whole path, as it is written in the file (`services.user-api.trip.failureRate.rate`), or the
    /// name of the environment variable.
    public var key: String
    /// What it says.
    public var value: String
    /// What it may say.
    public var allowed: String
    /// What to do about it.
    public var remedy: String

    /// An error of that key.
    public init(key: String, value: String, allowed: String, remedy: String) {
        self.key = key
        self.value = value
        self.allowed = allowed
        self.remedy = remedy
    }

    /// What is wrong with a field of a policy that settings have led to.
    init(_ invalid: InvalidCircuitPolicy) {
        self.init(key: invalid.field, value: invalid.value, allowed: invalid.allowed, remedy: invalid.remedy)
    }

    static func unknownKey(_ key: String, known: [String]) -> InvalidCircuitSetting {
        InvalidCircuitSetting(
            key: key,
            value: "unknown",
            allowed: "one of \(known.sorted().joined(separator: ", "))",
            remedy: "check the spelling"
        )
    }

    /// A setting that another one cannot do without.
    static func missing(_ key: String, _ allowed: String, because remedy: String) -> InvalidCircuitSetting {
        InvalidCircuitSetting(key: key, value: "missing", allowed: allowed, remedy: remedy)
    }

    /// The same in a place further out.
    func within(_ place: String) -> InvalidCircuitSetting {
        var copy = self
        copy.key = place.isEmpty ? key : key.isEmpty ? place : "\(place).\(key)"
        return copy
    }
}

extension InvalidCircuitSetting: CustomStringConvertible {
    /// One line with the key, its value, what is allowed and the remedy.
    public var description: String {
        "\(key) is \(value), allowed is \(allowed); \(remedy)"
    }
}
