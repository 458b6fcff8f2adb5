/// The results of tasks, one for each input, a few of which run at the same time (R87).
///
/// See ``ServerRef/stream(_:id:maxConcurrency:ordered:timeout:onTimeout:shutdown:_:)``. Nothing runs before the first
/// element is asked for, and no input is taken before there is room for its task. Each iteration runs all tasks anew.
public struct TaskStream<Inputs: Sequence, Value: Sendable>: AsyncSequence where Inputs.Element: Sendable {
    /// An input, and what its task has returned.
    public typealias Element = TaskStreamElement<Inputs.Element, Value>
    /// What its task, its supervisor or the stream has thrown.
    public typealias Failure = any Error

    let inputs: Inputs
    var settings: TaskStreamSettings<Inputs.Element, Value>

    /// One iteration. When it is let go, what still runs is asked to stop.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private var inputs: Inputs.Iterator
        private let settings: TaskStreamSettings<Inputs.Element, Value>
        private var consumption: TaskConsumption<Inputs.Element, Value>?
        private var isOver = false

        init(_ stream: TaskStream) {
            inputs = stream.inputs.makeIterator()
            settings = stream.settings
        }

        /// The next element; nil after the last.
        ///
        /// When it throws, what still runs has been stopped, and there is no other element.
        public mutating func next() async throws -> Element? {
            guard !isOver else { return nil }
            do {
                let run = try begin()
                while run.hasRoom, let input = inputs.next() { try await run.start(input) }
                if let element = try await run.next() { return element }
                isOver = true
                return nil
            } catch {
                isOver = true
                let works = consumption?.run.giveUp() ?? []
                for work in works { _ = await work.promise.take() }
                throw error
            }
        }

        private mutating func begin() throws -> TaskStreamRun<Inputs.Element, Value> {
            if let consumption { return consumption.run }
            let run = TaskStreamRun(settings, in: try settings.supervisor.resolve().runtime)
            consumption = TaskConsumption(run)
            return run
        }
    }

    /// An iteration.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(self)
    }
}

extension TaskStream: Sendable where Inputs: Sendable {}

/// How the tasks of a stream are run.
struct TaskStreamSettings<Input: Sendable, Value: Sendable>: Sendable {
    var supervisor: ServerRef<TaskSupervisor>
    var id: ChildID
    var maxConcurrency: Int
    var isOrdered: Bool
    var isLinked: Bool
    var timeout: Duration
    var onTimeout: TaskStreamTimeout
    var shutdown: Shutdown
    var operation: @Sendable (Input) async throws -> Value
}

/// Whether somebody still iterates: when nobody does, what runs is asked to stop.
private final class TaskConsumption<Input: Sendable, Value: Sendable>: Sendable {
    let run: TaskStreamRun<Input, Value>

    init(_ run: TaskStreamRun<Input, Value>) {
        self.run = run
    }

    deinit {
        run.giveUp()
    }
}
