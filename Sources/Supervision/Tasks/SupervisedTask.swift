/// A task that a ``TaskSupervisor`` runs, and whose result is awaited by whoever has started it.
///
/// ```swift
/// let rates = try await tasks.async { try await fetchRates() }
/// let stock = try await tasks.async { try await fetchStock() }
/// let offer = Offer(try await stock.value(), try await rates.value())
/// ```
///
/// The result is for the owner alone, and is given once (R85). The owner is the server whose code has started the task,
/// in that incarnation; outside of servers it is the Swift task that has.
///
/// A task that calls its owner back, while the owner waits for it in a handler, waits until one of the two has waited long
/// enough: a server takes no other message meanwhile.
public struct SupervisedTask<Value: Sendable>: Sendable {
    let work: SupervisedWork<Value>

    /// Where the task stands in the tree, such as `app/tasks/task#7`.
    public var path: String { work.path }

    /// Waits for the result (R85).
    ///
    /// When the time is over, or the caller is cancelled, the result is given up: it goes nowhere when it comes. A linked
    /// task is asked to stop then, as nobody has a use for it; one without a link runs on.
    ///
    /// - Throws: what the task has thrown; ``ServerError/exited(_:)`` when it ended otherwise before it had a result;
    ///   ``TaskError/timedOut(path:after:)``, `notOwner`, `alreadyTaken`; `CancellationError`.
    public func value(timeout: Duration = .seconds(5)) async throws -> Value {
        try check()
        guard let outcome = await work.promise.take(within: timeout, in: work.runtime) else {
            let isTaken = work.promise.isDropped
            work.promise.drop()
            if work.unlink() { work.giveUp() }
            if Task.isCancelled { throw CancellationError() }
            throw isTaken ? TaskError.alreadyTaken(path: path) : TaskError.timedOut(path: path, after: timeout)
        }
        return try outcome.value
    }

    /// Waits for the outcome for a while; nil when there is none by then (R86). The task goes on, and can be asked again.
    ///
    /// - Returns: the result, or the reason why the task has ended without one.
    /// - Throws: ``TaskError/notOwner(path:)``, `alreadyTaken`; `CancellationError`, after which it can be asked again, too.
    public func yield(within time: Duration = .seconds(5)) async throws -> Result<Value, Exit>? {
        try check()
        if let outcome = await work.promise.take(within: time, in: work.runtime) { return outcome }
        if Task.isCancelled { throw CancellationError() }
        return nil
    }

    /// Asks the task to stop, waits until it has, and gives it up when it does not within `time` (R86, S3).
    ///
    /// It waits on when the caller is cancelled.
    ///
    /// - Returns: its result, if it had one before it ended; why it ended, when that was not the request; otherwise nil.
    /// - Throws: ``TaskError/notOwner(path:)``, `alreadyTaken`.
    @discardableResult
    public func shutdown(within time: Duration = .seconds(5)) async throws(TaskError) -> Result<Value, Exit>? {
        try check()
        work.giveUp(within: time)
        switch await work.promise.take() {
        case .failure(let exit) where exit.isShutdown: return nil
        case let outcome: return outcome
        }
    }

    /// Lets the task go: it is not linked any more, and what it gives or throws goes nowhere (R86).
    ///
    /// - Returns: the outcome, if it is there already.
    /// - Throws: ``TaskError/notOwner(path:)``, `alreadyTaken`.
    @discardableResult
    public func ignore() throws(TaskError) -> Result<Value, Exit>? {
        try check()
        work.unlink()
        return work.promise.drop()
    }

    private func check() throws(TaskError) {
        if !work.isOwned { throw .notOwner(path: path) }
        if work.promise.isDropped { throw .alreadyTaken(path: path) }
    }
}

extension Result where Failure == Exit {
    /// The value; what was thrown instead of one; or how it ended otherwise.
    var value: Success {
        get throws {
            switch self {
            case .success(let value): return value
            case .failure(let exit):
                if case .error(let error) = exit.reason { throw error }
                throw ServerError.exited(exit.reason)
            }
        }
    }
}

extension Exit {
    fileprivate var isShutdown: Bool {
        if case .shutdown = reason { return true }
        return false
    }
}
