extension ServerPlace {
    func start() {
        if let error = takeName() {
            parent.place(key, did: .startFailed(incarnation: withState { $0.incarnation }, error))
            return
        }
        let now = runtime.now
        withState { state in
            guard let incarnation = state.beginStart() else { return }
            if let timeout = rules?.startTimeout { arm(.start, at: now.advanced(by: timeout), &state) }
            // Unstructured, because the supervisor goes on answering meanwhile (S8); its outcome is told to the
            // supervisor, which waits for it before it ends.
            state.work = runtime.spawn { [self] in
                let supervisor = parent.supervisor.map { Turn($0, of: $0.incarnation) }
                await Turn(self, of: incarnation, for: supervisor, isStart: true).run { await runStart(incarnation) }
            }
        }
    }

    /// Registers the server under its name, if it has one. Gives the error when another server has it.
    private func takeName() -> SupervisorError? {
        if let name, !runtime.names.claim(name, for: self) { return .nameTaken(name, path: path) }
        if let claim = rules?.claim, let holder = claim.claim(self) {
            return .keyTaken("\(claim.key)", path: path, holder: holder)
        }
        return nil
    }

    func runStart(_ incarnation: Int) async {
        do {
            try await runtime.interference?.willStart(
                path,
                incarnation: incarnation,
                isSupervisor: isSelfManaged
            )
            let server = try await plan.make()
            await runtime.interference?.pass()
            let (isLive, isWanted) = withState { state in
                guard state.isLive(incarnation) else { return (false, false) }
                // Once it has begun its own children, a supervisor can be stopped only by a message.
                guard !isSelfManaged || state.exit == nil else { return (true, false) }
                state.server = server
                return (true, true)
            }
            guard isLive else { return strayReturned(incarnation) }
            guard isWanted else { throw CancellationError() }
            try await server.started(ServerContext(place: self, incarnation: incarnation))
            await runtime.interference?.pass()
            opened(server, incarnation)
        } catch {
            await startThrew(error, incarnation)
        }
    }

    func opened(_ server: Server, _ incarnation: Int) {
        // Told before the first message can run, so that no end comes before it (S18).
        if !isSelfManaged { completeStart(of: incarnation) }
        let now = runtime.now
        let ending = withState { state -> Ending? in
            let action = state.open(incarnation, now: now)
            switch action {
            case .stray: return .stray(incarnation)
            case .end: return beginEnding(server, incarnation, &state)
            case .open: break
            case .drain: startDrain(server, incarnation: incarnation, &state)
            }
            return nil
        }
        finish(ending)
    }

    /// The server has finished its start, and has not been asked to stop meanwhile.
    func completeStart(of incarnation: Int) {
        let (event, deadline) = withState { state -> (PlaceEvent?, DeadlineQueue.Token?) in
            guard state.isLive(incarnation), state.isStartPending, state.exit == nil, !state.isOverdue else {
                return (nil, nil)
            }
            state.isStartPending = false
            guard state.hasRareFields else { return (.started(incarnation: incarnation), nil) }
            defer { state.rare.startInfo = nil }
            let event = PlaceEvent.started(incarnation: incarnation, info: state.rare.startInfo)
            return (event, state.rare.deadlines.removeValue(forKey: .start))
        }
        if let deadline { runtime.deadlines.cancel(deadline) }
        if let event { parent.place(key, did: event) }
    }

    /// Keeps what is told with the start, while there is still one to be told.
    func setStartInfo(_ info: any Sendable, of incarnation: Int) {
        withState { state in
            if state.isLive(incarnation), state.isStartPending { state.rare.startInfo = info }
        }
    }

    /// The start has taken too long (S9).
    func startTimedOut(_ incarnation: Int) {
        guard let timeout = rules?.startTimeout else { return }
        overdue(.startTimedOut(after: timeout), incarnation) { $0.isStartPending }
    }

    func startThrew(_ error: any Error, _ incarnation: Int) async {
        // What `started` had begun before it threw ends first, so that no two incarnations run side by side.
        let tasks = withState { state -> [Task<Void, Never>]? in
            guard state.isLive(incarnation) else { return nil }
            return state.rare.belongings.runningTasks
        }
        guard let tasks else { return strayReturned(incarnation) }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        let now = runtime.now
        let isIgnored = error is Ignore
        let remains = withState { state in
            // Nothing has failed, so it ends normally (G1).
            if !isIgnored { state.fail(error, in: incarnation, now: now) }
            return state.finish(incarnation)
        }
        guard let remains else { return strayReturned(incarnation) }
        dispose(of: remains, incarnation, isIgnored: isIgnored)
    }
}
