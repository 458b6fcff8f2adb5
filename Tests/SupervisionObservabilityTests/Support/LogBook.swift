#if Observability
import InMemoryLogging
import Logging

/// What was logged.
struct LogBook {
    private let handler: InMemoryLogHandler
    let logger: Logger

    init(level: Logger.Level = .trace) {
        var handler = InMemoryLogHandler()
        handler.logLevel = level
        self.handler = handler
        logger = Logger(label: "test") { [handler] _ in handler }
    }

    var entries: [InMemoryLogHandler.Entry] { handler.entries }

    func entries(_ message: Logger.Message) -> [InMemoryLogHandler.Entry] {
        entries.filter { $0.message == message }
    }

    func first(_ message: Logger.Message) -> InMemoryLogHandler.Entry? {
        entries(message).first
    }
}

extension InMemoryLogHandler.Entry {
    subscript(key: String) -> String? { metadata[key]?.description }
}
#endif
