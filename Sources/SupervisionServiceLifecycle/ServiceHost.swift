#if ServiceLifecycle
internal import ServiceLifecycle
internal import Supervision

/// The server behind a ``ServiceChild``: its one task runs the service, and it ends when that does.
actor ServiceHost<Hosted: Service>: GenServer {
    struct Message: Sendable {
        var outcome: Result<Void, any Error>
    }

    private let run: ServiceRun

    init(_ service: Hosted) {
        run = ServiceRun(of: service)
    }

    func started(_ context: ServerContext<ServiceHost<Hosted>>) {
        let (run, path, runtime) = (run, context.path, context.runtime)
        context.mainTask {
            try await run.start(as: path, in: runtime)
        } _: {
            Message(outcome: $0)
        }
    }

    func handle(_ message: Message, _ context: ServerContext<ServiceHost<Hosted>>) throws {
        try message.outcome.get()
        throw Exit(.normal)
    }
}

extension ServiceHost: CutOffServer {
    nonisolated func wasCutOff(in runtime: Runtime) {
        run.cancel()
    }
}
#endif
