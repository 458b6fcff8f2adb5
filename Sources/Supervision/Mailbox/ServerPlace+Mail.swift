public import Synchronization

extension ServerPlace {
    /// False when the place is closed.
    @inlinable
    @discardableResult
    func post(_ letter: Letter<Server>) -> Bool {
        withState { state in
            switch state.post(letter) {
            case .keep: return true
            case .refuse: return false
            case .wake:
                wake(&state)
                return true
            }
        }
    }

    /// False when the incarnation is over.
    @discardableResult
    func postOwn(_ message: Server.Message, from incarnation: Int, timer: ServerTimer<Server>? = nil) -> Bool {
        withState { state in
            let letter = Letter<Server>.own(message, incarnation: incarnation, timer: timer)
            let action = state.postOwn(letter, from: incarnation)
            if action == .wake { wake(&state) }
            return action != .refuse
        }
    }

    func postUrgent(_ message: Server.Message, from incarnation: Int) {
        withState { state in
            let letter = Letter<Server>.own(message, incarnation: incarnation, timer: nil)
            if state.postUrgent(letter, from: incarnation) == .wake { wake(&state) }
        }
        hasUrgentLetter.store(true, ordering: .relaxed)
    }

    @inlinable
    func wake(_ state: inout MailboxState<Server>) {
        guard let server = state.server else { return }
        startDrain(server, incarnation: state.incarnation, &state)
    }

    @inlinable
    func startDrain(_ server: Server, incarnation: Int, _ state: inout MailboxState<Server>) {
        // Unstructured, because it belongs to no caller: it lives while letters wait, and is joined by the end of the
        // incarnation, which begins only when it has left.
        state.work = runtime.spawn { [self] in
            await asTurn { await drain(server, incarnation: incarnation) }
        }
    }

    @usableFromInline
    func asTurn(_ body: () async -> Void) async {
        await Turn(self).run(body)
    }

    @inlinable
    func drain(_ server: isolated Server, incarnation: Int) async {
        let context = ServerContext(place: self, incarnation: incarnation)
        var rest: ArraySlice<Letter<Server>> = []
        drain: while case .handle(let batch) = withState({ $0.takeBatch(of: server, incarnation: incarnation) }) {
            rest = batch[...]
            var begun: UInt32 = 0
            while let letter = rest.popFirst() {
                begun += 1
                begunInBatch.store(begun, ordering: .relaxed)
                do {
                    try await handle(letter, on: server, context)
                } catch {
                    let now = runtime.now
                    withState { $0.fail(error, in: incarnation, now: now) }
                    break drain
                }
                // The server is to stop, or a call's caller gave up and the rest must not see its cancellation.
                if Task.isCancelled { break drain }
                if hasUrgentLetter.load(ordering: .relaxed) {
                    hasUrgentLetter.store(false, ordering: .relaxed)
                    let isLive = withState { state in
                        guard state.isLive(incarnation) else { return false }
                        state.putBack(rest)
                        return true
                    }
                    guard isLive else { break drain }
                    rest = []
                    continue drain
                }
            }
        }
        let ending = withState { state in
            act(on: state.leave(server, incarnation: incarnation, rest: rest), of: incarnation, &state)
        }
        finish(ending)
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

    /// The caller of `call`, which runs now, has given up.
    func cancelRunning(_ call: PendingCall<Server>) {
        let work = withState { $0.current === call ? $0.work : nil }
        work?.cancel()
    }

    func noteWithdrawn() {
        withState { $0.withdraw() }
    }

    func noteDeferred(_ call: PendingCall<Server>) {
        withState { state in
            state.rare.belongings.deferred[ObjectIdentifier(call)] = call
        }
    }

    func forgetDeferred(_ call: PendingCall<Server>) {
        withState { state in
            _ = state.rare.belongings.deferred.removeValue(forKey: ObjectIdentifier(call))
        }
    }
}
