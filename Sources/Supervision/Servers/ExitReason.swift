/// Why an incarnation ended.
public enum ExitReason: Sendable {
    /// It had done its work.
    case normal
    /// Its supervisor stopped it.
    case shutdown
    /// As ``shutdown``, with what there is to say about it.
    indirect case shutdownWith(any Sendable & CustomStringConvertible)
    /// It crashed.
    case error(any Error)
    /// It did not stop when asked and was given up (S3).
    case unstoppable

    /// Whether a transient child that ends for this reason stays down: true for all but errors and ``unstoppable``.
    public var isClean: Bool {
        switch self {
        case .normal, .shutdown, .shutdownWith: true
        case .error, .unstoppable: false
        }
    }
}

extension ExitReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .normal: "normal"
        case .shutdown: "shutdown"
        case .shutdownWith(let detail): "shutdown: \(detail)"
        case .error(let error): "\(error)"
        case .unstoppable: "unstoppable"
        }
    }
}

/// Throw it from anywhere inside a server to end the incarnation with that reason.
///
/// ```swift
/// func handle(_ message: Message, _ context: ServerContext<Importer>) throws {
///     if isDone { throw Exit(.normal) }
/// }
/// ```
public struct Exit: Error, CustomStringConvertible {
    /// The reason with which the incarnation ends.
    public var reason: ExitReason

    /// An exit with that reason.
    public init(_ reason: ExitReason) {
        self.reason = reason
    }

    public var description: String { "exit: \(reason)" }

    /// The reason with which an incarnation ends when `error` is thrown inside it.
    static func reason(for error: any Error) -> ExitReason {
        (error as? Exit)?.reason ?? .error(error)
    }
}
