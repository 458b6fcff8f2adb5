/// The name of a child within its supervisor.
public struct ChildID: Hashable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let description: String

    /// The id of that spelling.
    public init(_ description: String) {
        self.description = description
    }

    public init(stringLiteral value: String) {
        description = value
    }

    public init(from decoder: any Decoder) throws {
        description = try decoder.singleValueContainer().decode(String.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
