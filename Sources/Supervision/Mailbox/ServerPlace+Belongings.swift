extension ServerPlace {
    /// Where the timers of `incarnation` are kept; nil when it is over.
    @usableFromInline
    func timers(of incarnation: Int) -> TimerList? {
        withState { state in
            guard state.isLive(incarnation), state.phase != .ending else { return nil }
            if let timers = state.knownRare?.belongings.timers { return timers }
            let timers = TimerList(of: incarnation, in: runtime)
            state.rare.belongings.timers = timers
            return timers
        }
    }

    @usableFromInline
    func arm(_ timer: PlaceTimer, after delay: Duration) {
        timer.arm(after: delay, for: self)
    }

    @discardableResult
    func startTask<Value: Sendable>(
        of incarnation: Int,
        tellsExit: Bool,
        _ work: @escaping @Sendable () async throws -> Value,
        _ message: @escaping @Sendable (Result<Value, any Error>) -> Server.Message
    ) -> TaskToken {
        withState { state in
            guard state.isLive(incarnation), state.exit == nil else { return TaskToken(task: nil) }
            let number = state.rare.belongings.nextTask
            state.rare.belongings.nextTask += 1
            // Unstructured, because it runs beside the mailbox; cancelled and joined by the end of the incarnation.
            let task = runtime.spawn { [self] in
                let result: Result<Value, any Error>
                let owner = TaskOwner(place: self, incarnation: incarnation, callers: [])
                do {
                    result = .success(try await surround(incarnation) { try await owner.run(work) })
                } catch {
                    result = .failure(error)
                }
                taskEnded(number, of: incarnation, tellsExit: tellsExit, result, message)
            }
            state.rare.belongings.tasks[number] = task
            return TaskToken(task: task)
        }
    }

    func taskEnded<Value: Sendable>(
        _ number: Int,
        of incarnation: Int,
        tellsExit: Bool,
        _ result: Result<Value, any Error>,
        _ message: @Sendable (Result<Value, any Error>) -> Server.Message
    ) {
        let letter = Letter<Server>.own(message(result), incarnation: incarnation, timer: nil)
        let now = runtime.now
        var post = OwnPost()
        withState { state in
            guard state.isLive(incarnation) else { return }
            if state.exit == nil {
                state.rare.belongings.tasks[number] = nil
                post = letIn(letter, from: incarnation, &state)
            } else if tellsExit, case .failure(let error) = result {
                state.fail(error, in: incarnation, now: now)
            }
        }
        if let depth = post.highDepth { tellHigh(depth) }
    }
}
