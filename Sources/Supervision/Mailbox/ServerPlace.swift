public import Synchronization

/// A server's place in the tree: what a ``ServerRef`` leads to.
///
/// It outlives the incarnations that live in it, one after the other. It carries out what ``MailboxState`` decides;
/// nothing is resumed, cancelled or called while its lock is held. The exception is the start of a task, which only
/// queues a job: the task's handle must be known before the task can be asked for.
@usableFromInline
final class ServerPlace<Server: GenServer>: Sendable, ManagedPlace {
    let runtime: Runtime
    let id: ChildID
    let path: String
    let name: String?
    private let make: @Sendable () async throws -> Server
    private let shutdown: Shutdown
    private let parent: any PlaceParent
    private let key: ChildKey
    private let isSelfManaged: Bool
    @usableFromInline let state = Mutex(MailboxState<Server>())

    init(
        runtime: Runtime,
        id: ChildID,
        path: String,
        name: String?,
        shutdown: Shutdown,
        parent: any PlaceParent,
        key: ChildKey,
        make: @escaping @Sendable () async throws -> Server
    ) {
        self.runtime = runtime
        self.id = id
        self.path = path
        self.name = name
        self.shutdown = shutdown
        self.parent = parent
        self.key = key
        self.make = make
        isSelfManaged = Server.self is any SelfManagedServer.Type
    }

    /// What an error calls the server: its name, or its path when it has none.
    var label: String { name ?? path }

    var kind: ChildKind {
        if Server.self == Supervisor.self { return .supervisor }
        if Server.self == WorkerServer.self { return .worker }
        return .server("\(Server.self)")
    }

    var supervisor: ServerRef<Supervisor>? {
        (self as? ServerPlace<Supervisor>).map { ServerRef(place: $0) }
    }

    var status: ServerStatus {
        state.withLock { state in
            switch state.phase {
            case .closed: return .stopped(state.incarnation == 0 ? nil : state.exit)
            case .vacant, .starting:
                if state.incarnation <= 1, state.startAttempts <= 1, state.phase == .starting { return .starting }
                return .restarting(attempt: max(1, Int(state.startAttempts)))
            case .idle, .visited, .draining, .ending:
                return state.isStartPending ? .starting : .running(incarnation: state.incarnation)
            }
        }
    }

    /// Why the present incarnation is about to end, if it is.
    var exitUnderWay: ExitReason? {
        state.withLock { $0.phase == .vacant || $0.phase == .closed ? nil : $0.exit }
    }

    var incarnation: Int { state.withLock(\.incarnation) }

    var depth: Int { state.withLock(\.depth) }
}

// MARK: - Calls in place

extension ServerPlace {
    /// The server, if it is idle; it then belongs to the caller until ``runInPlace(_:incarnation:_:)`` returns.
    @inlinable
    func enter() -> Server? {
        state.withLock { state in
            guard state.phase == .idle else { return nil }
            state.phase = .visited
            return state.server
        }
    }

    /// Runs a call's body in the caller's own task, and leaves the server while still on it.
    @inlinable
    func runInPlace<Value>(_ server: isolated Server, _ body: (isolated Server) throws -> Value) throws -> Value {
        do {
            let value = try body(server)
            leave(server)
            return value
        } catch {
            throw leave(server, after: error)
        }
    }

    @inlinable
    func leave(_ server: Server) {
        let isQuiet = state.withLock { state in
            guard state.phase == .visited, state.waiting.isEmpty, state.server === server else { return false }
            state.phase = .idle
            return true
        }
        if !isQuiet { leaveBusy(server) }
    }

    /// Leaves a server that is wanted by others, that is to end, or that was abandoned meanwhile.
    @usableFromInline
    func leaveBusy(_ server: Server, failure: (any Error)? = nil) {
        let now = runtime.now
        let ending = state.withLock { state -> Ending? in
            // A visitor's server tells which incarnation it visited: each has an instance of its own.
            let incarnation = state.server === server ? state.incarnation : (state.strays.keys.min() ?? 0)
            if let failure { state.fail(failure, in: incarnation, now: now) }
            return act(on: state.leave(server, incarnation: incarnation), of: incarnation, &state)
        }
        finish(ending)
    }

    /// Leaves after the body has thrown, and gives the error for the caller: an `Exit` ends the incarnation (S10).
    @usableFromInline
    func leave(_ server: Server, after error: any Error) -> any Error {
        guard let exit = error as? Exit else {
            leave(server)
            return error
        }
        leaveBusy(server, failure: exit)
        return ServerError.exited(exit.reason)
    }
}

// MARK: - Mail

extension ServerPlace {
    /// False when the place is closed.
    @discardableResult
    func post(_ letter: Letter<Server>) -> Bool {
        state.withLock { state in
            switch state.post(letter) {
            case .keep: return true
            case .refuse: return false
            case .wake:
                wake(&state)
                return true
            }
        }
    }

    func postOwn(_ message: Server.Message, from incarnation: Int, timer: ServerTimer<Server>? = nil) {
        state.withLock { state in
            let letter = Letter<Server>.own(message, incarnation: incarnation, timer: timer)
            if state.postOwn(letter, from: incarnation) == .wake { wake(&state) }
        }
    }

    private func wake(_ state: inout MailboxState<Server>) {
        guard let server = state.server else { return }
        startDrain(server, incarnation: state.incarnation, &state)
    }

    private func startDrain(_ server: Server, incarnation: Int, _ state: inout MailboxState<Server>) {
        // Unstructured, because it belongs to no caller: it lives while letters wait, and is joined by the end of the
        // incarnation, which begins only when it has left.
        state.work = runtime.spawn { [self] in
            await drain(server, incarnation: incarnation)
        }
    }

    private func drain(_ server: isolated Server, incarnation: Int) async {
        let context = ServerContext(place: self, incarnation: incarnation)
        var rest: ArraySlice<Letter<Server>> = []
        drain: while case .handle(let batch) = state.withLock({ $0.takeBatch(of: server, incarnation: incarnation) }) {
            rest = batch[...]
            while let letter = rest.popFirst() {
                do {
                    try await handle(letter, on: server, context)
                } catch {
                    let now = runtime.now
                    state.withLock { $0.fail(error, in: incarnation, now: now) }
                    break drain
                }
                // The server is to stop, or a call's caller gave up and the rest must not see its cancellation.
                if Task.isCancelled { break drain }
            }
        }
        let ending = state.withLock { state in
            act(on: state.leave(server, incarnation: incarnation, rest: rest), of: incarnation, &state)
        }
        finish(ending)
    }

    private func handle(
        _ letter: Letter<Server>,
        on server: isolated Server,
        _ context: ServerContext<Server>
    ) async throws {
        switch letter {
        case .message(let message):
            try await server.handle(message, context)
        case .own(let message, let sender, let timer):
            if let timer {
                timer.tookMessage()
                if timer.isCancelled { return }
            }
            guard sender == context.incarnation else { return }
            try await server.handle(message, context)
        case .call(let call):
            guard call.isAsynchronous else { return try call.run(on: server) }
            state.withLock { state in
                if state.isLive(context.incarnation) { state.current = call }
            }
            defer {
                state.withLock { state in
                    if state.current === call { state.current = nil }
                }
            }
            try await call.runAsync(on: server)
        }
    }

    /// The caller of `call`, which runs now, has given up.
    func cancelRunning(_ call: PendingCall<Server>) {
        let work = state.withLock { $0.current === call ? $0.work : nil }
        work?.cancel()
    }

    func noteWithdrawn() {
        state.withLock { $0.withdraw() }
    }

    func noteDeferred(_ call: PendingCall<Server>) {
        state.withLock { state in
            state.belongings.deferred[ObjectIdentifier(call)] = call
        }
    }

    func forgetDeferred(_ call: PendingCall<Server>) {
        state.withLock { state in
            _ = state.belongings.deferred.removeValue(forKey: ObjectIdentifier(call))
        }
    }
}

// MARK: - What an incarnation owns

extension ServerPlace {
    /// False when the incarnation is over.
    func keep(_ timer: ServerTimer<Server>, of incarnation: Int) -> Bool {
        state.withLock { state in
            guard state.isLive(incarnation), state.phase != .ending else { return false }
            state.belongings.timers[ObjectIdentifier(timer)] = timer
            return true
        }
    }

    func forget(_ timer: ServerTimer<Server>, of incarnation: Int) {
        state.withLock { state in
            guard state.incarnation == incarnation else { return }
            state.belongings.timers[ObjectIdentifier(timer)] = nil
        }
    }

    @discardableResult
    func startTask<Value: Sendable>(
        of incarnation: Int,
        tellsExit: Bool,
        _ work: @escaping @Sendable () async throws -> Value,
        _ message: @escaping @Sendable (Result<Value, any Error>) -> Server.Message
    ) -> TaskToken {
        state.withLock { state in
            guard state.isLive(incarnation), state.exit == nil else { return TaskToken(task: nil) }
            let number = state.belongings.nextTask
            state.belongings.nextTask += 1
            // Unstructured, because it runs beside the mailbox; cancelled and joined by the end of the incarnation.
            let task = runtime.spawn { [self] in
                let result: Result<Value, any Error>
                do { result = .success(try await work()) } catch { result = .failure(error) }
                taskEnded(number, of: incarnation, tellsExit: tellsExit, result, message)
            }
            state.belongings.tasks[number] = task
            return TaskToken(task: task)
        }
    }

    private func taskEnded<Value: Sendable>(
        _ number: Int,
        of incarnation: Int,
        tellsExit: Bool,
        _ result: Result<Value, any Error>,
        _ message: @Sendable (Result<Value, any Error>) -> Server.Message
    ) {
        let letter = Letter<Server>.own(message(result), incarnation: incarnation, timer: nil)
        let now = runtime.now
        state.withLock { state in
            guard state.isLive(incarnation) else { return }
            if state.exit == nil {
                state.belongings.tasks[number] = nil
                if state.postOwn(letter, from: incarnation) == .wake { wake(&state) }
            } else if tellsExit, case .failure(let error) = result {
                state.fail(error, in: incarnation, now: now)
            }
        }
    }
}

// MARK: - Lives

extension ServerPlace {
    func start() {
        if let name, !runtime.names.claim(name, for: self) {
            let incarnation = state.withLock(\.incarnation)
            let error = SupervisorError.nameTaken(name, path: path)
            return parent.place(key, did: .startFailed(incarnation: incarnation, error))
        }
        state.withLock { state in
            guard let incarnation = state.beginStart() else { return }
            // Unstructured, because the supervisor goes on answering meanwhile (S8); its outcome is told to the
            // supervisor, which waits for it before it ends.
            state.work = runtime.spawn { [self] in
                await runStart(incarnation)
            }
        }
    }

    private func runStart(_ incarnation: Int) async {
        do {
            let server = try await make()
            let isLive = state.withLock { state in
                guard state.isLive(incarnation) else { return false }
                state.server = server
                return true
            }
            guard isLive else { return strayReturned(incarnation) }
            try await server.started(ServerContext(place: self, incarnation: incarnation))
            opened(server, incarnation)
        } catch {
            await startThrew(error, incarnation)
        }
    }

    private func opened(_ server: Server, _ incarnation: Int) {
        var isStarted = false
        let ending = state.withLock { state -> Ending? in
            let action = state.open(incarnation)
            switch action {
            case .stray: return .stray(incarnation)
            case .end: return beginEnding(server, incarnation, &state)
            case .open: break
            case .drain: startDrain(server, incarnation: incarnation, &state)
            }
            if !isSelfManaged {
                state.isStartPending = false
                isStarted = true
            }
            return nil
        }
        if isStarted { parent.place(key, did: .started(incarnation: incarnation)) }
        finish(ending)
    }

    /// A self-managed server has finished its start.
    func completeStart(of incarnation: Int) {
        let isFirst = state.withLock { state in
            guard state.isLive(incarnation), state.isStartPending else { return false }
            state.isStartPending = false
            return true
        }
        if isFirst { parent.place(key, did: .started(incarnation: incarnation)) }
    }

    private func startThrew(_ error: any Error, _ incarnation: Int) async {
        // What `started` had begun before it threw ends first, so that no two incarnations run side by side.
        let tasks = state.withLock { state -> [Task<Void, Never>]? in
            guard state.isLive(incarnation) else { return nil }
            return Array(state.belongings.tasks.values)
        }
        guard let tasks else { return strayReturned(incarnation) }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        let now = runtime.now
        let remains = state.withLock { state in
            state.fail(error, in: incarnation, now: now)
            return state.finish(incarnation)
        }
        guard let remains else { return strayReturned(incarnation) }
        dispose(of: remains, incarnation)
    }

    func stop(_ reason: ExitReason, within shutdown: Shutdown) {
        let incarnation = state.withLock(\.incarnation)
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

    private func requestExit(_ reason: ExitReason, of incarnation: Int?, within time: Duration?) {
        let now = runtime.now
        var tasks: [Task<Void, Never>] = []
        let ending = state.withLock { state -> Ending? in
            if let incarnation, state.incarnation != incarnation { return nil }
            if isSelfManaged, state.server != nil, state.phase != .ending, state.phase != .starting {
                guard let stop = Self.stopMessage(reason, to: state.incarnation) else { return nil }
                // It stops its own children first, and says so itself when it has.
                if state.askedAt == nil { state.askedAt = now }
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

    private static func stopMessage(_ reason: ExitReason, to incarnation: Int) -> Letter<Server>? {
        guard let type = Server.self as? any SelfManagedServer.Type else { return nil }
        func message<Managed: SelfManagedServer>(_ type: Managed.Type) -> Server.Message? {
            Managed.stopMessage(reason) as? Server.Message
        }
        return message(type).map { .own($0, incarnation: incarnation, timer: nil) }
    }

    private func armStopDeadline(within time: Duration?, _ now: RuntimeInstant, _ state: inout MailboxState<Server>) {
        guard let time, state.stopDeadline == nil else { return }
        let deadline = now.advanced(by: time)
        state.stopDeadline = runtime.deadlines.schedule(at: deadline, self, tag: UInt64(state.incarnation))
    }

    /// What `leave`, or a request to stop, left to do outside the lock.
    private enum Ending {
        case begin(timers: [ServerTimer<Server>], tasks: [Task<Void, Never>])
        case stray(Int)
    }

    private func act(
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
    private func beginEnding(_ server: Server, _ incarnation: Int, _ state: inout MailboxState<Server>) -> Ending {
        let reason = state.exit ?? .normal
        if case .timeout(let time) = shutdown { armStopDeadline(within: time, state.askedAt ?? runtime.now, &state) }
        let timers = Array(state.belongings.timers.values)
        let tasks = Array(state.belongings.tasks.values)
        state.belongings.timers = [:]
        // Unstructured and new, so that the clean-up is not cancelled (S4); the supervisor waits for the end of it,
        // or until the shutdown time is over.
        state.work = runtime.spawn { [self] in
            for task in tasks { await task.value }
            await server.terminate(reason: reason)
            ended(incarnation)
        }
        return .begin(timers: timers, tasks: tasks)
    }

    private func finish(_ ending: Ending?) {
        switch ending {
        case .begin(let timers, let tasks):
            for timer in timers { timer.cancel() }
            for task in tasks { task.cancel() }
        case .stray(let incarnation): strayReturned(incarnation)
        case nil: break
        }
    }

    private func ended(_ incarnation: Int) {
        guard let remains = state.withLock({ $0.finish(incarnation) }) else { return strayReturned(incarnation) }
        dispose(of: remains, incarnation)
    }

    /// Ends at once what is there to end, and gives up what still runs.
    private func kill(_ incarnation: Int) {
        let now = runtime.now
        let remains = state.withLock { state -> MailboxState<Server>.Remains? in
            guard state.isLive(incarnation) else { return nil }
            let isAtRest = state.phase == .idle && state.belongings.tasks.isEmpty
            if state.exit == nil { state.exit = .shutdown }
            if state.askedAt == nil { state.askedAt = now }
            return isAtRest ? state.finish(incarnation) : state.abandon(incarnation)
        }
        if let remains { dispose(of: remains, incarnation) }
    }

    @usableFromInline
    func deadlinePassed(tag: UInt64) {
        let incarnation = Int(tag)
        let remains = state.withLock { state in
            // A supervisor was asked by a message, and has set no reason yet.
            if state.isLive(incarnation), state.exit == nil { state.exit = .shutdown }
            return state.abandon(incarnation)
        }
        if let remains { dispose(of: remains, incarnation) }
    }

    private func dispose(of remains: MailboxState<Server>.Remains, _ incarnation: Int) {
        for timer in remains.timers { timer.cancel() }
        for task in remains.tasks { task.cancel() }
        if let deadline = remains.stopDeadline { runtime.deadlines.cancel(deadline) }
        let error = ServerError.exited(remains.reason)
        remains.current?.fail(error)
        for call in remains.deferred { call.fail(error) }
        let asked = remains.askedAt.map { $0.duration(to: runtime.now) } ?? .zero
        switch remains.reason {
        case .error(let error) where remains.wasStarting:
            parent.place(key, did: .startFailed(incarnation: incarnation, error))
        case .normal where remains.wasStarting, .shutdown where remains.wasStarting,
            .shutdownWith where remains.wasStarting:
            parent.place(key, did: .startFailed(incarnation: incarnation, Exit(remains.reason)))
        default:
            parent.place(key, did: .ended(incarnation: incarnation, remains.reason, askedFor: asked))
        }
        for waiter in remains.waiters { waiter.end(remains.reason) }
    }

    private func strayReturned(_ incarnation: Int) {
        guard let tasks = state.withLock({ $0.strayReturned(incarnation) }) else { return }
        if tasks.isEmpty { return parent.place(key, did: .strayEnded(incarnation: incarnation)) }
        // Unstructured: nobody waits for a stray. It ends when the stray's own tasks do.
        _ = runtime.spawn { [parent, key] in
            for task in tasks { await task.value }
            parent.place(key, did: .strayEnded(incarnation: incarnation))
        }
    }

    func close() {
        if let name { runtime.names.release(name, of: self) }
        let (letters, reason) = state.withLock { state in (state.close(), state.exit) }
        for case .call(let call) in letters {
            call.fail(reason.map(ServerError.exited) ?? ServerError.notRunning(label))
        }
    }

    /// Waits until the present incarnation has ended; nil when `time` was over first.
    func waitForExit(within time: Duration? = nil) async -> ExitReason? {
        let waiter = ExitWaiter()
        let past = state.withLock { state -> ExitReason? in
            if state.phase == .vacant || state.phase == .closed { return state.exit ?? .normal }
            state.exitWaiters.append(waiter)
            return nil
        }
        if let past { return past }
        let token = time.map { runtime.deadlines.schedule(at: runtime.now.advanced(by: $0), waiter) }
        let reason = await waiter.reason()
        if let token { runtime.deadlines.cancel(token) }
        return reason
    }
}

extension ServerPlace: DeadlineTarget {}
