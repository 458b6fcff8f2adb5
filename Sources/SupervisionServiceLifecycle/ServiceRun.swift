#if ServiceLifecycle
internal import Logging
internal import ServiceLifecycle
internal import Supervision
internal import Synchronization

/// The one run of a service, which its cancellation shuts down gracefully.
///
/// It runs in a service group of its own, as only a group gives a service a graceful shutdown that is not shared with
/// others.
final class ServiceRun: Sendable {
    private enum State {
        case new
        case running(Task<Void, Never>)
        case cancelled
    }

    private let service: any Service
    private let state = Mutex(State.new)
    private let failure = Mutex<(any Error)?>(nil)

    init(of service: any Service) {
        self.service = service
    }

    /// Runs the service, and returns when it has ended. When the task is cancelled, the service is shut down gracefully
    /// and waited for.
    ///
    /// - Throws: what the service throws.
    func start(as name: String, in runtime: Runtime) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup, serviceName: name)
                ],
                logger: .current
            )
        )
        let (shutdown, request) = AsyncStream.makeStream(of: Never.self)
        // Unstructured, so that the cancellation of the waiting task does not reach the service; it is waited for below,
        // or cut off with its child. It inherits, as what it does is the work of the task that waits.
        let work = runtime.spawnForCaller { [self] in
            async let shutdown: Void = {
                for await _ in shutdown {}
                await group.triggerGracefulShutdown()
            }()
            do { try await group.run() } catch { failure.withLock { $0 = error } }
            request.finish()
            await shutdown
        }
        let isCancelled = state.withLock { state in
            if case .cancelled = state { return true }
            state = .running(work)
            return false
        }
        if isCancelled { work.cancel() }
        await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            request.finish()
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    /// Cancels the service, which has not ended in time.
    func cancel() {
        let work = state.withLock { state -> Task<Void, Never>? in
            defer { state = .cancelled }
            if case .running(let work) = state { return work }
            return nil
        }
        work?.cancel()
    }
}
#endif
