extension ServerPlace {
    func stop(_ reason: ExitReason) {
        let incarnation = withState(\.incarnation)
        switch shutdown {
        case .brutalKill: kill(incarnation)
        case .timeout(let time): requestExit(reason, of: incarnation, within: time)
        case .infinity: requestExit(reason, of: incarnation, within: nil)
        }
    }

    /// Ends `incarnation`, whichever it is when nil, as its own child specification says.
    func exit(_ reason: ExitReason, of incarnation: Int?) {
        switch shutdown {
        case .brutalKill, .infinity: requestExit(reason, of: incarnation, within: nil)
        case .timeout(let time): requestExit(reason, of: incarnation, within: time)
        }
    }

    func requestExit(_ reason: ExitReason, of incarnation: Int?, within time: Duration?) {
        let now = runtime.now
        var tasks: [Task<Void, Never>] = []
        let ending = withState { state -> Ending? in
            if let incarnation, state.incarnation != incarnation { return nil }
            if isSelfManaged, state.server != nil, state.phase != .ending {
                guard let stop = Self.stopMessage(reason, to: state.incarnation) else { return nil }
                // It stops its own children first, and says so itself when it has.
                if state.rare.askedAt == nil { state.rare.askedAt = now }
                armStopDeadline(within: time, now, &state)
                if state.postOwn(stop, from: state.incarnation) == .wake { wake(&state) }
                return nil
            }
            switch state.requestExit(reason, of: incarnation, now: now) {
            case .nothing: return nil
            case .interrupt(let running):
                tasks = running
                armStopDeadline(within: time, now, &state)
                return nil
            case .end(let server):
                armStopDeadline(within: time, now, &state)
                return beginEnding(server, state.incarnation, &state)
            }
        }
        for task in tasks { task.cancel() }
        finish(ending)
    }

    static func stopMessage(_ reason: ExitReason, to incarnation: Int) -> Letter<Server>? {
        guard let type = Server.self as? any SelfManagedServer.Type else { return nil }
        func message<Managed: SelfManagedServer>(_ type: Managed.Type) -> Server.Message? {
            Managed.stopMessage(reason) as? Server.Message
        }
        return message(type).map { .own($0, incarnation: incarnation, timer: nil) }
    }

    func armStopDeadline(within time: Duration?, _ now: RuntimeInstant, _ state: inout MailboxState<Server>) {
        guard let time, state.rare.stopDeadline == nil else { return }
        let deadline = now.advanced(by: time)
        state.rare.stopDeadline = runtime.deadlines.schedule(at: deadline, self, tag: UInt64(state.incarnation))
    }

    /// What `leave`, or a request to stop, left to do outside the lock.
    @usableFromInline
    enum Ending {
        case begin(timers: [ServerTimer<Server>], tasks: [Task<Void, Never>])
        case stray(Int)
    }

    @usableFromInline
    func act(
        on action: MailboxState<Server>.LeaveAction,
        of incarnation: Int,
        _ state: inout MailboxState<Server>
    ) -> Ending? {
        switch action {
        case .rest: return nil
        case .drain(let server, let incarnation):
            startDrain(server, incarnation: incarnation, &state)
            return nil
        case .end(let server, let incarnation): return beginEnding(server, incarnation, &state)
        case .stray: return .stray(incarnation)
        }
    }

    /// The end of an incarnation: its timers and tasks are cancelled, the tasks joined, then `terminate` runs.
    func beginEnding(_ server: Server, _ incarnation: Int, _ state: inout MailboxState<Server>) -> Ending {
        let reason = state.exit ?? .normal
        if case .timeout(let time) = shutdown {
            armStopDeadline(within: time, state.rare.askedAt ?? runtime.now, &state)
        }
        let timers = Array(state.rare.belongings.timers.values)
        let tasks = Array(state.rare.belongings.tasks.values)
        state.rare.belongings.timers = [:]
        // Unstructured and new, so that the clean-up is not cancelled (S4); the supervisor waits for the end of it,
        // or until the shutdown time is over.
        state.work = runtime.spawn { [self] in
            for task in tasks { await task.value }
            await server.terminate(reason: reason)
            ended(incarnation)
        }
        return .begin(timers: timers, tasks: tasks)
    }

    @usableFromInline
    func finish(_ ending: Ending?) {
        switch ending {
        case .begin(let timers, let tasks):
            for timer in timers { timer.cancel() }
            for task in tasks { task.cancel() }
        case .stray(let incarnation): strayReturned(incarnation)
        case nil: break
        }
    }

    func ended(_ incarnation: Int) {
        guard let remains = withState({ $0.finish(incarnation) }) else { return strayReturned(incarnation) }
        dispose(of: remains, incarnation)
    }

    /// Ends at once what is there to end, and gives up what still runs.
    func kill(_ incarnation: Int) {
        let now = runtime.now
        let remains = withState { state -> MailboxState<Server>.Remains? in
            guard state.isLive(incarnation) else { return nil }
            let isAtRest = state.phase == .idle && state.rare.belongings.tasks.isEmpty
            if state.exit == nil { state.exit = .shutdown }
            if state.rare.askedAt == nil { state.rare.askedAt = now }
            return isAtRest ? state.finish(incarnation) : state.abandon(incarnation)
        }
        if let remains { dispose(of: remains, incarnation) }
    }

    @usableFromInline
    func deadlinePassed(tag: UInt64) {
        let incarnation = Int(tag)
        let (remains, isAtRest) = withState { state in
            // A supervisor was asked by a message, and has set no reason yet. When it merely waits for its children,
            // none of its code runs: nobody would tell later that it has ended.
            let isAtRest = state.phase == .idle && state.rare.belongings.tasks.isEmpty
            if state.isLive(incarnation), state.exit == nil { state.exit = .shutdown }
            return (state.abandon(incarnation), isAtRest)
        }
        guard let remains else { return }
        dispose(of: remains, incarnation)
        if isAtRest { strayReturned(incarnation) }
    }

    func dispose(of remains: MailboxState<Server>.Remains, _ incarnation: Int) {
        for timer in remains.timers { timer.cancel() }
        for task in remains.tasks { task.cancel() }
        if let deadline = remains.stopDeadline { runtime.deadlines.cancel(deadline) }
        let error = ServerError.exited(remains.reason)
        remains.current?.fail(error)
        for call in remains.deferred { call.fail(error) }
        if case .unstoppable = remains.reason, let supervisor = remains.server as? Supervisor {
            // Unstructured: nobody waits for what was given up.
            _ = runtime.spawn { await supervisor.stopOrphans() }
        }
        let asked = remains.askedAt.map { $0.duration(to: runtime.now) } ?? .zero
        if remains.wasStarting, let error = remains.reason.startError {
            parent.place(key, did: .startFailed(incarnation: incarnation, error))
        } else {
            parent.place(key, did: .ended(incarnation: incarnation, remains.reason, askedFor: asked))
        }
        for waiter in remains.waiters { waiter.end(remains.reason) }
    }

    func strayReturned(_ incarnation: Int) {
        guard let tasks = withState({ $0.strayReturned(incarnation) }) else { return }
        if tasks.isEmpty { return strayEnded(incarnation) }
        // Unstructured: nobody waits for a stray. It ends when the stray's own tasks do.
        _ = runtime.spawn { [self] in
            for task in tasks { await task.value }
            strayEnded(incarnation)
        }
    }

    private func strayEnded(_ incarnation: Int) {
        if parent.place(key, did: .strayEnded(incarnation: incarnation)) { return }
        // Its supervisor has ended meanwhile, but an operator who was told of the zombie is told of its end (S3).
        runtime.emit(SupervisionEvent(path: path, child: kind, kind: .zombieEnded))
    }

    func close() {
        if let name { runtime.names.release(name, of: self) }
        let (letters, reason) = withState { state in (state.close(), state.exit) }
        for case .call(let call) in letters {
            call.fail(reason.map(ServerError.exited) ?? ServerError.notRunning(label))
        }
    }

    /// Waits until the present incarnation has ended; nil when `time` was over first.
    func waitForExit(within time: Duration? = nil) async -> ExitReason? {
        let waiter = ExitWaiter()
        let past = withState { state -> ExitReason? in
            if state.phase == .vacant || state.phase == .closed { return state.exit ?? .normal }
            state.rare.exitWaiters.append(waiter)
            return nil
        }
        if let past { return past }
        let token = time.map { runtime.deadlines.schedule(at: runtime.now.advanced(by: $0), waiter) }
        let reason = await waiter.reason()
        if let token { runtime.deadlines.cancel(token) }
        return reason
    }
}

extension ExitReason {
    /// What a start that ended for this reason has failed with; nil when it was given up.
    fileprivate var startError: (any Error)? {
        switch self {
        case .error(let error): error
        case .normal, .shutdown, .shutdownWith: Exit(self)
        case .unstoppable: nil
        }
    }
}
