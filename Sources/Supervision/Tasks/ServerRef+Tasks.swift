/// A supervisor of tasks: pieces of work that are started on demand, and most of which somebody waits for (R84).
///
/// ```swift
/// extension ServerName where Server == TaskSupervisor {
///     static var tasks: Self { .init("tasks") }
/// }
///
/// Supervisor {
///     Child(.tasks) { TaskSupervisor(maxChildren: 100) }
/// }
///
/// let task = try await ServerRef(.tasks).async { try await fetch(url) }
/// let page = try await task.value()
/// ```
///
/// As in Elixir it is a dynamic supervisor, and its tasks are children like others: they are listed, counted against
/// `maxChildren`, asked to stop with the tree, and given up when they do not stop (S3). One supervisor can have servers and
/// tasks.
public typealias TaskSupervisor = DynamicSupervisor

extension ServerRef where Server == TaskSupervisor {
    /// Starts a task whose result is awaited (R84), and returns when it runs.
    ///
    /// It is linked to the server whose code starts it: when the task crashes, so does the server; when the server's
    /// incarnation ends, the task is asked to stop. Outside of servers there is nothing to link it to; it is still asked to
    /// stop when the wait for it is given up. For work whose failure is none of the starter's, see
    /// ``asyncWithoutLink(_:shutdown:_:)``.
    ///
    /// The operation runs in a task of the tree, once: it is never restarted. It is cancelled when the task is asked to
    /// stop.
    ///
    /// - Parameters:
    ///   - id: what the task is called in paths, where a number follows it.
    ///   - shutdown: how long it is given to stop.
    ///   - operation: the work.
    /// - Throws: ``SupervisorError/tooManyChildren(limit:)`` when there is no room, `shuttingDown`, `invalid`;
    ///   ``ServerError``; `CancellationError`. The task does not run then, or is asked to stop.
    public func async<Value: Sendable>(
        _ id: ChildID = "task",
        shutdown: Shutdown = .timeout(.seconds(5)),
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> SupervisedTask<Value> {
        let work = SupervisedWork<Value>(isLinked: true, in: try resolve().runtime)
        try await begin(work, id, shutdown, operation)
        return SupervisedTask(work: work)
    }

    /// Starts a task whose result is awaited, and whose crash touches nobody but who asks for the result (R84).
    ///
    /// It runs on when its owner ends, or gives the result up. See ``async(_:shutdown:_:)`` for the rest.
    public func asyncWithoutLink<Value: Sendable>(
        _ id: ChildID = "task",
        shutdown: Shutdown = .timeout(.seconds(5)),
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> SupervisedTask<Value> {
        let work = SupervisedWork<Value>(isLinked: false, in: try resolve().runtime)
        try await begin(work, id, shutdown, operation)
        return SupervisedTask(work: work)
    }

    /// Starts a task whose result nobody waits for, and returns when it runs (R84).
    ///
    /// - Parameters:
    ///   - id: what the task is called in paths, where a number follows it.
    ///   - restart: when it is run again after it has ended: never, unless this says otherwise.
    ///   - shutdown: how long it is given to stop.
    ///   - backoff: how long to wait before it is run again; nil for not at all.
    ///   - operation: the work.
    /// - Returns: the id by which `children()` lists it and `terminateChild` finds it.
    /// - Throws: as ``async(_:shutdown:_:)``.
    @discardableResult
    public func startTask(
        _ id: ChildID = "task",
        restart: Restart = .temporary,
        shutdown: Shutdown = .timeout(.seconds(5)),
        backoff: Backoff? = nil,
        _ operation: @escaping @Sendable () async throws -> Void
    ) async throws -> ChildID {
        let callers = TaskOwner.callersOfNext
        let start = try await startChild(
            Child(id, restart: restart, shutdown: shutdown, backoff: backoff) {
                WorkerServer { try await TaskOwner.run(for: callers, operation) }
            }
        )
        return start.id
    }

    /// Runs a task for each input, some at the same time, and gives their results as they are asked for (R87).
    ///
    /// ```swift
    /// let pages = tasks.stream(urls, maxConcurrency: 4) { try await fetch($0) }
    /// for try await page in pages { print(page.input, try page.value) }
    /// ```
    ///
    /// The tasks are linked as with ``async(_:shutdown:_:)``: when one fails, so does the stream, at once. When the stream
    /// fails, its consumer is cancelled, or it stops early, the tasks that run are asked to stop; a stream that fails or is
    /// cancelled waits for them.
    ///
    /// - Parameters:
    ///   - inputs: what the tasks are given, one each. An input is taken when there is room for its task.
    ///   - id: what the tasks are called in paths, where a number follows it.
    ///   - maxConcurrency: how many inputs are in work at the same time, those counted whose result waits to be asked
    ///     for. Less than one is taken as one; by default it is the number of processors.
    ///   - ordered: whether results come in the order of the inputs, or as they are ready.
    ///   - timeout: how long one task may take.
    ///   - onTimeout: what happens when one takes longer.
    ///   - shutdown: how long a task is given to stop.
    ///   - operation: the work.
    public func stream<Inputs: Sequence, Value: Sendable>(
        _ inputs: Inputs,
        id: ChildID = "task",
        maxConcurrency: Int = Runtime.processorCount,
        ordered: Bool = true,
        timeout: Duration = .seconds(5),
        onTimeout: TaskStreamTimeout = .fail,
        shutdown: Shutdown = .timeout(.seconds(5)),
        _ operation: @escaping @Sendable (Inputs.Element) async throws -> Value
    ) -> TaskStream<Inputs, Value> where Inputs.Element: Sendable {
        TaskStream(
            inputs: inputs,
            settings: TaskStreamSettings(
                supervisor: self,
                id: id,
                maxConcurrency: maxConcurrency,
                isOrdered: ordered,
                isLinked: true,
                timeout: timeout,
                onTimeout: onTimeout,
                shutdown: shutdown,
                operation: operation
            )
        )
    }

    /// The same with tasks that are not linked: one that fails is an element of the stream, which goes on (R87).
    ///
    /// See ``stream(_:id:maxConcurrency:ordered:timeout:onTimeout:shutdown:_:)``.
    public func streamWithoutLink<Inputs: Sequence, Value: Sendable>(
        _ inputs: Inputs,
        id: ChildID = "task",
        maxConcurrency: Int = Runtime.processorCount,
        ordered: Bool = true,
        timeout: Duration = .seconds(5),
        onTimeout: TaskStreamTimeout = .fail,
        shutdown: Shutdown = .timeout(.seconds(5)),
        _ operation: @escaping @Sendable (Inputs.Element) async throws -> Value
    ) -> TaskStream<Inputs, Value> where Inputs.Element: Sendable {
        var stream = stream(
            inputs,
            id: id,
            maxConcurrency: maxConcurrency,
            ordered: ordered,
            timeout: timeout,
            onTimeout: onTimeout,
            shutdown: shutdown,
            operation
        )
        stream.settings.isLinked = false
        return stream
    }

    /// Starts the task of `work`. When it throws, the task does not run, or is asked to stop.
    func begin<Value: Sendable>(
        _ work: SupervisedWork<Value>,
        _ id: ChildID,
        _ shutdown: Shutdown,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws {
        do {
            try await startChild(
                Child(id, restart: .temporary, shutdown: shutdown) { work.server(running: operation) }
            )
        } catch {
            work.giveUp()
            throw error
        }
    }
}
