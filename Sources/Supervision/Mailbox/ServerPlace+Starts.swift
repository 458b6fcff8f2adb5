extension ServerPlace {
    func start(_ kind: Turn.StartKind) -> Launch? {
        if let error = takeName() {
            parent.place(key, did: .startFailed(incarnation: incarnation, error))
            return nil
        }
        return withState { state -> Launch? in
            guard let incarnation = state.beginStart() else { return nil }
            if let timeout = rules?.startTimeout {
                let deadline = runtime.now.advanced(by: timeout)
                state.rare.deadlines.start = arm(.start, at: deadline, of: incarnation)
            }
            let isChanged = state.knownRare?.mail != nil
            return Launch(startOf: self, of: incarnation, kind, isChanged: isChanged, for: parent.turn)
        }
    }

    @inline(__always)
    func runStart(_ launch: Launch, isChanged: Bool) async -> LaunchList {
        if isSurrounded { return await carryOutSurroundedStart(launch, isChanged: isChanged) }
        return await launch.run { await runStart(launch.incarnation, isChanged: isChanged) }
    }

    @inline(never)
    private func carryOutSurroundedStart(_ launch: Launch, isChanged: Bool) async -> LaunchList {
        await surround(launch.incarnation) {
            await launch.run { await runStart(launch.incarnation, isChanged: isChanged) }
        }
    }

    func isStarting(_ incarnation: Int) -> Bool {
        withState { $0.isLive(incarnation) && $0.isStartPending }
    }

    func assign(_ launch: Launch, _ task: () -> Task<Void, Never>) {
        let (task, isWanted) = withState { state -> (Task<Void, Never>, Bool) in
            let task = task()
            guard state.isLive(launch.incarnation) else { return (task, false) }
            // It may be through already.
            switch (launch.work, state.phase) {
            case (.start, .starting), (.drain, .draining), (.end, .ending): state.work = task
            default: return (task, true)
            }
            // Asked to end before anyone could be told.
            return (task, launch.isEnd || state.exit == nil)
        }
        if !isWanted { task.cancel() }
    }

    func task(of launch: Launch) -> Task<Void, Never>? {
        withState { $0.isLive(launch.incarnation) ? $0.work : nil }
    }

    /// Registers the server under its name, if it has one. Gives the error when another server has it.
    private func takeName() -> SupervisorError? {
        // One that is started again has kept its name, and to look for that takes longer than to ask.
        if let name, !withState({ $0.phase == .vacant }), !runtime.names.claim(name, for: self) {
            return .nameTaken(name, path: path)
        }
        if let claim = rules?.claim, let holder = claim.claim(self) {
            return .keyTaken("\(claim.key)", path: path, holder: holder)
        }
        return nil
    }

    @inline(__always)
    private func runStart(_ incarnation: Int, isChanged: Bool) async -> LaunchList {
        // Nobody else is on a supervisor that starts.
        var desk: LaunchDesk?
        do {
            // Asked first, here and below: what is asked is copied before it is found to be nil.
            if runtime.isSimulated { try await interfereWithStart(of: incarnation) }
            let server = try await (isChanged ? make : firstMake)()
            if runtime.isSimulated { await runtime.interference?.pass() }
            let (isLive, isWanted) = withState { state in
                guard state.isLive(incarnation) else { return (false, false) }
                // Once it has begun its own children, a supervisor can be stopped only by a message.
                guard !isSelfManaged || state.exit == nil else { return (true, false) }
                state.server = server
                return (true, true)
            }
            guard isLive else {
                strayReturned(incarnation)
                return .none
            }
            guard isWanted else { throw CancellationError() }
            desk = launchDesk(of: server)
            desk?.keepTellingOfStart()
            // In a simulation always, which takes the same steps each time.
            if runtime.isSimulated || !runtime.typesWithoutStarted.contains(ObjectIdentifier(Server.self)) {
                try await server.started(ServerContext(place: self, incarnation: incarnation))
            }
            if runtime.isSimulated { await runtime.interference?.pass() }
            return await opened(server, incarnation, desk)
        } catch {
            if desk?.takeStart() == true { postStart(of: incarnation) }
            desk?.take().spawn()
            return await startThrew(error, incarnation)
        }
    }

    private func interfereWithStart(of incarnation: Int) async throws {
        try await runtime.interference?.willStart(path, incarnation: incarnation, isSupervisor: isSelfManaged)
    }

    @inline(__always)
    private func opened(_ server: Server, _ incarnation: Int, _ desk: LaunchDesk?) async -> LaunchList {
        // A supervisor's start is complete when its children run.
        let isComplete = desk?.takeStart() ?? true
        var following = desk?.take() ?? .none
        let now = runtime.now
        // Told before the first message can run, so that no end comes before it (S18).
        if isComplete, let event = startEvent(of: incarnation) {
            following.append(contentsOf: await parent.tell(key, event, now: now).following)
        }
        var hasMail = false
        let ending = withState { state -> IncarnationEnding? in
            let action = state.open(incarnation, now: now)
            switch action {
            case .stray: return .stray(incarnation)
            case .end: return beginEnding(server, incarnation, &state)
            case .open: if state.hasRareFields { armDueIdleTimer(&state) }
            case .drain:
                // By this task, if nothing else follows.
                if following.count == 0 {
                    hasMail = true
                } else {
                    startDrain(server, incarnation: incarnation, &state)
                }
            }
            return nil
        }
        if hasMail {
            following.append(Launch(drainOf: server, at: self, of: incarnation))
            return following
        }
        guard let ending else { return following }
        // This task has been cancelled, or is about to be, so it can serve nobody else.
        following.spawn()
        finish(ending)
        return .none
    }

    /// The supervisor has finished its start, and has not been asked to stop meanwhile. Whoever is on it tells its parent
    /// before leaving it, if they can.
    func completeStart(of incarnation: Int, _ desk: LaunchDesk) {
        if !desk.noteStart() { postStart(of: incarnation) }
    }

    func postStart(of incarnation: Int) {
        if let event = startEvent(of: incarnation) { parent.place(key, did: event) }
    }

    /// Completes the start, and gives what the parent is to be told.
    func startEvent(of incarnation: Int) -> PlaceEvent? {
        let (event, deadline) = withState { state -> (PlaceEvent?, TargetDeadline?) in
            guard state.isLive(incarnation), state.isStartPending, state.exit == nil, !state.isOverdue else {
                return (nil, nil)
            }
            state.isStartPending = false
            guard let rare = state.knownRare else { return (.started(incarnation: incarnation), nil) }
            defer {
                rare.startInfo = nil
                rare.deadlines.start = nil
            }
            return (.started(incarnation: incarnation, info: rare.startInfo), rare.deadlines.start)
        }
        if let deadline { runtime.pendingDeadlines.cancel(deadline) }
        return event
    }

    /// Keeps what is told with the start, while there is still one to be told.
    func setStartInfo(_ info: any Sendable, of incarnation: Int) {
        withState { state in
            if state.isLive(incarnation), state.isStartPending { state.rare.startInfo = StartInfo(info) }
        }
    }

    /// The start has taken too long (S9).
    func startTimedOut(_ incarnation: Int) {
        guard let timeout = rules?.startTimeout else { return }
        overdue(.startTimedOut(after: timeout), incarnation) { $0.isStartPending }
    }

    private func startThrew(_ error: any Error, _ incarnation: Int) async -> LaunchList {
        // What `started` had begun before it threw ends first, so that no two incarnations run side by side.
        let tasks = withState { state -> [Task<Void, Never>]? in
            guard state.isLive(incarnation) else { return nil }
            return state.knownRare?.belongings.runningTasks ?? []
        }
        guard let tasks else {
            strayReturned(incarnation)
            return .none
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        let now = runtime.now
        let isIgnored = error is Ignore
        let (remains, wasAsked) = withState { state in
            let wasAsked = state.exit != nil
            // Nothing has failed, so it ends normally (G1).
            if !isIgnored { state.fail(error, in: incarnation, now: now) }
            return (state.finish(incarnation), wasAsked)
        }
        guard let remains else {
            strayReturned(incarnation)
            return .none
        }
        let following = await tell(settle(remains, incarnation, isIgnored: isIgnored))
        guard wasAsked else { return following }
        // This task has been cancelled, or is about to be, so it can serve nobody else.
        following.spawn()
        return .none
    }
}
