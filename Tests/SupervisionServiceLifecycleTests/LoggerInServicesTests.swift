#if ServiceLifecycle && Observability
import InMemoryLogging
import Logging
import ServiceLifecycle
import Supervision
import SupervisionObservability
import SupervisionServiceLifecycle
import SupervisionTesting
import Testing

/// What `Logger.current` is in a service that is a child, with both traits on.
struct LoggerInServicesTests {
    @Test("The tasks of a tree in a group see the runtime's logger, with their path, and not the group's")
    func carriesThePath() async throws {
        let handler = InMemoryLogHandler()
        let recorder = EventRecorder()
        let runtime = Runtime(
            logger: Logger(label: "tree") { _ in handler },
            levels: LogLevels { _ in .trace },
            others: [recorder]
        )
        let tree = Supervisor {
            ServiceChild("api") {
                TestService("api", in: runtime) { service in
                    Logger.current.info("serving")
                    try await service.runUntilShutdown()
                    Logger.current.info("served")
                }
            }
        }
        let group = ServiceGroup(
            services: [tree.service(in: runtime)],
            logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withLogger(Logger(label: "other") { _ in SwiftLogNoOpLogHandler() }) { _ in
            async let running: Void = group.run()
            await recorder.waitFor(line: "api runs")
            await group.triggerGracefulShutdown()
            try await running
        }
        #expect(handler.entries.map(\.message) == ["serving", "served"])
        for entry in handler.entries {
            #expect(entry.metadata["supervision.path"] == "app/api")
            #expect(entry.metadata["supervision.incarnation"] == "1")
        }
    }
}
#endif
