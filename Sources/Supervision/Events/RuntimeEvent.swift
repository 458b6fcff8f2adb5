/// Something that happened in a runtime: a child was restarted, a circuit opened.
///
/// Events carry names, paths, reasons, counts and times, never a server's state or a message's contents (S13).
/// `description` is one readable line.
public protocol RuntimeEvent: Sendable, CustomStringConvertible {
    /// How much it matters to an operator.
    var level: EventLevel { get }
    /// What there is to say beyond the one line of `description`; nil, as by default, for nothing.
    var details: String? { get }
}

extension RuntimeEvent {
    public var details: String? { nil }

    /// The event and its details in one line of at most `limit` characters.
    ///
    /// What an error of yours prints may have many lines or be very long: line breaks become spaces here, and what is
    /// over the limit is cut off, with an ellipsis in its place.
    public func line(upTo limit: Int = 2_000) -> String {
        let text = details.map { "\(description) (\($0))" } ?? description
        // Most lines are short and plain, so look before rebuilding.
        var line = text.contains(where: \.isNewline) ? String(text.map { $0.isNewline ? " " : $0 }) : text
        if line.utf8.count > limit, line.count > limit { line = "\(line.prefix(max(0, limit - 1)))…" }
        return line
    }
}

/// How much an event matters to an operator.
public enum EventLevel: Int, Sendable, Comparable, CaseIterable, CustomStringConvertible {
    /// For whoever looks for the cause of something.
    case debug
    /// Business as usual.
    case info
    /// Something that may want attention: a circuit has opened.
    case warning
    /// Something is wrong: a child has crashed.
    case error

    public static func < (left: EventLevel, right: EventLevel) -> Bool {
        left.rawValue < right.rawValue
    }

    public var description: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }
}

/// Where the events of a runtime go.
public protocol EventSink: Sendable {
    /// Takes one event. Called from wherever it happened, outside of every lock of this library, so it may call back;
    /// it should return quickly. Events of one child, and of one circuit, come in the order in which they happened.
    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant)

    /// Whether it has any use for events of that level; by default it has. One that has not may still be given some, but
    /// is spared those of children, which come in great numbers and take longer to put together than a child to start.
    func wants(_ level: EventLevel) -> Bool
}

extension EventSink {
    public func wants(_ level: EventLevel) -> Bool { true }
}

/// A sink that drops every event.
public struct SilentSink: EventSink {
    /// A sink that drops every event.
    public init() {}

    public func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {}

    public func wants(_ level: EventLevel) -> Bool { false }
}
