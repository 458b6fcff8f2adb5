#if ServiceLifecycle
import ServiceLifecycle
import Supervision
import Synchronization

/// A service that tells the runtime's sink what becomes of it, and traps when it is run twice, as the field's own do.
final class TestService: Service {
    private let name: String
    private let runtime: Runtime
    private let body: @Sendable (TestService) async throws -> Void
    private let hasRun = Atomic(false)

    /// A service that runs until its graceful shutdown, or does what `body` says.
    init(
        _ name: String,
        in runtime: Runtime,
        body: @escaping @Sendable (TestService) async throws -> Void = { try await $0.runUntilShutdown() }
    ) {
        self.name = name
        self.runtime = runtime
        self.body = body
    }

    func run() async throws {
        precondition(!hasRun.exchange(true, ordering: .relaxed), "run() is called twice")
        note("runs")
        try await body(self)
        note("has returned")
    }

    func runUntilShutdown() async throws {
        try await gracefulShutdown()
        note("shuts down")
    }

    func note(_ text: String) {
        runtime.emit(Note(description: "\(name) \(text)"))
    }
}

/// What a service has to tell.
struct Note: RuntimeEvent {
    var description: String
    var level: EventLevel { .info }
}

/// Holds up whoever waits until it is opened.
struct Gate: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Never.self)
    }

    func open() {
        continuation.finish()
    }

    /// Suspends until the gate is open, or the task is cancelled.
    func pass() async {
        for await _ in stream {}
    }
}

struct Broken: Error {}
#endif
