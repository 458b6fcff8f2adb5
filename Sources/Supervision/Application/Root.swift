internal import Synchronization

/// The parent of a tree's topmost supervisor: it waits for its start and its end, and restarts nothing.
final class Root: PlaceParent {
    private enum State {
        case new
        case starting(UnsafeContinuation<Void, any Error>?)
        case running
        case ended
    }

    // The continuation is resumed exactly once: by the first event, which moves the state on from `starting`.
    private let state = Mutex(State.new)
    let place: ServerPlace<Supervisor>
    private let link: Link

    /// Tells the root of its place's events. The two need each other, so one of them is filled in late.
    private final class Link: PlaceParent {
        let root = Mutex<Root?>(nil)

        func place(_ key: ChildKey, did event: PlaceEvent) {
            root.withLock { $0 }?.place(key, did: event)
        }
    }

    /// - Throws: ``SupervisorError/startedBefore``.
    init(_ supervisor: Supervisor, as id: ChildID, in runtime: Runtime) throws(SupervisorError) {
        guard !supervisor.isClaimed.exchange(true, ordering: .relaxed) else { throw .startedBefore }
        let link = Link()
        self.link = link
        place = ServerPlace(
            runtime: runtime,
            id: id,
            path: id.description,
            name: nil,
            shutdown: .infinity,
            parent: link,
            key: ChildKey(number: 0)
        ) { supervisor }
        link.root.withLock { $0 = self }
    }

    /// Starts the tree. When the task is cancelled, the tree is told to stop, and the start throws its `Exit`.
    func start() async throws {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                state.withLock { $0 = .starting(continuation) }
                place.start()
            }
        } onCancel: {
            place.exit(.shutdown, of: nil)
        }
        // Cancelled before there was anything to stop.
        if Task.isCancelled { place.exit(.shutdown, of: nil) }
    }

    /// Waits for the end of the tree. When the task is cancelled, the tree is told to stop, and waited for.
    func waitForEnd() async -> ExitReason {
        await withTaskCancellationHandler {
            await place.waitForExit() ?? .normal
        } onCancel: {
            place.exit(.shutdown, of: nil)
        }
    }

    func place(_ key: ChildKey, did event: PlaceEvent) {
        switch event {
        case .started: move(to: .running, .success(()))
        case .startFailed(_, let error): end(.failure(error))
        case .ended(_, let reason, _): end(.failure(Exit(reason)))
        case .strayEnded: break
        }
    }

    private func end(_ result: Result<Void, any Error>) {
        place.close()
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
