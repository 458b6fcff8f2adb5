#if ServiceLifecycle
import Logging
import ServiceLifecycle
import Supervision
import SupervisionServiceLifecycle
import SupervisionTesting
import Synchronization
import Testing

/// Services as children of a supervisor.
struct ServiceChildTests {
    private let recorder = EventRecorder()
    private let clock = ManualClock()
    private let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, events: recorder)
    }

    private func service(_ name: String) -> ServiceChild {
        ServiceChild(ChildID(stringLiteral: name)) { TestService(name, in: runtime) }
    }

    @Test("A service that traps when it is run twice is made anew at each restart")
    func isMadeAnew() async throws {
        let lives = Atomic(0)
        let tree = try await Supervisor {
            ServiceChild("api") {
                let life = lives.add(1, ordering: .relaxed).newValue
                return TestService("api", in: runtime) { service in
                    if life < 3 { throw Broken() }
                    try await service.runUntilShutdown()
                }
            }
        }.start(in: runtime)
        await recorder.waitFor(3) { $0.description == "api runs" }
        try await tree.stop()
        // The service runs beside the tree, so that their events are compared apart.
        #expect(
            recorder.lines.filter { !$0.hasPrefix("app") } == [
                "api runs", "api runs", "api runs", "api shuts down", "api has returned",
            ]
        )
        #expect(
            recorder.lines.filter { $0.hasPrefix("app/") } == [
                "app/api started",
                "app/api crashed: Broken(); restarts now", "app/api restarted, life 2",
                "app/api crashed: Broken(); restarts now", "app/api restarted, life 3",
                "app/api stopped",
            ]
        )
    }

    @Test("R50 Services are shut down gracefully one by one, in reverse order")
    func oneByOne() async throws {
        let gate = Gate()
        let tree = try await Supervisor {
            service("first")
            Worker("between") { try await Runtime.current.sleep(for: .seconds(1_000_000)) }
            ServiceChild("second") {
                TestService("second", in: runtime) { service in
                    try await service.runUntilShutdown()
                    await gate.pass()
                }
            }
        }.start(in: runtime)
        await recorder.waitFor(line: "first runs")
        await recorder.waitFor(line: "second runs")
        async let stopping: Void = tree.stop()
        await recorder.waitFor(line: "second shuts down")
        #expect(!recorder.lines.contains("first shuts down"))
        gate.open()
        try await stopping
        let end = recorder.lines.drop { $0 != "second shuts down" }
        #expect(
            Array(end) == [
                "second shuts down", "second has returned", "app/second stopped", "app/between stopped",
                "first shuts down", "first has returned", "app/first stopped", "app stopped (normal)",
            ]
        )
    }

    @Test("S3 A service that has not shut down in its time is cancelled and given up")
    func isCancelledAtLast() async throws {
        let tree = try await Supervisor {
            ServiceChild("deaf", shutdown: .timeout(.seconds(30))) {
                TestService("deaf", in: runtime) { service in
                    await Gate().pass()
                    service.note(Task.isCancelled ? "is cancelled" : "goes on")
                }
            }
        }.start(in: runtime)
        await recorder.waitFor(line: "deaf runs")
        async let stopping: Void = tree.stop()
        await clock.waitForSleepers(1)
        clock.advance(by: .seconds(30))
        try await stopping
        await recorder.waitFor(line: "deaf is cancelled")
        await recorder.waitFor { $0.description.contains("has ended at last") }
        #expect(recorder.lines.contains { $0.hasPrefix("app/deaf did not stop within 30 s") })
    }

    @Test("R52 A service that is to be killed gets no graceful shutdown")
    func isKilled() async throws {
        let tree = try await Supervisor {
            ServiceChild("short", shutdown: .brutalKill) {
                TestService("short", in: runtime) { service in
                    do {
                        try await service.runUntilShutdown()
                    } catch is CancellationError {
                        service.note("is cancelled")
                    }
                }
            }
        }.start(in: runtime)
        await recorder.waitFor(line: "short runs")
        try await tree.stop()
        await recorder.waitFor(line: "short is cancelled")
        #expect(!recorder.lines.contains("short shuts down"))
    }

    @Test("R20 A service that returns has ended normally")
    func returns() async throws {
        let tree = try await Supervisor {
            ServiceChild("once", restart: .transient) { TestService("once", in: runtime) { _ in } }
        }.start(in: runtime)
        await recorder.waitFor(line: "app/once ended (normal); stays down")
        try await tree.stop()
    }

    @Test("R53 What a service throws while it shuts down is reported")
    func failsInItsShutdown() async throws {
        let tree = try await Supervisor {
            ServiceChild("leaky") {
                TestService("leaky", in: runtime) { service in
                    try await service.runUntilShutdown()
                    throw Broken()
                }
            }
        }.start(in: runtime)
        await recorder.waitFor(line: "leaky runs")
        try await tree.stop()
        #expect(recorder.lines.contains("app/leaky ended badly while it was being stopped: Broken()"))
    }

    @Test("R13 A service that cannot be made is a failed start")
    func cannotBeMade() async throws {
        let tree = Supervisor {
            service("first")
            ServiceChild("port") { () -> TestService in throw Broken() }
        }
        await #expect(throws: SupervisorError.self) { try await tree.start(in: runtime) }
        #expect(recorder.lines.contains("app/port failed to start: Broken()"))
    }

    @Test("A tree in a group shuts its services down one by one as well, and only when their turn has come")
    func inAGroup() async throws {
        let tree = Supervisor {
            service("inner first")
            service("inner second")
        }
        let logger = Logger(label: "group") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(services: [TestService("outer", in: runtime)], logger: logger)
        await group.addServiceUnlessShutdown(tree.service(in: runtime))
        async let running: Void = group.run()
        for name in ["outer", "inner first", "inner second"] { await recorder.waitFor(line: "\(name) runs") }
        await group.triggerGracefulShutdown()
        try await running
        let shutdowns = recorder.lines.filter { $0.hasSuffix("shuts down") }
        #expect(shutdowns == ["inner second shuts down", "inner first shuts down", "outer shuts down"])
    }
}
#endif
