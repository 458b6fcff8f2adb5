#if Observability
internal import Logging
internal import Supervision
internal import Tracing

/// Binds the logger and the tracing context around the code of servers.
///
/// The tasks of a tree are detached, so that they see nothing of whoever happened to cause them. What they should see is
/// bound again here.
struct ServerContextKeeper: Surroundings {
    let logger: Logger
    let metrics: MetricsSink?
    let tracer: (any Tracer)?

    func runTask<Value, Failure: Error>(
        of server: SurroundedServer,
        _ task: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withLogger(logger.inside(server)) { _ in
            do throws(Failure) { return .success(try await task()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    func runCall<Value: Sendable>(
        of server: SurroundedServer,
        _ send: (any SurroundedCall) async throws -> Value
    ) async throws -> Value {
        let current = Logger.current
        // What nobody has bound has no label; its lines would go nowhere in particular.
        let call = CallContext(server: server, logger: current.label.isEmpty ? logger : current, context: .current)
        guard let tracer else { return try await send(call) }
        return try await Self.trace(call, with: tracer, send)
    }

    private static func trace<Value: Sendable>(
        _ call: CallContext,
        with tracer: some Tracer,
        _ send: (any SurroundedCall) async throws -> Value
    ) async throws -> Value {
        let span = tracer.startSpan("call \(call.server.kind)")
        defer { span.end() }
        span.attributes["supervision.path"] = call.server.path
        var call = call
        call.context = span.context
        call.span = span
        do {
            return try await send(call)
        } catch {
            span.recordError(error)
            span.setStatus(SpanStatus(code: .error))
            throw error
        }
    }

    func handledMessage(at server: SurroundedServer, in time: Duration) {
        metrics?.handledMessage(at: server.path, in: time)
    }
}

/// What the body of a call runs in, whichever task it runs in.
private struct CallContext: SurroundedCall {
    let server: SurroundedServer
    let logger: Logger
    var context: InstrumentationContext?
    var span: (any Span)?

    /// The logger for the life that takes the call.
    private func begin(in incarnation: Int) -> Logger {
        var server = server
        server.incarnation = incarnation
        span?.attributes["supervision.incarnation"] = incarnation
        return logger.inside(server)
    }

    func run<Value, Failure: Error>(
        in incarnation: Int,
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let result: Result<Value, Failure> = withLogger(begin(in: incarnation)) { _ in
            InstrumentationContext.withValue(context) {
                do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
            }
        }
        return try result.get()
    }

    func run<Value, Failure: Error>(
        in incarnation: Int,
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withLogger(begin(in: incarnation)) { _ in
            await InstrumentationContext.withValue(context) {
                do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
            }
        }
        return try result.get()
    }
}

extension Logger {
    /// The same logger for the code of a server.
    fileprivate func inside(_ server: SurroundedServer) -> Logger {
        var logger = self
        logger[metadataKey: "supervision.path"] = "\(server.path)"
        logger[metadataKey: "supervision.child"] = "\(server.id)"
        logger[metadataKey: "supervision.incarnation"] = "\(server.incarnation)"
        return logger
    }
}
#endif
