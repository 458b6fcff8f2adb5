extension ServerPlace {
    /// False when the incarnation is over.
    @usableFromInline
    func keep(_ timer: PlaceTimer, of incarnation: Int) -> Bool {
        withState { state in
            guard state.isLive(incarnation), state.phase != .ending else { return false }
            state.rare.belongings.timers.add(timer)
            return true
        }
    }

    @usableFromInline
    func forget(_ timer: PlaceTimer, of incarnation: Int) {
        withState { state in
            guard state.incarnation == incarnation else { return }
            state.knownRare?.belongings.timers.remove(timer)
        }
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
