internal import Synchronization

extension ServerPlace {
    func stop(_ reason: ExitReason, now: RuntimeInstant) -> Launch? {
        if let time = rules?.drainTime, beginLastDrain(reason, within: time, now) { return nil }
        return stop(reason, of: nil, now: now)
    }

    /// The same without a last drain.
    private func stop(_ reason: ExitReason, of incarnation: Int?, now: RuntimeInstant) -> Launch? {
        var killed: Int?
        let ending = beginExit(reason, of: incarnation, within: .specified, now) { state in
            guard case .brutalKill = settings(state).shutdown else { return true }
            killed = state.incarnation
            return false
        }
        if let killed { kill(killed) }
        return launch(of: ending)
    }

    func endAtOnce(_ reason: ExitReason, now: RuntimeInstant) -> (server: any AnyObject & Sendable, incarnation: Int)? {
        if isSelfManaged { return nil }
        if runtime.isSimulated ? !endsAtOnceInSimulation() : hasTerminate { return nil }
        var incarnation = 0
        let server = withState { state -> (any AnyObject & Sendable)? in
            if case .brutalKill = settings(state).shutdown { return nil }
            incarnation = state.incarnation
            return state.endAtRest(reason, now: now)
        }
        guard let server else { return nil }
        if runtime.isSimulated { noteEnd(reason) }
        return (server, incarnation)
    }

    /// Ends `incarnation`, whichever it is when nil, as its own child specification says.
    func exit(_ reason: ExitReason, of incarnation: Int?) {
        finish(beginExit(reason, of: incarnation, within: .specified, runtime.now))
    }

    func requestExit(_ reason: ExitReason, of incarnation: Int?, within time: Duration?) {
        finish(beginExit(reason, of: incarnation, within: .exactly(time), runtime.now))
    }

    /// How long an incarnation is given to end.
    private enum StopTime {
        /// As its specification says, but for one that ends at once: that has no time.
        case specified
        case exactly(Duration?)
    }

    /// - Parameter isDue: whether it is still to end, asked in one step with the request.
    /// - Returns: the end, if it can begin now.
    private func beginExit(
        _ reason: ExitReason,
        of incarnation: Int?,
        within time: StopTime,
        _ now: RuntimeInstant,
        if isDue: (inout MailboxState<Server>) -> Bool = { _ in true }
    ) -> IncarnationEnding? {
        var tasks: [Task<Void, Never>] = []
        let ending = withState { state -> IncarnationEnding? in
            if let incarnation, state.incarnation != incarnation { return nil }
            guard isDue(&state) else { return nil }
            let time = duration(of: time, state)
            if isSelfManaged, state.server != nil, state.phase != .ending {
                return askToStop(reason, within: time, now, &state)
            }
            switch state.requestExit(reason, of: incarnation, now: now) {
            case .nothing: return nil
            case .interrupt(let running):
                tasks = running
                armStopDeadline(within: time, now, &state)
                return nil
            case .end(let server):
                if endMayTakeTime(state) { armStopDeadline(within: time, now, &state) }
                return beginEnding(server, state.incarnation, &state)
            }
        }
        for task in tasks { task.cancel() }
        return ending
    }

    private func duration(of time: StopTime, _ state: borrowing MailboxState<Server>) -> Duration? {
        switch time {
        case .exactly(let time): return time
        case .specified:
            guard case .timeout(let time) = settings(state).shutdown else { return nil }
            return time
        }
    }

    /// It stops its own children first, and says so itself when it has.
    private func askToStop(
        _ reason: ExitReason,
        within time: Duration?,
        _ now: RuntimeInstant,
        _ state: inout MailboxState<Server>
    ) -> IncarnationEnding? {
        guard let stop = Self.stopMessage(reason, to: state.incarnation) else { return nil }
        if state.askedAt == nil { state.askedAt = now }
        armStopDeadline(within: time, now, &state)
        // It is not to sleep through it (G17).
        state.traits.remove(.isSuspended)
        guard state.postOwn(stop, from: state.incarnation) == .wake, let server = state.server else { return nil }
        return .drain(Launch(drainOf: server, at: self, of: state.incarnation))
    }

    static func stopMessage(_ reason: ExitReason, to incarnation: Int) -> Letter<Server>? {
        guard let type = Server.self as? any SelfManagedServer.Type else { return nil }
        func message<Managed: SelfManagedServer>(_ type: Managed.Type) -> Server.Message? {
            Managed.stopMessage(reason) as? Server.Message
        }
        return message(type).map { .own($0, incarnation: incarnation, timer: nil) }
    }

    func armStopDeadline(within time: Duration?, _ now: RuntimeInstant, _ state: inout MailboxState<Server>) {
        guard let time, state.stopDeadline == nil else { return }
        state.stopDeadline = arm(.stop, at: now.advanced(by: time), of: state.incarnation)
    }

    func arm(_ kind: PlaceDeadline, at deadline: RuntimeInstant, of incarnation: Int) -> TargetDeadline {
        runtime.pendingDeadlines.schedule(at: deadline, self, tag: kind.tag(incarnation))
    }

    private func beginLastDrain(_ reason: ExitReason, within time: Duration, _ now: RuntimeInstant) -> Bool {
        withState { state in
            guard state.beginLastDrain(reason) else { return false }
            state.rare.deadlines.lastDrain = arm(.lastDrain, at: now.advanced(by: time), of: state.incarnation)
            return true
        }
    }

    @usableFromInline
    func act(
        on action: MailboxState<Server>.LeaveAction,
        of incarnation: Int,
        _ state: inout MailboxState<Server>
    ) -> IncarnationEnding? {
        switch action {
        case .rest:
            if state.hasRareFields { armDueIdleTimer(&state) }
            return nil
        case .drain(let server, let incarnation):
            startDrain(server, incarnation: incarnation, &state)
            return nil
        case .end(let server, let incarnation): return beginEnding(server, incarnation, &state)
        case .stray: return .stray(incarnation)
        }
    }

    /// The end of an incarnation: its timers and tasks are cancelled, the tasks joined, then `terminate` runs.
    func beginEnding(_ server: Server, _ incarnation: Int, _ state: inout MailboxState<Server>) -> IncarnationEnding {
        let reason = state.exit ?? .normal
        // After a last drain it is asked only now (S14).
        let asked = state.askedAt ?? runtime.now
        state.askedAt = asked
        let cleansUp: Bool
        switch settings(state).shutdown {
        case .timeout(let time):
            if endMayTakeTime(state) { armStopDeadline(within: time, asked, &state) }
            cleansUp = true
        case .infinity: cleansUp = true
        case .brutalKill:
            armStopDeadline(within: .zero, asked, &state)
            cleansUp = false
        }
        let timers = state.knownRare?.belongings.timers
        let tasks = state.knownRare?.belongings.runningTasks ?? []
        if timers != nil { state.rare.belongings.timers = nil }
        return .begin(
            Launch(
                endOf: server,
                reason,
                cleansUp: cleansUp,
                timers: timers,
                tasks: tasks,
                at: self,
                of: incarnation
            )
        )
    }

    @inline(__always)
    func runEnd(of server: Server, cleansUp: Bool, _ launch: Launch) async -> LaunchList {
        if runtime.isSimulated { noteEnd(launch.reason) }
        for task in launch.tasks { await task.value }
        if cleansUp, hasTerminate {
            if isSurrounded {
                await surround(launch.incarnation) {
                    await launch.run { await server.terminate(reason: launch.reason) }
                }
            } else {
                await launch.run { await server.terminate(reason: launch.reason) }
            }
        } else if !cleansUp {
            (server as? any CutOffServer)?.wasCutOff(in: runtime)
        }
        if runtime.isSimulated { await runtime.interference?.pass() }
        guard let news = settleEnd(of: launch.incarnation) else { return .none }
        return await tell(news)
    }

    /// Whether something that is not this library's runs while an incarnation at rest ends: a deadline is of use only then.
    private func endMayTakeTime(_ state: borrowing MailboxState<Server>) -> Bool {
        hasTerminate || !(state.knownRare?.belongings.tasks.isEmpty ?? true)
    }

    /// Whether its server may have a clean-up of its own. In a simulation, always: it takes the same steps each time.
    @inline(__always)
    private var hasTerminate: Bool {
        runtime.isSimulated || !runtime.typesWithoutTerminate.contains(ObjectIdentifier(Server.self))
    }

    @inline(never)
    private func noteEnd(_ reason: ExitReason) {
        runtime.interference?.note("\(path) ends (\(reason))")
    }

    /// Nil for a stray.
    @inline(never)
    private func settleEnd(of incarnation: Int) -> EndNews? {
        let now = runtime.now
        // Put together where the remains are known, since they are copied and destroyed by Swift's run-time system when
        // they are handed on. Whoever carries the end out keeps the server until then.
        let news = withState { state -> EndNews? in
            guard let remains = state.finish(incarnation) else { return nil }
            if let deadline = remains.stopDeadline { runtime.pendingDeadlines.cancel(deadline) }
            let event = remains.event(of: incarnation, isIgnored: false, now)
            return EndNews(event: event, time: now, reason: remains.reason, rare: remains.rare)
        }
        guard let news else {
            strayReturned(incarnation)
            return nil
        }
        if let rare = news.rare { settle(rare, news.reason) }
        return news
    }

    /// The end runs in a new task, so that the clean-up is not cancelled (S4); the supervisor waits for it, or until the
    /// shutdown time is over.
    @usableFromInline
    func finish(_ ending: IncarnationEnding?) {
        switch ending {
        // First, so that whatever hangs in the rest does not hold it up.
        case .begin(let launch), .drain(let launch): launch.spawn()
        case .stray, nil: break
        }
        _ = launch(of: ending)
    }

    /// Gives the end that is to run after `launches`, with these.
    @usableFromInline
    func launch(of ending: IncarnationEnding?, after launches: LaunchList) -> LaunchList {
        var launches = launches
        if let end = launch(of: ending) { launches.append(end) }
        return launches
    }

    /// Gives the end that is to run.
    func launch(of ending: IncarnationEnding?) -> Launch? {
        switch ending {
        case .begin(let launch):
            launch.cancelBelongings()
            return launch
        case .drain(let launch): return launch
        case .stray(let incarnation):
            strayReturned(incarnation)
            return nil
        case nil: return nil
        }
    }

    /// Ends at once what is at rest, and gives up what is not (R52, S3).
    func kill(_ incarnation: Int) {
        cutOff(incarnation) { state in
            let isAtRest = state.phase == .idle && (state.knownRare?.belongings.tasks.isEmpty ?? true)
            return isAtRest ? state.finish(incarnation) : abandon(incarnation, &state)
        }
    }

    @usableFromInline
    func deadlinePassed(tag: UInt64) {
        guard let (kind, incarnation, message) = PlaceDeadline.parts(of: tag) else { return }
        switch kind {
        // It will not stop (S3).
        case .stop: cutOff(incarnation) { abandon(incarnation, &$0) }
        case .lastDrain:
            let reason = withState { $0.knownRare?.drainReason } ?? .shutdown
            stop(reason, of: incarnation, now: runtime.now)?.spawn()
        case .start: startTimedOut(incarnation)
        case .watchdog: messageTimedOut(message, of: incarnation)
        }
    }

    /// Something took too long, and is cancelled: that is why the incarnation ends.
    ///
    /// - Parameter isDue: whether it is still at it.
    func overdue(
        _ error: ServerError,
        _ incarnation: Int,
        if isDue: (inout MailboxState<Server>) -> Bool
    ) {
        let time: Duration? =
            switch shutdown {
            case .brutalKill: .zero
            case .timeout(let time): time
            case .infinity: nil
            }
        let ending = beginExit(.error(error), of: incarnation, within: .exactly(time), runtime.now) { state in
            guard state.isLive(incarnation), state.exit == nil, isDue(&state) else { return false }
            state.rare.isOverdue = true
            return true
        }
        finish(ending)
    }

    private func abandon(
        _ incarnation: Int,
        _ state: inout MailboxState<Server>
    ) -> IncarnationRemains? {
        // From now on its drain begins no other letter.
        let word = begun.exchange(.max, ordering: .relaxed)
        return state.abandon(incarnation, begun: Begun.count(word))
    }

    private func cutOff(
        _ incarnation: Int,
        _ end: (inout MailboxState<Server>) -> IncarnationRemains?
    ) {
        let now = runtime.now
        let (remains, isAtRest) = withState { state -> (IncarnationRemains?, Bool) in
            guard state.isLive(incarnation) else { return (nil, false) }
            // None of its own code runs, so nobody would tell later that it has returned.
            let isAtRest = state.phase == .idle
            // A supervisor was asked by a message, and has set no reason yet.
            if state.exit == nil { state.exit = .shutdown }
            if state.askedAt == nil { state.askedAt = now }
            return (end(&state), isAtRest)
        }
        guard let remains else { return }
        (remains.server as? any CutOffServer)?.wasCutOff(in: runtime)
        dispose(of: remains, incarnation)
        if let tasks = withState({ $0.strayTold(incarnation) }) {
            finishStray(incarnation, tasks)
        } else if isAtRest {
            strayReturned(incarnation)
        }
    }

    private func dispose(of remains: IncarnationRemains, _ incarnation: Int) {
        let news = settle(remains, incarnation, isIgnored: false)
        noteToldOf(news, isHeard: parent.place(key, did: news.event))
    }

    /// Tells the parent of an end, in a task that can run what follows from it.
    @inline(__always)
    func tell(_ news: EndNews) async -> LaunchList {
        let (isHeard, following) = await parent.tell(key, news.event, now: news.time)
        noteToldOf(news, isHeard: isHeard)
        return following
    }

    private func noteToldOf(_ news: EndNews, isHeard: Bool) {
        // Without a supervisor it is not started again.
        if !isHeard { close() }
        guard let rare = news.rare else { return }
        for observer in rare.observers { observer.ended(news.reason) }
    }

    /// Ends what the incarnation has left, and gives what is to be told of it.
    func settle(_ remains: IncarnationRemains, _ incarnation: Int, isIgnored: Bool) -> EndNews {
        let now = runtime.now
        if let deadline = remains.stopDeadline { runtime.pendingDeadlines.cancel(deadline) }
        if let rare = remains.rare { settle(rare, remains.reason) }
        let event = remains.event(of: incarnation, isIgnored: isIgnored, now)
        return EndNews(event: event, time: now, reason: remains.reason, rare: remains.rare)
    }

    private func settle(_ rare: RareRemains, _ reason: ExitReason) {
        let error = ServerError.exited(reason)
        // Before its task is cancelled: what the body makes of that is not for its caller, who was not cancelled (S11).
        rare.current?.fail(error)
        rare.work?.cancel()
        rare.deadlines.cancelAll(in: runtime.pendingDeadlines)
        if let belongings = rare.belongings { settle(belongings, error) }
        rare.mail?.refuse(error)
        for call in rare.keptCalls { call.checkForRestartCycle() }
    }

    private func settle(_ belongings: Belongings, _ error: ServerError) {
        belongings.timers?.cancelAll()
        belongings.idleTimer?.cancel()
        for task in belongings.runningTasks { task.cancel() }
        for call in belongings.deferred.values { call.part(otherwise: error) }
        // Before the next life begins: what this one has registered is free then (R92).
        for watch in belongings.watches.values { watch.stop() }
    }

    func strayReturned(_ incarnation: Int) {
        if let tasks = withState({ $0.strayReturned(incarnation) }) { finishStray(incarnation, tasks) }
    }

    private func finishStray(_ incarnation: Int, _ tasks: [Task<Void, Never>]) {
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
        runtime.emit(event(.zombieEnded))
    }

    func close() {
        if let name { runtime.names.release(name, of: self) }
        rules?.claim?.release(self)
        let (mail, reason) = withState { state in (state.close(), state.exit) }
        mail?.refuse(reason.map(ServerError.exited) ?? ServerError.notRunning(label))
    }

    /// Tells `observer` when the present incarnation ends. When there is none, gives the reason why at once.
    func observe(_ observer: any ExitObserver) -> (incarnation: Int, past: ExitReason?) {
        observe(observer, absent: .error(ServerError.notRunning(label)))
    }

    private func observe(
        _ observer: any ExitObserver,
        absent: ExitReason
    ) -> (incarnation: Int, past: ExitReason?) {
        withState { state in
            if state.phase == .vacant || state.phase == .closed {
                return (state.incarnation, state.exit ?? absent)
            }
            state.rare.exitObservers.append(observer)
            return (state.incarnation, nil)
        }
    }

    func forget(_ observer: any ExitObserver) {
        withState { state in
            state.knownRare?.exitObservers.removeAll { $0 === observer }
        }
    }

    /// Waits until the present incarnation has ended, after asking it to if there is a reason to; nil when `time` was
    /// over first.
    func waitForExit(within time: Duration? = nil, asking reason: ExitReason? = nil) async -> ExitReason? {
        let waiter = ExitWaiter()
        let (incarnation, past) = observe(waiter, absent: .normal)
        if let past { return past }
        // After the waiter is there, and of that incarnation: a restart must not come between the two.
        if let reason { exit(reason, of: incarnation) }
        let token = time.map { runtime.pendingDeadlines.schedule(at: runtime.now.advanced(by: $0), waiter) }
        let reason = await waiter.outcome()
        if let token { runtime.pendingDeadlines.cancel(token) }
        return reason
    }
}

extension ExitReason {
    /// What a start that ended for this reason has failed with.
    var startError: any Error {
        if case .error(let error) = self { return error }
        return Exit(self)
    }
}
