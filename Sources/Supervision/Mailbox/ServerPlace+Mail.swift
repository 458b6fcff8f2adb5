public import Synchronization

@usableFromInline
enum PostOutcome {
    case accepted, refused
    /// The mailbox is not a plain one.
    case byRules
}

/// What a drain does next.
@usableFromInline
struct Batch<Server: GenServer> {
    @usableFromInline var letters: [Letter<Server>] = []
    /// A request of an operator, in place of letters (G17).
    @usableFromInline var request: Letter<Server>?
    /// Whether something is to be done about each message.
    @usableFromInline var isWatched = false
    /// Whether there may be someone who waits for the room that a letter leaves (S17).
    @usableFromInline var makesRoom = false

    @usableFromInline
    init(letters: [Letter<Server>]) {
        self.letters = letters
    }

    @usableFromInline
    init(request: Letter<Server>) {
        self.request = request
    }
}

extension ServerPlace {
    /// Gives why it was refused.
    @inlinable
    @discardableResult
    func post(_ letter: Letter<Server>) -> ServerError? {
        switch postPlainly(letter) {
        case .accepted: return nil
        case .refused: return .notRunning(label)
        case .byRules: return postByRules(letter)
        }
    }

    /// Posts a letter unless the mailbox has rules of its own.
    @inlinable
    func postPlainly(_ letter: Letter<Server>) -> PostOutcome {
        withState { state in
            guard state.traits.isEmpty else { return .byRules }
            switch state.post(letter) {
            case .keep:
                hasNewLetter.store(true, ordering: .relaxed)
                return .accepted
            case .refuse: return .refused
            case .wake:
                wake(&state)
                return .accepted
            }
        }
    }

    /// False when the incarnation is over.
    @discardableResult
    func postOwn(_ message: Server.Message, from incarnation: Int, timer: ServerTimer<Server>? = nil) -> Bool {
        let letter = Letter<Server>.own(message, incarnation: incarnation, timer: timer)
        var post = OwnPost()
        withState { post = letIn(letter, from: incarnation, &$0) }
        if let depth = post.highDepth { tellHigh(depth) }
        return post.isTaken
    }

    @inlinable
    func postUrgent(_ message: Server.Message, from incarnation: Int) {
        withState { state in
            let letter = Letter<Server>.own(message, incarnation: incarnation, timer: nil)
            let action = state.postUrgent(letter, from: incarnation)
            if action == .wake { wake(&state) }
            if !state.traits.isEmpty { noteReceived(action != .refuse, &state) }
        }
        hasUrgentLetter.store(true, ordering: .relaxed)
    }

    // Not inlined: whoever finds the server awake would count references for what only this needs.
    @inlinable
    @inline(never)
    func wake(_ state: inout MailboxState<Server>) {
        guard let server = state.server else { return }
        startDrain(server, incarnation: state.incarnation, &state)
    }

    @usableFromInline
    func startDrain(_ server: Server, incarnation: Int, _ state: inout MailboxState<Server>) {
        // Unstructured, because it belongs to no caller: it lives while letters wait, and is joined by the end of the
        // incarnation, which begins only when it has left.
        state.work = Launch(drainOf: server, at: self, of: incarnation).start()
    }

    /// Takes the server through its mail. Gives what this task can run: the end of the incarnation, and what a supervisor
    /// has decided on.
    ///
    /// - Parameter isLent: whether the task has something else to get back to.
    @inline(__always)
    func serveMail(_ server: Server, as turn: Turn, isLent: Bool = false) async -> LaunchList {
        let incarnation = turn.incarnation
        let following: LaunchList
        if isSurrounded {
            following = await surround(incarnation) {
                await turn.run { await drain(self, server, incarnation, isLent) }
            }
        } else {
            following = await turn.run { await drain(self, server, incarnation, isLent) }
        }
        noteLeft()
        return following
    }

    /// Where a supervisor puts what it decides on; nil for any other server.
    @usableFromInline
    func launchDesk(of server: Server) -> LaunchDesk? {
        isSelfManaged ? (server as? any SelfManagedServer)?.launches : nil
    }

    /// Gives what the drain's own task can run: the end of the incarnation, and what a supervisor has decided on.
    ///
    /// - Parameter isLent: whether the drain's task has something else to get back to, and so makes no call that may take
    ///   its time.
    @inlinable
    func drain(_ server: isolated Server, incarnation: Int, isLent: Bool) async -> LaunchList {
        let context = ServerContext(place: self, incarnation: incarnation)
        let desk = launchDesk(of: server)
        desk?.keep()
        var rest: ArraySlice<Letter<Server>> = []
        var handledCount = 0
        var hasCrashed = false
        drain: while let batch = takeBatch(of: server, incarnation) {
            if let request = batch.request {
                serve(request, on: server)
                continue
            }
            rest = batch.letters[...]
            var hasServedCall = false
            while let letter = rest.first {
                if isLent, case .call(let call) = letter, call.isAsynchronous { break drain }
                guard beginLetter(rest.startIndex, incarnation) else {
                    // Made room for others, or given up meanwhile: then the rest is the next incarnation's.
                    guard nextLetter(of: incarnation) != nil else { break drain }
                    rest = unbegun(rest, of: incarnation)
                    continue
                }
                rest.removeFirst()
                if rest.isEmpty, !hasNewLetter.load(ordering: .relaxed) {
                    occupancy.store(Occupancy.leaving, ordering: .relaxed)
                }
                if case .call(let call) = letter {
                    hasServedCall = true
                    // What it may take its time over does not hold that up.
                    if call.isAsynchronous { desk?.clear() }
                }
                if batch.makesRoom { admitSuspended() }
                do {
                    if batch.isWatched {
                        try await handleWatched(letter, on: server, context)
                    } else {
                        try await handle(letter, on: server, context)
                    }
                } catch {
                    noteCrash(at: letter, on: server, incarnation)
                    let now = runtime.now
                    let wasAsked = withState { state in
                        let wasAsked = state.exit != nil
                        state.fail(error, in: incarnation, now: now)
                        return wasAsked
                    }
                    hasCrashed = !wasAsked && !letter.isGivenUp && !Task.isCancelled
                    break drain
                }
                // The server is to stop, or a call's caller gave up and the rest must not see its cancellation.
                if Task.isCancelled || letter.isGivenUp { break drain }
                if hasUrgentLetter.load(ordering: .relaxed) {
                    hasUrgentLetter.store(false, ordering: .relaxed)
                    // One that is through keeps its letters, which are not to be freed under the lock.
                    if !rest.isEmpty {
                        putBack(rest, incarnation)
                        rest = []
                    }
                    continue drain
                }
            }
            handledCount += batch.letters.count
            if !hasServedCall { linger(after: batch.letters.count, of: handledCount) }
        }
        let ending = withState { state in
            let rest = rest.isEmpty ? rest : unbegun(rest, of: incarnation)
            return act(on: state.leave(server, incarnation: incarnation, rest: rest), of: incarnation, &state)
        }
        let following = desk?.take() ?? .none
        // A crash is no cancellation, so the end of the incarnation can have the task (S4).
        if hasCrashed { return launch(of: ending, after: following) }
        finish(ending)
        return following
    }

    /// Waits a moment after messages: where one has come, the next is often near, and a drain that begins anew for it
    /// costs a task and another thread's attention. Up to a microsecond or so in a stream of them, and then for some to
    /// gather: a drain that came for each would fight with the senders for the lock. Not after a call, whose caller may
    /// come again at once, to find the server idle.
    @usableFromInline
    func linger(after batch: Int, of handled: Int) {
        if runtime.isSimulated || batch > 8 && hasNewLetter.load(ordering: .relaxed) { return }
        for _ in 0..<(handled > 4 ? 5 : 1) {
            pause()
            if hasNewLetter.load(ordering: .relaxed) { return }
        }
    }

    @inlinable
    func takeBatch(of server: Server, _ incarnation: Int) -> Batch<Server>? {
        withState { state in
            switch state.takeBatch(of: server, incarnation: incarnation) {
            case .leave: return nil
            case .serve(let request): return Batch(request: request)
            case .handle(let letters):
                hasNewLetter.store(false, ordering: .relaxed)
                let hint = state.traits.allowsVisits ? Occupancy.draining : Occupancy.unknown
                occupancy.store(hint, ordering: .relaxed)
                begun.store(Begun.word(0, incarnation), ordering: .relaxed)
                var batch = Batch<Server>(letters: letters)
                if !state.traits.isEmpty { note(state.traits, for: &batch) }
                return batch
            }
        }
    }

    @usableFromInline
    func note(_ traits: MailboxTraits, for batch: inout Batch<Server>) {
        batch.isWatched = traits.watchesMessages
        batch.makesRoom = rules?.mailbox?.overflow == .suspend
    }

    /// Serves a request of an operator. What it throws is the operator's alone.
    @usableFromInline
    func serve(_ request: Letter<Server>, on server: isolated Server) {
        if case .call(let call) = request { try? call.run(on: server) }
    }

    /// A letter was begun: what waits for room can come in (S17).
    @usableFromInline
    func admitSuspended() {
        withState { state in
            if state.hasRareMail { state.admitSuspended(besides: unbegunCount(in: state)) }
        }
    }

    /// What is left of a batch. Some of it may have been taken back meanwhile, to make room.
    @usableFromInline
    func unbegun(_ rest: ArraySlice<Letter<Server>>, of incarnation: Int) -> ArraySlice<Letter<Server>> {
        // An abandoned incarnation has nothing left, whatever it brings.
        guard !rest.isEmpty, let next = nextLetter(of: incarnation) else { return rest }
        return rest[min(max(next, rest.startIndex), rest.endIndex)...]
    }

    /// Which letter of the batch comes next when others have been taken out before it; nil when the incarnation was
    /// abandoned.
    @usableFromInline
    func nextLetter(of incarnation: Int) -> Int? {
        let word = begun.load(ordering: .relaxed)
        return word >> 32 == UInt64(UInt32(truncatingIfNeeded: incarnation)) ? Begun.count(word) : nil
    }

    /// Marks the letter at `index` of the batch as begun. False when the incarnation was abandoned.
    @inlinable
    func beginLetter(_ index: Int, _ incarnation: Int) -> Bool {
        begun.compareExchange(
            expected: Begun.word(index, incarnation),
            desired: Begun.word(index + 1, incarnation),
            ordering: .relaxed
        ).exchanged
    }

    /// Gives back what the drain has not begun, because something is to be handled before it. An abandoned incarnation
    /// has nothing left to give.
    @usableFromInline
    func putBack(_ rest: ArraySlice<Letter<Server>>, _ incarnation: Int) {
        withState { state in
            guard state.isLive(incarnation) else { return }
            let rest = unbegun(rest, of: incarnation)
            state.taken = []
            state.putBack(rest)
        }
    }

    @inlinable
    func handle(
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
            withState { state in
                if state.isLive(context.incarnation) { state.current = call }
            }
            defer {
                withState { state in
                    if state.current === call { state.current = nil }
                }
            }
            try await call.runAsync(on: server)
        }
    }

    /// The task that runs `call`, if it runs now.
    func task(running call: AnyPendingCall) -> Task<Void, Never>? {
        withState { $0.current === call ? $0.work : nil }
    }

    /// A request of an operator. Gives why it was refused.
    func postSystem(_ call: PendingCall<Server>) -> ServerError? {
        let action = withState { state in
            let action = state.postSystem(.call(call))
            if action == .wake { wake(&state) }
            return action
        }
        hasUrgentLetter.store(true, ordering: .relaxed)
        return action == .refuse ? .notRunning(label) : nil
    }

    /// A call was given up before its turn came.
    func noteWithdrawn(_ call: AnyPendingCall) {
        // Returned out of the lock, so that whatever the calls' bodies own is freed outside it.
        _ = withState { state -> (letters: [Letter<Server>], suspended: [SuspendedLetter<Server>]) in
            guard state.hasSuspendedLetters else { return (state.withdraw(), []) }
            if call.waitsForRoom { return ([], state.withdrawSuspended()) }
            // Others wait for the room that it leaves.
            takeBack(&state)
            let letters = state.sweep()
            state.admitSuspended()
            return (letters, [])
        }
    }

    /// A sender has given up before there was room for its message.
    func noteWithdrawnSender() {
        _ = withState { state in
            state.hasSuspendedLetters ? state.withdrawSuspended() : []
        }
    }

    /// Gives the incarnation that is to answer.
    func noteDeferred(_ call: AnyPendingCall) -> Int {
        withState { state in
            state.rare.belongings.deferred[ObjectIdentifier(call)] = call
            return state.incarnation
        }
    }

    /// False when `incarnation` is over.
    func noteDeferred(_ call: AnyPendingCall, of incarnation: Int) -> Bool {
        withState { state in
            guard state.isLive(incarnation) else { return false }
            state.rare.belongings.deferred[ObjectIdentifier(call)] = call
            return true
        }
    }

    func forgetDeferred(_ call: AnyPendingCall) {
        let ending = withState { state -> IncarnationEnding? in
            guard let rare = state.knownRare, !rare.belongings.deferred.isEmpty else { return nil }
            rare.belongings.deferred[ObjectIdentifier(call)] = nil
            // The last answer that a last drain waited for (S14).
            guard state.phase == .idle, let server = state.server else { return nil }
            state.endIfDrained()
            guard state.exit != nil else { return nil }
            state.phase = .ending
            return beginEnding(server, state.incarnation, &state)
        }
        finish(ending)
    }
}
