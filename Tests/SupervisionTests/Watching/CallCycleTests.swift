import Supervision
import SupervisionTesting
import Testing

@Suite("Call cycles")
struct CallCycleTests {
    private actor Caller: GenServer {
        enum Message: Sendable { case callSelf }
        private let onStart: (@Sendable (ServerContext<Caller>) async throws -> Void)?
        private(set) var failure: String?
        private(set) var count = 0
        private var context: ServerContext<Caller>?

        init(onStart: (@Sendable (ServerContext<Caller>) async throws -> Void)? = nil) {
            self.onStart = onStart
        }

        func started(_ context: ServerContext<Caller>) async throws {
            self.context = context
            try await onStart?(context)
        }

        func handle(_ message: Message, _ context: ServerContext<Caller>) async {
            do { try await context.ref.call { $0.add() } } catch { failure = "\(error)" }
        }

        func add() { count += 1 }

        /// Calls the others, one through the other.
        func call(_ others: [ServerRef<Caller>]) async throws {
            guard let next = others.first else { return add() }
            let rest = Array(others.dropFirst())
            try await next.call { try await $0.call(rest) }
        }

        /// Calls itself from a task that it does not wait for.
        func callFromElsewhere() {
            guard let ref = context?.ref else { return }
            Task { try await ref.call { $0.add() } }
        }
    }

    private let recorder = EventRecorder()
    private let runtime: Runtime

    init() {
        runtime = Runtime(clock: ManualClock(), events: recorder)
    }

    private func ref(_ name: String) -> ServerRef<Caller> {
        ServerRef(ServerName(name), in: runtime)
    }

    private func start() async throws -> ServerRef<Supervisor> {
        try await Supervisor {
            Child(ServerName<Caller>("a")) { Caller() }
            Child(ServerName<Caller>("b")) { Caller() }
            Child(ServerName<Caller>("c")) { Caller() }
        }.start(in: runtime)
    }

    private func cycle(_ body: () async throws -> Void) async -> [String]? {
        do {
            try await body()
            return nil
        } catch ServerError.callCycle(let path) {
            return path
        } catch {
            return ["\(error)"]
        }
    }

    @Test("S12 a server that calls itself is told so at once")
    func callsItself() async throws {
        _ = try await start()
        let a = ref("a")
        #expect(await cycle { try await a.call { try await $0.call([a]) } } == ["app/a", "app/a"])
        a.cast(.callSelf)
        #expect(try await a.call { $0.failure }?.contains("app/a → app/a") == true)
    }

    @Test("S12 a cycle through several servers names the chain")
    func throughOthers() async throws {
        _ = try await start()
        let (a, b, c) = (ref("a"), ref("b"), ref("c"))
        let path = await cycle { try await a.call { try await $0.call([b, c, a]) } }
        #expect(path == ["app/a", "app/b", "app/c", "app/a"])
        // One that leads past another server and not back is none.
        #expect(await cycle { try await a.call { try await $0.call([b, c]) } } == nil)
        #expect(try await c.call { $0.count } == 1)
    }

    @Test("S12 a task that a handler has started, and does not wait for, may call the server")
    func fromElsewhere() async throws {
        _ = try await start()
        let a = ref("a")
        try await a.call { (server: isolated Caller) async in server.callFromElsewhere() }
        while try await a.call({ $0.count }) == 0 { await Task.yield() }
    }

    @Test("S12 a start that calls its own server fails")
    func fromOwnStart() async throws {
        let supervisor = Supervisor {
            Child("selfish") { Caller { context in try await context.ref.call { $0.add() } } }
        }
        let error = await #expect(throws: SupervisorError.self) { try await supervisor.start(in: runtime) }
        #expect("\(error as Any)".contains("app/selfish → app/selfish"))
    }

    @Test("S12 a start that asks its own supervisor for a change fails, and a question is answered")
    func fromStartToSupervisor() async throws {
        let runtime = runtime
        let supervisor = Supervisor {
            Child("asking") { Caller { _ in _ = try await ServerRef(.app, in: runtime).children() } }
            Child("greedy") { Caller { _ in try await ServerRef(.app, in: runtime).terminateChild("asking") } }
        }
        let error = await #expect(throws: SupervisorError.self) { try await supervisor.start(in: runtime) }
        #expect("\(error as Any)".contains("app → app/greedy → app"))
    }
}
