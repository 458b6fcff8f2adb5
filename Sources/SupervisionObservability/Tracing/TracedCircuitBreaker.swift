#if Observability
public import CircuitBreakers
public import Tracing

/// The circuit of a service as a layer around calls, with a span for each call.
///
/// ```swift
/// CallPolicy {
///     TracedCircuitBreaker(.userAPI)
///     Retry(maxAttempts: 3)
/// }
/// ```
///
/// The span is called `guarded call` and the service, and has `circuit.service`; `circuit.outcome`, which is `success`,
/// `error` or `rejected`; and `circuit.state`, the state after the call. What is inside runs in the span's context, in the
/// caller's task (B1). A call that throws has its error recorded; whether the circuit counts it as a failure is for its
/// policy to say.
public struct TracedCircuitBreaker: CallLayer {
    private let circuit: CircuitBreaker
    private let tracer: (any Tracer)?

    /// A circuit of the application's breakers.
    ///
    /// - Parameters:
    ///   - service: whose circuit it is.
    ///   - tracer: what makes the spans; nil for that of the task, or of `InstrumentationSystem`, at each call.
    public init(_ service: ServiceName, tracer: (any Tracer)? = nil) {
        self.init(CircuitBreaker(service), tracer: tracer)
    }

    /// The same for a circuit of any server.
    public init(_ circuit: CircuitBreaker, tracer: (any Tracer)? = nil) {
        self.circuit = circuit
        self.tracer = tracer
    }

    /// Runs `operation` if the circuit lets it through, in a span.
    ///
    /// - Throws: as `call` of `CircuitBreaker`.
    public func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let tracer: any Tracer = tracer ?? InstrumentationSystem.tracer
        return try await trace(tracer, operation)
    }

    private func trace<Value: Sendable>(
        _ tracer: some Tracer,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let span = tracer.startSpan("guarded call \(circuit.service.rawValue)", ofKind: .client)
        defer { span.end() }
        span.attributes["circuit.service"] = circuit.service.rawValue
        let result: Result<Value, any Error> = await InstrumentationContext.withValue(span.context) {
            do { return .success(try await circuit.call(operation)) } catch { return .failure(error) }
        }
        span.attributes["circuit.outcome"] = Self.outcome(of: result)
        if let state = await circuit.currentState() { span.attributes["circuit.state"] = state.rawValue }
        if case .failure(let error) = result {
            span.recordError(error)
            span.setStatus(SpanStatus(code: .error))
        }
        return try result.get()
    }

    private static func outcome(of result: Result<some Any, any Error>) -> String {
        switch result {
        case .success: "success"
        case .failure(let error as CircuitBreakerError) where error.isRejection: "rejected"
        case .failure: "error"
        }
    }
}
#endif
