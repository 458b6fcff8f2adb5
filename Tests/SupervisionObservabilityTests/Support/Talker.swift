#if Observability
import Logging
import Supervision
import Tracing

/// A server whose code logs and traces wherever it runs.
actor Talker: GenServer {
    enum Message: Sendable { case say(String), work(String), crash, worked }

    func started(_ context: ServerContext<Talker>) {
        Logger.current.info("started")
    }

    func handle(_ message: Message, _ context: ServerContext<Talker>) throws {
        switch message {
        case .say(let text): say(text)
        case .work(let text):
            context.task {
                Logger.current.info("\(text)")
            } _: { _ in
                .worked
            }
        case .crash: throw Broken()
        case .worked: break
        }
    }

    func terminate(reason: ExitReason) {
        Logger.current.info("terminated")
    }

    func say(_ text: String) {
        Logger.current.info("\(text)")
        InstrumentationSystem.tracer.withSpan(text) { _ in }
    }
}

extension ServerName where Server == Talker {
    static let talker: Self = .init("talker")
}

/// A call that keeps its server busy until it is told to end.
struct Occupation {
    private let begun = AsyncStream.makeStream(of: Never.self)
    private let over = AsyncStream.makeStream(of: Never.self)

    /// Runs `body` while the server is busy.
    func of<Server: GenServer>(_ server: ServerRef<Server>, while body: () async throws -> Void) async throws {
        let (begun, over) = (begun, over)
        async let call: Void = server.call { _ in
            begun.continuation.finish()
            for await _ in over.stream {}
        }
        for await _ in begun.stream {}
        try await body()
        over.continuation.finish()
        try await call
    }

    func end() { over.continuation.finish() }
}
#endif
