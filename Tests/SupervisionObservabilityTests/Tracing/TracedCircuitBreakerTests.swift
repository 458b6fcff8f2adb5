#if Observability
import CircuitBreakers
import InMemoryTracing
import Supervision
import SupervisionObservability
import SupervisionTesting
import Testing
import Tracing

/// Spans of guarded calls.
struct TracedCircuitBreakerTests {
    private let tracer = InMemoryTracer(idGenerator: .incrementing)
    private let breaker: CircuitBreakerServer

    init() {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(1)
        breaker = CircuitBreakerServer(policy: policy)
    }

    private var layer: TracedCircuitBreaker {
        TracedCircuitBreaker(CircuitBreaker("rates", of: breaker), tracer: tracer)
    }

    private func attributes(_ span: FinishedInMemorySpan) -> [SpanAttribute?] {
        ["circuit.service", "circuit.outcome", "circuit.state"].map { span.attributes.get($0) }
    }

    @Test("B1 A guarded call is a span with its outcome and the state, and what is guarded runs in it")
    func success() async throws {
        let value = try await tracer.withSpan("outside") { _ in
            try await layer.call { [tracer] in tracer.withSpan("inside") { _ in 7 } }
        }
        #expect(value == 7)
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["inside", "guarded call rates", "outside"])
        #expect(spans[0].parentSpanID == spans[1].spanID)
        #expect(spans[1].parentSpanID == spans[2].spanID)
        #expect(attributes(spans[1]) == ["rates", "success", "closed"])
        #expect(spans[1].kind == .client)
    }

    @Test("B7 B8 One that throws, and one that is rejected")
    func failures() async throws {
        await #expect(throws: Broken.self) { try await layer.call { throw Broken() } }
        await #expect(throws: CircuitBreakerError.self) { try await layer.call { 1 } }
        let spans = tracer.finishedSpans
        #expect(spans.map(attributes) == [["rates", "error", "open"], ["rates", "rejected", "open"]])
        #expect(spans.map(\.status?.code) == [.error, .error])
        #expect(spans[0].errors.first?.error is Broken)
    }

    @Test("Of the application's breakers, with the tracer of the task")
    func application() async throws {
        let runtime = Runtime(events: SilentSink())
        let tree = try await Supervisor { [breaker] in Child(.circuitBreakers) { breaker } }.start(in: runtime)
        try await runtime.run {
            try await withTracer(tracer) {
                try await CallPolicy { TracedCircuitBreaker("rates") }.call {}
            }
        }
        try await tree.stop()
        #expect(tracer.finishedSpans.map(attributes) == [["rates", "success", "closed"]])
    }

    @Test("Where no server runs the span has the error, and no state")
    func noServer() async throws {
        let runtime = Runtime(events: SilentSink())
        _ = await runtime.run {
            await #expect(throws: CircuitBreakerError.self) {
                try await TracedCircuitBreaker("rates", tracer: tracer).call {}
            }
        }
        #expect(tracer.finishedSpans.map(attributes) == [["rates", "error", nil]])
    }
}
#endif
