#if Observability
import CircuitBreakers
import InMemoryLogging
import Logging
import Supervision
import SupervisionObservability
import SupervisionTesting
import Testing

/// Events as lines of swift-log.
struct LogSinkTests {
    private let book = LogBook()
    private let clock = ManualClock()

    private func runtime(_ levels: LogLevels = .library) -> Runtime {
        Runtime(clock: clock, events: LogSink(book.logger, levels: levels))
    }

    @Test("A crash and its restart are lines with constant messages, and with the child in their metadata")
    func crash() async throws {
        let runtime = runtime()
        let tree = try await Supervisor(strategy: .restForOne) { Child(.till) { Till() } }.start(in: runtime)
        let till = ServerRef(.till, in: runtime)
        till.cast(.crash)
        _ = try await till.call { $0.total }
        try await tree.stop()

        let crash = try #require(book.first("Child crashed"))
        #expect(crash.level == .info)
        #expect(crash.error is Broken)
        #expect(crash["supervision.path"] == "app/till")
        #expect(crash["supervision.child"] == "till")
        #expect(crash["supervision.kind"] == "Till")
        #expect(crash["supervision.supervisor"] == "app")
        #expect(crash["supervision.incarnation"] == "1")
        #expect(crash["supervision.restart"] == "permanent")
        #expect(crash["supervision.reason"] == "Broken()")
        #expect(crash["supervision.next"] == "restarts now")
        #expect(crash["supervision.message"] == "cast Message")
        #expect(crash["event.severity"] == "error")
        let restart = try #require(book.first("Child restarted"))
        #expect(restart.level == .debug)
        #expect(restart["supervision.incarnation"] == "2")
        #expect(book.entries("Child stopped").map { $0["supervision.path"] } == ["app/till", "app"])
    }

    @Test("An application has errors logged as errors if it wants to")
    func levels() {
        let event = SupervisionEvent(
            path: "app/till",
            child: .worker,
            kind: .ended(.error(Broken()), next: .restartsNow)
        )
        runtime(.library).emit(event)
        runtime(.application).emit(event)
        runtime(LogLevels { _ in .critical }).emit(event)
        #expect(book.entries.map(\.level) == [.info, .error, .critical])
        #expect(book.entries.allSatisfy { $0["event.severity"] == "error" })
    }

    @Test("No level of the library's own choice is above info", arguments: EventLevel.allCases)
    func libraryLevels(_ level: EventLevel) {
        runtime().emit(Weighed(level: level))
        #expect(book.entries.count == 1)
        #expect(book.entries.allSatisfy { $0.level <= .info })
    }

    @Test("The logger's own level and metadata hold")
    func respectsTheLogger() {
        let quiet = LogBook(level: .info)
        var logger = quiet.logger
        logger[metadataKey: "host"] = "a"
        let runtime = Runtime(events: LogSink(logger))
        runtime.emit(Weighed(level: .info))
        runtime.emit(Weighed(level: .warning))
        #expect(quiet.entries.map { $0["event.severity"] } == ["warning"])
        #expect(quiet.entries.first?["host"] == "a")
    }

    @Test("B26 A circuit that opens tells its states, the reason and the counts")
    func circuit() async throws {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(2)
        policy.openDuration = .constant(.seconds(30))
        let runtime = runtime()
        let tree = try await Supervisor { [policy] in
            Child(.circuitBreakers) { CircuitBreakerServer(policy: policy) }
        }.start(in: runtime)
        await runtime.run {
            for _ in 0..<3 { try? await CircuitBreakerServer.call("rates") { throw Broken() } }
        }
        try await tree.stop()
        let change = try #require(book.first("Circuit changed"))
        #expect(change.level == .info)
        #expect(change["circuit.service"] == "rates")
        #expect(change["circuit.state.from"] == "closed")
        #expect(change["circuit.state"] == "open")
        #expect(change["circuit.open.for"] == "30 s")
        #expect(change["circuit.failures"] == "2")
        #expect(book.first("Circuit rejected calls")?["circuit.reason"] == "open")
    }

    @Test("An event of one's own keeps its text, and long text is cut off")
    func otherEvents() throws {
        runtime().emit(Weighed(level: .info, description: String(repeating: "x", count: 5_000)))
        let line = try #require(book.first("Event"))
        #expect(line["event.type"] == "Weighed")
        #expect(line["event.description"]?.count == 1_001)
    }

    @Test("S13 A message's contents stay out of the log")
    func tellsNoSecrets() async throws {
        let runtime = runtime()
        let tree = try await Supervisor { Child(.safe) { Safe() } }.start(in: runtime)
        ServerRef(.safe, in: runtime).cast("secret")
        _ = try await ServerRef(.safe, in: runtime).call { _ in }
        try await tree.stop()
        #expect(book.first("Child crashed") != nil)
        #expect(!book.entries.contains { "\($0)".contains("secret") })
    }
}

private struct Weighed: RuntimeEvent {
    var level: EventLevel
    var description = "something"
}

private actor Safe: GenServer {
    typealias Message = String

    func handle(_ message: String, _ context: ServerContext<Safe>) throws {
        throw Broken()
    }
}

extension ServerName where Server == Safe {
    fileprivate static let safe: Self = .init("safe")
}
#endif
