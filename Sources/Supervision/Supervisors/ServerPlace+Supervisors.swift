internal import Synchronization

/// What is brought to a supervisor by the task that has it: by a child's, or by a caller's.
extension ServerPlace where Server: SupervisingServer {
    /// Gives `signal` to the supervisor, and gives what the supervisor has decided to start and to end.
    ///
    /// If it is idle, the task of the child visits it in place of a message. If it is not, the signal is posted. In either
    /// case the task takes the supervisor through its mail when nobody else is about to: a drain of its own would stand
    /// behind all tasks of children that can run, each of which would then find the supervisor taken and post, too.
    @inline(__always)
    func tell(
        _ signal: consuming SupervisorSignal,
        from sender: Int,
        now: RuntimeInstant
    ) async -> (isHeard: Bool, following: LaunchList) {
        // With more patience than a caller has: children that end together come together.
        if let (server, word) = enterSoon(looks: 50, standstills: 10) {
            return await tell(server, by: word, consume signal, from: sender, now: now)
        }
        if runtime.isSimulated, let told = await tellInSimulation(copy signal, from: sender, now: now) { return told }
        let post = postSignal(signal, from: sender)
        guard let idle = post.idle else { return (post.isHeard, .none) }
        return (true, await serveMail(idle, after: .none, sender))
    }

    /// Tells the supervisor, which belongs to the current task until that leaves it.
    @inline(__always)
    private func tell(
        _ server: Server,
        by word: UInt64,
        _ signal: consuming SupervisorSignal,
        from sender: Int,
        now: RuntimeInstant
    ) async -> (isHeard: Bool, following: LaunchList) {
        let following: LaunchList
        let left: Server?
        let visit = await visit(server, by: word, consume signal, from: sender, now: now)
        noteLeft()
        switch visit {
        case .over: return (false, .none)
        case .left(let launches, let server): (following, left) = (launches, server)
        case .started(let launches):
            (following, left) = await tellOfStart(server, by: word, launches, now: now)
        }
        guard let left else { return (true, following) }
        return (true, await serveMail(left, after: following, sender))
    }

    /// A simulation has the task visit the supervisor, or post and leave the rest to a drain. Nil when it is to visit, and
    /// the supervisor is taken.
    @inline(never)
    private func tellInSimulation(
        _ signal: consuming SupervisorSignal,
        from sender: Int,
        now: RuntimeInstant
    ) async -> (isHeard: Bool, following: LaunchList)? {
        guard let interference = runtime.interference, interference.choose(2) == 1 else {
            return (postOwn(Server.message(signal), from: sender), .none)
        }
        guard let (server, word) = await visit(interference) else { return nil }
        return await tell(server, by: word, consume signal, from: sender, now: now)
    }

    /// Apart, since it is rare and its frame is large.
    @inline(never)
    private func serveMail(_ server: Server, after launches: LaunchList, _ incarnation: Int) async -> LaunchList {
        var launches = launches
        launches.append(contentsOf: await serveMail(server, as: Turn(self, of: incarnation), isLent: true))
        return launches
    }

    private enum Visit {
        /// The incarnation is over.
        case over
        /// With what has been decided, and the supervisor if it is to be taken through mail that has come meanwhile.
        case left(LaunchList, Server?)
        /// The start of the supervisor is complete. It is to be left when its parent has been told.
        case started(LaunchList)
    }

    private func visit(
        _ server: isolated Server,
        by word: UInt64,
        _ signal: consuming SupervisorSignal,
        from sender: Int,
        now: RuntimeInstant
    ) -> Visit {
        guard Gate.incarnation(word) == sender else {
            leave(server, by: word)
            return .over
        }
        let desk = server.launches
        desk.keepTellingOfStart()
        do {
            try server.take(consume signal, now: now)
            if desk.takeStart() { return .started(desk.take()) }
            let left = leaveWithMail(server, by: word)
            // What is decided on comes with what the mail leads to.
            return .left(left == nil ? desk.take() : .none, left)
        } catch {
            // It may end at once for what has happened during its start.
            if desk.takeStart() { postStart(of: sender) }
            let ending = endOnLeaving(server, sender, failure: error)
            return .left(launch(of: ending, after: desk.take()), nil)
        }
    }

    /// Tells the parent of a supervisor that its start is complete, off the supervisor but before it is left, so that no
    /// end of it comes before that; and goes on with what the parent decides.
    ///
    /// By a message, the next start of the parent's would be another task, and as a rule another thread.
    @inline(never)
    private func tellOfStart(
        _ server: Server,
        by word: UInt64,
        _ launches: LaunchList,
        now: RuntimeInstant
    ) async -> (LaunchList, Server?) {
        var launches = launches
        if let event = startEvent(of: Gate.incarnation(word)) {
            launches.append(contentsOf: await parent.tell(key, event, now: now).following)
        }
        let left = leaveWithMail(server, by: word)
        noteLeft()
        return (launches, left)
    }

    /// Leaves the supervisor, and gives it if there is mail, which is then for the current task to see to.
    private func leaveWithMail(_ server: Server, by word: UInt64) -> Server? {
        if leaveQuietly(by: word) { return nil }
        let incarnation = Gate.incarnation(word)
        let (left, ending) = withState { state -> (Server?, IncarnationEnding?) in
            let action = state.leave(server, incarnation: incarnation)
            if case .drain(let server, _) = action { return (server, nil) }
            return (nil, act(on: action, of: incarnation, &state))
        }
        finish(ending)
        return left
    }

    /// Posts a signal. Gives the supervisor if it has been idle, so that it is for the current task to see to its mail.
    private func postSignal(_ signal: SupervisorSignal, from sender: Int) -> (isHeard: Bool, idle: Server?) {
        let letter = Letter<Server>.own(Server.message(signal), incarnation: sender, timer: nil)
        let (action, idle) = withState { state -> (MailboxState<Server>.PostAction?, Server?) in
            guard state.traits.subtracting(.isSimulated).isEmpty else { return (nil, nil) }
            let action = state.postOwn(letter, from: sender)
            if action == .keep { hasNewLetter.store(true, ordering: .relaxed) }
            return (action, action == .wake ? state.server : nil)
        }
        guard let action else { return (postOwn(Server.message(signal), from: sender), nil) }
        return (action != .refuse, idle)
    }
}

extension ServerRef where Server: SupervisingServer {
    /// Asks the supervisor for a change of its children, which it answers when that is made.
    func request<Answer: Sendable>(
        _ body: @escaping @Sendable (isolated Server, Reply<Answer>) throws -> Void
    ) async throws -> Answer {
        let call = DeferredCall(place: try resolve(), body: body)
        return try await call.visitingValue(timeout: .unbounded) { server, word in
            let launches = try await call.visitSupervisor(server, by: word)
            // Off the supervisor, which they are going to tell what comes of them.
            launches.spawn()
        }
    }
}

extension DeferredCall where Server: SupervisingServer {
    /// Gives what the supervisor has decided to start and to end.
    fileprivate func visitSupervisor(_ server: isolated Server, by word: UInt64) throws -> LaunchList {
        server.launches.keep()
        do {
            try visit(server, by: word)
        } catch {
            server.launches.take().spawn()
            throw error
        }
        return server.launches.take()
    }
}
