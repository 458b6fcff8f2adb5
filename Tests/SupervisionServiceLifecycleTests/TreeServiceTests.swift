#if ServiceLifecycle
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Supervision
import SupervisionServiceLifecycle
import SupervisionTesting
import Testing

/// Trees as services of a group.
struct TreeServiceTests {
    private let recorder = EventRecorder()
    private let runtime: Runtime
    private let logger = Logger(label: "group") { _ in SwiftLogNoOpLogHandler() }

    init() {
        runtime = Runtime(events: recorder)
    }

    private func worker(_ id: ChildID) -> Worker {
        Worker(id) { try await Runtime.current.sleep(for: .seconds(1_000_000)) }
    }

    @Test("R50 A group's graceful shutdown stops a tree's children in reverse order, between the other services")
    func shutsDownInOrder() async throws {
        let tree = Supervisor {
            worker("first")
            worker("second")
        }
        let group = ServiceGroup(
            services: [TestService("database", in: runtime), tree, TestService("frontend", in: runtime)],
            logger: logger
        )
        try await runtime.run {
            async let running: Void = group.run()
            await recorder.waitFor(line: "database runs")
            await recorder.waitFor(line: "app started")
            await recorder.waitFor(line: "frontend runs")
            await group.triggerGracefulShutdown()
            try await running
        }
        let end = recorder.lines.drop { $0 != "frontend shuts down" }
        #expect(
            Array(end) == [
                "frontend shuts down", "frontend has returned", "app/second stopped", "app/first stopped",
                "app stopped", "database shuts down", "database has returned",
            ]
        )
    }

    @Test("R50 The same for a tree with an id and a runtime of its own, and for the other kinds of supervisors")
    func namesItsTree() async throws {
        let group = ServiceGroup(
            services: [
                Supervisor { worker("one") }.service(as: "plain", in: runtime),
                DynamicSupervisor().service(as: "dynamic", in: runtime),
                PartitionSupervisor(partitions: 2) { Idle() }.service(as: "parts", in: runtime),
            ],
            logger: logger
        )
        async let running: Void = group.run()
        for id in ["plain", "dynamic", "parts"] { await recorder.waitFor(line: "\(id) started") }
        await group.triggerGracefulShutdown()
        try await running
        let ends = recorder.lines.filter { ["plain stopped", "dynamic stopped", "parts stopped"].contains($0) }
        #expect(ends == ["parts stopped", "dynamic stopped", "plain stopped"])
    }

    @Test("R33 A tree that gives up ends the group with its error")
    func givesUp() async throws {
        let tree = Supervisor(intensity: .init(0, within: .seconds(5))) {
            Worker("broken") { throw Broken() }
        }
        let group = ServiceGroup(
            services: [TestService("database", in: runtime), tree.service(in: runtime)],
            logger: logger
        )
        let error = await #expect(throws: SupervisorError.self) { try await group.run() }
        guard case .reachedMaximumIntensity = error else {
            return #expect(Bool(false), "the group ended with \(String(describing: error))")
        }
    }

    @Test("S8 A graceful shutdown while the tree starts stops what has been started")
    func shutDownInTheStart() async throws {
        let gate = Gate()
        let tree = Supervisor {
            worker("first")
            Child("slow") {
                runtime.emit(Note(description: "slow begins"))
                await gate.pass()
                try Task.checkCancellation()
                return Idle()
            }
        }
        try await testGracefulShutdown { trigger in
            async let running: Void = tree.service(in: runtime).run()
            await recorder.waitFor(line: "slow begins")
            trigger.triggerGracefulShutdown()
            try await running
        }
        #expect(recorder.lines.contains("app/first stopped"))
        #expect(!recorder.lines.contains("app started"))
    }

    @Test("What runs in a tree does not see the group's graceful shutdown: it ends when its turn has come")
    func hidesTheShutdown() async throws {
        let gate = Gate()
        let tree = Supervisor {
            Child("first") { Idle { runtime.emit(Note(description: "first sees \(Task.isShuttingDownGracefully)")) } }
            Child("second") { Idle { await gate.pass() } }
        }
        try await testGracefulShutdown { trigger in
            async let running: Void = tree.service(in: runtime).run()
            await recorder.waitFor(line: "app started")
            trigger.triggerGracefulShutdown()
            gate.open()
            try await running
        }
        #expect(recorder.lines.contains("first sees false"))
    }

    @Test("An instance is a service once")
    func runsOnce() async throws {
        let tree = Supervisor { worker("first") }
        try await testGracefulShutdown { trigger in
            trigger.triggerGracefulShutdown()
            try await tree.service(in: runtime).run()
        }
        let again = tree.service(in: runtime)
        let error = await #expect(throws: SupervisorError.self) { try await again.run() }
        guard case .startedBefore = error else {
            return #expect(Bool(false), "the second run ended with \(String(describing: error))")
        }
    }
}

/// A server that waits for messages that do not come.
actor Idle: GenServer {
    private let cleanUp: @Sendable () async -> Void

    init(cleanUp: @escaping @Sendable () async -> Void = {}) {
        self.cleanUp = cleanUp
    }

    func terminate(reason: ExitReason) async {
        await cleanUp()
    }
}
#endif
