/// The name of a server in a runtime, typed by the server that it names.
///
/// Declare a name once and use it with a leading dot:
///
/// ```swift
/// extension ServerName where Server == UserDirectory {
///     static var users: Self { .init("users") }
/// }
/// let user = try await ServerRef(.users).call { $0.user(1) }
/// ```
public struct ServerName<Server: GenServer>: Hashable, Sendable, CustomStringConvertible {
    /// The name itself. One runtime has at most one running server of a name.
    public let rawValue: String

    /// The name of that spelling.
    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    public var description: String { rawValue }
}
