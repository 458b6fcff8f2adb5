#if Observability
internal import CircuitBreakers
public import Logging
public import Supervision

/// Logs the events of a runtime with swift-log.
///
/// ```swift
/// let runtime = Runtime(events: LogSink(Logger(label: "app.supervision"), levels: .application))
/// ```
///
/// Messages are constant, so that lines of one kind can be found and counted; what differs is metadata with keys such as
/// `supervision.path` and `circuit.state`. An error is given to the handler as an error, too. Like the events themselves,
/// lines carry names, paths, reasons, counts and times, never a server's state or a message's contents (S13).
public struct LogSink: EventSink {
    private let logger: Logger
    private let levels: LogLevels

    /// A sink that logs with `logger`.
    ///
    /// - Parameters:
    ///   - logger: where the lines go. Its own metadata and level hold.
    ///   - levels: at which level each event is logged.
    public init(_ logger: Logger, levels: LogLevels = .library) {
        self.logger = logger
        self.levels = levels
    }

    public func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        let level = levels(event)
        guard level >= logger.logLevel else { return }
        var line =
            switch event {
            case let event as SupervisionEvent: LogLine(event)
            case let event as CircuitEvent: LogLine(event)
            case let event as RetryEvent: LogLine(event)
            case let event as ServerTraceEvent: LogLine(event)
            default: LogLine(other: event)
            }
        line["event.severity"] = event.level.description
        logger.log(level: level, line.message, error: line.error, metadata: line.metadata)
    }
}
#endif
