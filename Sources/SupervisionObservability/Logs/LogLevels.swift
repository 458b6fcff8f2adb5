#if Observability
public import Logging
public import Supervision

/// At which level of swift-log an event is logged.
///
/// swift-log asks libraries to log what went wrong, and cannot be told otherwise, at `info`, what is usual at `debug` or
/// below, and nothing above: whether a crash that was mended wakes someone up is for the application to say. That is
/// ``library``. An application that wants to be woken takes ``application``, or levels of its own.
///
/// Whatever is chosen, each line carries the event's own weight as `event.severity`.
public struct LogLevels: Sendable {
    private let level: @Sendable (any RuntimeEvent) -> Logger.Level

    /// Levels of your own choice.
    ///
    /// - Parameter level: the level of an event. It is asked for each, so it should be quick.
    public init(_ level: @escaping @Sendable (any RuntimeEvent) -> Logger.Level) {
        self.level = level
    }

    /// Errors and warnings at `info`, usual events at `debug`, the rest at `trace`.
    public static let library = LogLevels { event in
        switch event.level {
        case .error, .warning: .info
        case .info: .debug
        case .debug: .trace
        }
    }

    /// Each event at the level of the same name.
    public static let application = LogLevels { event in
        switch event.level {
        case .error: .error
        case .warning: .warning
        case .info: .info
        case .debug: .debug
        }
    }

    func callAsFunction(_ event: any RuntimeEvent) -> Logger.Level {
        level(event)
    }
}
#endif
