/// What becomes of a stream when one of its elements takes too long (R87).
public enum TaskStreamTimeout: Sendable {
    /// The stream fails with ``TaskError/timedOut(path:after:)``.
    case fail
    /// The task of that element is stopped; the element tells so, and the stream goes on.
    case stopElement
}

/// What has become of one input of a stream of tasks.
public struct TaskStreamElement<Input: Sendable, Value: Sendable>: Sendable {
    /// What the task was given.
    public let input: Input
    /// What it has returned, or why it ended otherwise. With ``TaskStreamTimeout/stopElement`` the reason of one that took
    /// too long is an error, ``TaskError/timedOut(path:after:)``.
    public let outcome: Result<Value, Exit>

    /// What the task has returned.
    ///
    /// - Throws: what it has thrown; ``ServerError/exited(_:)`` when it ended otherwise.
    public var value: Value {
        get throws { try outcome.value }
    }
}

/// The pure state of a stream of tasks: which inputs are being worked on, and what comes next.
///
/// An element is in flight from its start until it is given to the consumer, so that neither tasks nor results that wait
/// for their turn are ever more than the limit (R87).
///
/// Invariants: with `isOrdered`, `ready` has the elements up to `nextNumber` and `early` those after a gap; otherwise
/// `early` is empty. Once there is a failure nothing is given out any more.
struct TaskStreamState<Input: Sendable, Value: Sendable>: Sendable {
    typealias Element = TaskStreamElement<Input, Value>

    struct Running: Sendable {
        var input: Input
        /// Set when it has taken too long and is being stopped.
        var lateness: TaskError?
    }

    enum Step {
        case give(Element)
        case wait
        case fail(any Error)
        /// Nothing is in flight.
        case idle
    }

    enum TimeoutAction: Equatable {
        case stop, fail, nothing
    }

    let limit: Int
    let isOrdered: Bool
    /// Whether a failure is the failure of all.
    let isLinked: Bool
    let onTimeout: TaskStreamTimeout
    private var running: [UInt64: Running] = [:]
    private var early: [UInt64: Element] = [:]
    private var ready: [Element] = []
    private var lastNumber: UInt64 = 0
    private var nextNumber: UInt64 = 1
    private var failure: (any Error)?

    init(limit: Int, isOrdered: Bool, isLinked: Bool, onTimeout: TaskStreamTimeout) {
        self.limit = max(1, limit)
        self.isOrdered = isOrdered
        self.isLinked = isLinked
        self.onTimeout = onTimeout
    }

    var hasRoom: Bool { failure == nil && running.count + early.count + ready.count < limit }

    mutating func begin(_ input: Input) -> UInt64 {
        lastNumber += 1
        running[lastNumber] = Running(input: input)
        return lastNumber
    }

    /// A task has ended. False when that is known.
    mutating func settle(_ number: UInt64, _ outcome: Result<Value, Exit>) -> Bool {
        guard let task = running.removeValue(forKey: number) else { return false }
        var outcome = outcome
        if let lateness = task.lateness {
            // Also when a result has come after all.
            outcome = .failure(Exit(.error(lateness)))
        } else if isLinked, failure == nil, case .failure = outcome {
            do { _ = try outcome.value } catch { failure = error }
        }
        let element = Element(input: task.input, outcome: outcome)
        if isOrdered {
            early[number] = element
            while let next = early.removeValue(forKey: nextNumber) {
                ready.append(next)
                nextNumber += 1
            }
        } else {
            ready.append(element)
        }
        return true
    }

    /// The time of a task is over.
    mutating func passDeadline(of number: UInt64, _ error: TaskError) -> TimeoutAction {
        guard running[number] != nil else { return .nothing }
        switch onTimeout {
        case .fail:
            if failure == nil { failure = error }
            return .fail
        case .stopElement:
            running[number]?.lateness = error
            return .stop
        }
    }

    mutating func next() -> Step {
        if let failure { return .fail(failure) }
        if !ready.isEmpty { return .give(ready.removeFirst()) }
        return running.isEmpty ? .idle : .wait
    }
}
