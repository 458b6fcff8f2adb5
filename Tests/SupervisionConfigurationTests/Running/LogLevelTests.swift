#if Configuration
import InMemoryLogging
import Logging
import SupervisionConfiguration
import Testing

@Suite("The log level of settings")
struct LogLevelTests {
    @Test("B24 each logger has the level of the settings, at once when it changes, unless it has one of its own")
    func live() async throws {
        let file = try TestFile("log: {level: warning}")
        let settings = try LiveSettings(providers: [file])
        let base = InMemoryLogHandler()
        var logger = Logger(label: "app") { _ in LiveLogHandler(base, settings) }
        logger[metadataKey: "where"] = "here"
        let other = logger
        logger.info("unseen")
        other.warning("seen")
        file.write("log: {level: debug}")
        _ = try await settings.reload()
        logger.debug("seen too")
        var own = logger
        own.logLevel = .error
        own.warning("unseen")
        file.write("log: {level: trace}")
        _ = try await settings.reload()
        own.warning("unseen")
        file.write("other: 1")
        _ = try await settings.reload()
        // As the handler below has it.
        logger.debug("unseen")
        logger.info("seen at last")
        #expect(base.entries.map(\.message) == ["seen", "seen too", "seen at last"])
        #expect(base.entries.allSatisfy { $0.metadata["where"] == "here" })
    }
}
#endif
