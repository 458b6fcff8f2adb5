/// The name of a service that calls go to. Each service has one circuit in a ``CircuitBreakerServer``.
///
/// Declare a name once and use it with a leading dot:
///
/// ```swift
/// extension ServiceName {
///     static let userAPI: ServiceName = "user-api"
/// }
/// let user = try await CircuitBreakerServer.call(.userAPI) { try await api.user(1) }
/// ```
public struct ServiceName: Sendable {
    /// The name itself.
    public let rawValue: String

    // A name is looked up at every call and made once as a rule, so the text is hashed when it is made.
    let textHash: Int

    /// The name of that spelling.
    public init(_ rawValue: String) {
        self.rawValue = rawValue
        textHash = SpellingHash.hash(rawValue)
    }
}

extension ServiceName {
    /// The words that Swift holds the text by: the text itself if it is short, where it lies if not. Names of which these
    /// are the same are the same, as long as both are there. Others may still be.
    struct Spelling: Equatable {
        let low: UInt64
        let high: UInt64
    }

    /// Nil where a text is held by other than two words of 64 bits.
    @inline(__always)
    var spelling: Spelling? {
        guard MemoryLayout<String>.size == MemoryLayout<Spelling>.size else { return nil }
        return withUnsafeBytes(of: rawValue) { bytes in
            Spelling(low: bytes.load(as: UInt64.self), high: bytes.load(fromByteOffset: 8, as: UInt64.self))
        }
    }
}

extension ServiceName: Hashable {
    /// Whether the names have the same spelling.
    public static func == (left: ServiceName, right: ServiceName) -> Bool {
        left.textHash == right.textHash && left.rawValue == right.rawValue
    }

    /// Feeds the hash of the spelling, which is computed once.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(textHash)
    }
}

extension ServiceName: ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name that is written.
    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// The name itself.
    public var description: String { rawValue }
}

/// A name is coded as a plain string.
extension ServiceName: Codable {
    /// Reads a name.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}
