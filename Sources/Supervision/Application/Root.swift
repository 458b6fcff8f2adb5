internal import Synchronization

/// The parent of a tree's topmost supervisor: it waits for its start and its end, and restarts nothing.
final class Root<Top: SupervisingServer>: Sendable {
    private enum State {
        case new
        case starting(UnsafeContinuation<Void, any Error>?)
        case running
        case ended
    }

    // The continuation is resumed exactly once: by the first event, which moves the state on from `starting`.
    private let state = Mutex(State.new)
    let place: ServerPlace<Top>
    private let link: Link

    /// Tells the root of its place's events. The two need each other, so one of them is filled in late.
    private final class Link: PlaceParent, @unchecked Sendable {
        // Unchecked because of the class that it comes from; it has a lock and nothing else.
        let root = Mutex<Root<Top>?>(nil)

        override func place(_ key: ChildKey, did event: PlaceEvent) -> Bool {
            guard let root = root.withLock({ $0 }) else { return false }
            root.place(did: event)
            return true
        }
    }

    /// - Throws: ``SupervisorError/startedBefore``.
    init(_ supervisor: Top, as id: ChildID, in runtime: Runtime) throws(SupervisorError) {
        guard supervisor.life.claim() else { throw .startedBefore }
        let link = Link()
        self.link = link
        place = ServerPlace(
            PlaceSetup(
                runtime: runtime,
                id: id,
                settings: PlaceSettings(shutdown: .infinity),
                parent: link,
                key: ChildKey(number: 0),
                isSelfManaged: true
            )
        ) { supervisor }
        link.root.withLock { $0 = self }
        // Left to the tree that has it when several of one id live in a runtime: nothing depends on it.
        _ = runtime.names.claim(id.description, for: place)
    }

    /// Starts the tree. When the task is cancelled, the tree is told to stop, and the start throws its `Exit`.
    func start() async throws {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                state.withLock { $0 = .starting(continuation) }
                place.start(.single)?.spawn()
                // Cancelled before there was anything to stop.
                if Task.isCancelled { place.exit(.shutdown, of: nil) }
            }
        } onCancel: {
            place.exit(.shutdown, of: nil)
        }
        // Cancelled when it had just started.
        if Task.isCancelled {
            place.exit(.shutdown, of: nil)
            throw Exit(await place.waitForExit() ?? .shutdown)
        }
    }

    /// Waits for the end of the tree. When the task is cancelled, the tree is told to stop, and waited for.
    func waitForEnd() async -> ExitReason {
        await withTaskCancellationHandler {
            await place.waitForExit() ?? .normal
        } onCancel: {
            place.exit(.shutdown, of: nil)
        }
    }

    private func place(did event: PlaceEvent) {
        switch event {
        case .started(let incarnation, _):
            emit(.started(incarnation: incarnation, onRequest: false))
            move(to: .running, .success(()))
        case .startFailed(_, let error):
            emit(.startFailed(error, willRetry: false))
            end(.failure(error))
        case .ended(_, let reason, _, _):
            emit(reason.isClean ? .stopped(reason) : .ended(reason, next: .staysDown))
            end(.failure(Exit(reason)))
        case .strayEnded: emit(.zombieEnded)
        }
    }

    private func emit(_ kind: SupervisionEvent.Kind) {
        place.runtime.emit(place.event(kind))
    }

    private func end(_ result: Result<Void, any Error>) {
        place.close()
        place.runtime.names.release(place.id.description, of: place)
        move(to: .ended, result)
        // Nothing happens in the place any more; this lets the two go.
        link.root.withLock { $0 = nil }
    }

    private func move(to next: State, _ result: Result<Void, any Error>) {
        let continuation: UnsafeContinuation<Void, any Error>? = state.withLock { state in
            defer { state = next }
            if case .starting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(with: result)
    }
}
