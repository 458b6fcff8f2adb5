internal import Synchronization

/// What one iteration over a ``TaskStream`` has under way. It carries out what ``TaskStreamState`` decides.
final class TaskStreamRun<Input: Sendable, Value: Sendable>: DeadlineTarget {
    typealias Element = TaskStreamElement<Input, Value>

    private struct State {
        var machine: TaskStreamState<Input, Value>
        var works: [UInt64: SupervisedWork<Value>] = [:]
        var deadlines: [UInt64: TargetDeadline] = [:]
        var waiter: Waiter<Void>?
    }

    private let settings: TaskStreamSettings<Input, Value>
    private let runtime: Runtime
    private let state: Mutex<State>

    init(_ settings: TaskStreamSettings<Input, Value>, in runtime: Runtime) {
        self.settings = settings
        self.runtime = runtime
        let machine = TaskStreamState<Input, Value>(
            limit: settings.maxConcurrency,
            isOrdered: settings.isOrdered,
            isLinked: settings.isLinked,
            onTimeout: settings.onTimeout
        )
        state = Mutex(State(machine: machine))
    }

    var hasRoom: Bool { state.withLock { $0.machine.hasRoom } }

    /// Starts the task of another input.
    func start(_ input: Input) async throws {
        let number = state.withLock { $0.machine.begin(input) }
        let work = SupervisedWork<Value>(isLinked: settings.isLinked, in: runtime) { [self] outcome in
            settled(number, outcome)
        }
        state.withLock { $0.works[number] = work }
        let operation = settings.operation
        do {
            try await settings.supervisor.begin(work, settings.id, settings.shutdown) { try await operation(input) }
        } catch {
            // It may never begin, so nobody must wait for its end.
            state.withLock { $0.works[number] = nil }
            throw error
        }
        let token = runtime.pendingDeadlines.schedule(at: runtime.now.advanced(by: settings.timeout), self, tag: number)
        let isRunning = state.withLock { state in
            guard state.works[number] != nil else { return false }
            state.deadlines[number] = token
            return true
        }
        if !isRunning { runtime.pendingDeadlines.cancel(token) }
    }

    private func settled(_ number: UInt64, _ outcome: Result<Value, Exit>) {
        let (waiter, token) = state.withLock { state -> (Waiter<Void>?, TargetDeadline?) in
            guard state.machine.settle(number, outcome) else { return (nil, nil) }
            state.works[number] = nil
            defer { state.waiter = nil }
            return (state.waiter, state.deadlines.removeValue(forKey: number))
        }
        if let token { runtime.pendingDeadlines.cancel(token) }
        waiter?.end(())
    }

    func deadlinePassed(tag: UInt64) {
        let (action, waiter, work) = state.withLock { state in
            state.deadlines[tag] = nil
            let work = state.works[tag]
            let error = TaskError.timedOut(path: work?.path ?? "", after: settings.timeout)
            let action = state.machine.passDeadline(of: tag, error)
            let waiter = action == .fail ? state.waiter : nil
            return (action, waiter, work)
        }
        if action == .stop { work?.giveUp() }
        waiter?.end(())
    }

    /// The next element, when there is one; nil when nothing is in flight.
    func next() async throws -> Element? {
        while true {
            let waiter = Waiter<Void>()
            let step = state.withLock { state in
                let step = state.machine.next()
                if case .wait = step { state.waiter = waiter }
                return step
            }
            switch step {
            case .give(let element): return element
            case .fail(let error): throw error
            case .idle: return nil
            case .wait:
                try Task.checkCancellation()
                await withTaskCancellationHandler {
                    _ = await waiter.outcome()
                } onCancel: {
                    waiter.end(nil)
                }
            }
        }
    }

    /// Asks all that runs to stop (R87). Gives what was running.
    @discardableResult
    func giveUp() -> [SupervisedWork<Value>] {
        let (works, tokens) = state.withLock { state in
            defer {
                state.works = [:]
                state.deadlines = [:]
            }
            return (state.works.sorted { $0.key < $1.key }.map(\.value), Array(state.deadlines.values))
        }
        for token in tokens { runtime.pendingDeadlines.cancel(token) }
        for work in works { work.giveUp() }
        return works
    }
}
