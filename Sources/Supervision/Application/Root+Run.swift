extension Root {
    /// Starts the tree below `top`, and returns when it has ended.
    static func run(
        _ top: Top,
        as id: ChildID,
        in runtime: Runtime,
        stoppingOn signals: Set<StopSignal>
    ) async throws {
        let root = try Root(top, as: id, in: runtime)
        let trap = SignalTrap(signals) { signal in
            runtime.emit(SupervisionEvent(path: id.description, child: .supervisor, kind: .signalled(signal.name)))
            root.place.exit(.shutdown, of: nil)
        }
        defer { trap.remove() }
        do {
            try await root.start()
        } catch let exit as Exit where exit.reason.isClean {
            // Told to stop before it had started.
            return
        }
        let reason = await root.waitForEnd()
        if let failure = top.life.failure { throw failure }
        if case .error(let error) = reason { throw error }
    }

    /// Starts the tree below `top`, and returns when it runs.
    static func start(_ top: Top, as id: ChildID, in runtime: Runtime) async throws -> ServerRef<Top> {
        let root = try Root(top, as: id, in: runtime)
        do {
            try await root.start()
        } catch let exit as Exit where exit.reason.isClean {
            throw CancellationError()
        }
        return ServerRef(place: root.place)
    }
}
