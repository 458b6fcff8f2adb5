internal import Synchronization

/// A supervised task as the one who has started it knows it: its place, its outcome, and the link between the two.
///
/// It observes the task's place, and is kept, as long as there is a link, with what else its owner has begun.
final class SupervisedWork<Value: Sendable>: ExitObserver, Watch {
    typealias Outcome = TaskPromise<Value>.Outcome

    private struct State {
        /// The task's place, from its start to its end.
        var place: ServerPlace<WorkerServer>?
        var path = ""
        var isLinked: Bool
        /// Set when nobody wants it any more, perhaps before it has started.
        var isGivenUp = false
    }

    let runtime: Runtime
    let owner: TaskOwner?
    /// The Swift task that has started it, when no server has.
    let ownerTask: UInt?
    let callers: [String]
    let promise = TaskPromise<Value>()
    /// Told of the outcome, outside of every lock.
    private let onOutcome: @Sendable (Outcome) -> Void
    private let state: Mutex<State>

    init(isLinked: Bool, in runtime: Runtime, onOutcome: @escaping @Sendable (Outcome) -> Void = { _ in }) {
        self.runtime = runtime
        owner = TaskOwner.current
        ownerTask = TaskIdentity.current
        callers = TaskOwner.callersOfNext
        self.onOutcome = onOutcome
        state = Mutex(State(isLinked: isLinked))
    }

    /// Whether the code that asks belongs to whoever has started the task (R85).
    var isOwned: Bool {
        if let owner { return TaskOwner.current.map { $0.isSame(as: owner) } ?? false }
        return TaskOwner.current == nil && TaskIdentity.current == ownerTask
    }

    var path: String { state.withLock { $0.path } }

    /// The server of the task, for its place.
    func server(running operation: @escaping @Sendable () async throws -> Value) -> WorkerServer {
        WorkerServer(begin: { try self.begin($0) }) { [self] in
            let value = try await TaskOwner.run(for: callers, operation)
            settle(.success(value))
        }
    }

    private func begin(_ context: ServerContext<WorkerServer>) throws {
        let (isLinked, isGivenUp) = state.withLock { state in
            state.place = context.place
            state.path = context.path
            return (state.isLinked, state.isGivenUp)
        }
        // Before its code runs, so that no end of either comes before the link.
        if isGivenUp || isLinked && !link() {
            // Nobody will tell this of an end. The place keeps it, and it must not keep the place for ever.
            state.withLock { $0.place = nil }
            throw Exit(.shutdown)
        }
        // One that was cut off meanwhile has ended already.
        if let past = context.place.observe(self).past { ended(past) }
    }

    /// False when the owner has ended.
    private func link() -> Bool {
        guard let owner else { return true }
        return owner.place.keep(self, of: owner.incarnation)
    }

    private func settle(_ outcome: Outcome) {
        promise.settle(outcome)
        onOutcome(outcome)
    }

    /// The task has ended.
    func ended(_ reason: ExitReason) {
        let wasLinked = unlink()
        // Dropped when its result has come, as it has in most cases.
        settle(.failure(Exit(reason)))
        state.withLock { $0.place = nil }
        if wasLinked, let owner, !reason.isNormal { owner.place.exit(reason, of: owner.incarnation) }
    }

    /// The owner has ended, and takes the task along.
    func stop() {
        promise.drop()
        giveUp()
    }

    /// Cuts the link. False when there was none.
    @discardableResult
    func unlink() -> Bool {
        let wasLinked = state.withLock { state in
            defer { state.isLinked = false }
            return state.isLinked
        }
        if wasLinked, let owner { owner.place.forgetWatch(self, of: owner.incarnation) }
        return wasLinked
    }

    /// Asks the task to stop, without a link; also when it has not begun yet.
    ///
    /// - Parameter time: how long it is given; nil for its own shutdown time.
    func giveUp(within time: Duration? = nil) {
        unlink()
        let place = state.withLock { state in
            state.isGivenUp = true
            return state.place
        }
        guard let place else { return }
        if let time { place.requestExit(.shutdown, of: nil, within: time) } else { place.exit(.shutdown, of: nil) }
    }
}

extension ExitReason {
    fileprivate var isNormal: Bool {
        if case .normal = self { return true }
        return false
    }
}
