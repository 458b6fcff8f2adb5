#if Observability
import InMemoryTracing
import Logging
import MetricsTestKit
import Supervision
import SupervisionObservability
import SupervisionTesting
import Testing
import Tracing

/// Spans of calls across the mailbox.
struct CallSpanTests {
    private let tracer = InMemoryTracer(idGenerator: .incrementing)
    private let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

    private func runtime(tracer: InMemoryTracer?) -> Runtime {
        Runtime(logger: quiet, tracer: tracer, clock: ManualClock())
    }

    private func withTalker(
        tracer: InMemoryTracer?,
        _ body: (ServerRef<Talker>) async throws -> Void
    ) async throws {
        let runtime = runtime(tracer: tracer)
        let tree = try await Supervisor { Child(.talker) { Talker() } }.start(in: runtime)
        try await withTracer(self.tracer) { try await body(ServerRef(.talker, in: runtime)) }
        try await tree.stop()
    }

    private func span(_ name: String) throws -> FinishedInMemorySpan {
        try #require(tracer.finishedSpans.first { $0.operationName == name })
    }

    /// Each way of a call; the body starts a span of its own.
    enum Way: CaseIterable {
        case visit, queued, async, deferred

        func call(_ talker: ServerRef<Talker>, _ tracer: InMemoryTracer) async throws {
            let speak: @Sendable () -> Void = { tracer.withSpan("inside") { _ in } }
            switch self {
            case .visit: try await talker.call { _ in speak() }
            case .queued:
                let occupation = Occupation()
                try await occupation.of(talker) {
                    async let call: Void = talker.call { _ in speak() }
                    async let behind: Void = talker.call { _ in occupation.end() }
                    occupation.end()
                    _ = try await (call, behind)
                }
            case .async: try await talker.call { _ async in speak() }
            case .deferred:
                _ = try await talker.call { (_, reply: Reply<Int>) in
                    speak()
                    reply(1)
                }
            }
        }
    }

    @Test("A call is a span, and its body runs in it", arguments: Way.allCases)
    func spans(_ way: Way) async throws {
        try await withTalker(tracer: tracer) { talker in
            try await tracer.withSpan("outside") { _ in try await way.call(talker, tracer) }
        }
        let outside = try span("outside")
        let inside = try span("inside")
        let call = try #require(tracer.finishedSpans.first { $0.spanID == inside.parentSpanID })
        #expect(call.operationName == "call Talker")
        #expect(call.parentSpanID == outside.spanID)
        #expect(call.traceID == outside.traceID)
        #expect(call.attributes.get("supervision.path") == "app/talker")
        #expect(call.attributes.get("supervision.incarnation") == 1)
        #expect(call.status == nil)
        #expect(tracer.activeSpans.isEmpty)
    }

    @Test("Without a tracer the body runs in the caller's context", arguments: Way.allCases)
    func carriesContext(_ way: Way) async throws {
        try await withTalker(tracer: nil) { talker in
            try await tracer.withSpan("outside") { _ in try await way.call(talker, tracer) }
        }
        #expect(try span("inside").parentSpanID == span("outside").spanID)
        #expect(!tracer.finishedSpans.contains { $0.operationName.hasPrefix("call") })
    }

    @Test("What a call throws is told by its span, and thrown")
    func errors() async throws {
        try await withTalker(tracer: tracer) { talker in
            await #expect(throws: Broken.self) { try await talker.call { _ in throw Broken() } }
            await #expect(throws: ServerError.self) { try await talker.call { _ in throw Exit(.error(Broken())) } }
            try await talker.call { _ in }
        }
        let calls = tracer.finishedSpans
        #expect(calls.map(\.status?.code) == [.error, .error, nil])
        #expect(calls.first?.errors.first?.error is Broken)
        #expect(calls.last?.attributes.get("supervision.incarnation") == 2)
    }

    @Test("Calls to supervisors are no spans")
    func supervisors() async throws {
        let runtime = runtime(tracer: tracer)
        let tree = try await Supervisor { Child(.talker) { Talker() } }.start(in: runtime)
        _ = try await tree.tree()
        try await tree.terminateChild("talker")
        try await tree.stop()
        #expect(tracer.finishedSpans.isEmpty)
    }

    @Test("The time that a server is at each message is recorded", arguments: [false, true])
    func handlerTime(_ isBusy: Bool) async throws {
        let metrics = TestMetrics()
        let clock = ManualClock()
        let runtime = Runtime(logger: quiet, metrics: MetricsSink(factory: metrics), clock: clock)
        let tree = try await Supervisor { Child(.talker) { Talker() } }.start(in: runtime)
        let talker = ServerRef(.talker, in: runtime)
        if isBusy { talker.cast(.say("hello")) }
        try await talker.call { _ in clock.advance(by: .milliseconds(3)) }
        try await talker.call { _ async in clock.advance(by: .milliseconds(4)) }
        try await tree.stop()
        let timer = try metrics.expectTimer("supervision.handler.time", [("child", "app/talker")])
        #expect(timer.values.filter { $0 > 0 } == [3_000_000, 4_000_000])
        #expect(timer.values.count == (isBusy ? 3 : 2))
    }

    @Test("Many callers at once are served one at a time, as without anything around them")
    func manyCallers() async throws {
        let runtime = runtime(tracer: tracer)
        let tree = try await Supervisor { Child(.till) { Till() } }.start(in: runtime)
        let till = ServerRef(.till, in: runtime)
        let results = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<500 {
                group.addTask { try await till.call { $0.add(1) } }
                group.addTask { try await till.call { server async in server.add(1) } }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(results == Set(1...1_000))
        #expect(tracer.finishedSpans.count == 1_000)
        #expect(tracer.activeSpans.isEmpty)
        try await tree.stop()
    }

    @Test("What a visitor has cast is handled alone: nobody visits the server meanwhile")
    func castByVisitor() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Never.self)
        let (over, end) = AsyncStream.makeStream(of: Never.self)
        let runtime = runtime(tracer: tracer)
        let tree = try await Supervisor {
            Child(.holder) { Holder(begin: begin, over: over) }
        }.start(in: runtime)
        let holder = ServerRef(.holder, in: runtime)
        try await holder.call { _ in holder.cast(.hold) }
        for await _ in begun {}
        // One that is let in is served although it is cancelled; one that waits is not.
        let call = Task { try await holder.call { $0.isHolding } }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        end.finish()
        #expect(try await holder.call { $0.isHolding } == false)
        try await tree.stop()
    }
}

/// A server that is at its message until it is told that it is over.
private actor Holder: GenServer {
    enum Message: Sendable { case hold }
    private let begin: AsyncStream<Never>.Continuation
    private let over: AsyncStream<Never>
    private(set) var isHolding = false

    init(begin: AsyncStream<Never>.Continuation, over: AsyncStream<Never>) {
        self.begin = begin
        self.over = over
    }

    func handle(_ message: Message, _ context: ServerContext<Holder>) async {
        isHolding = true
        begin.finish()
        for await _ in over {}
        isHolding = false
    }
}

extension ServerName where Server == Holder {
    fileprivate static let holder: Self = .init("holder")
}
#endif
