package import Synchronization

/// The world that a supervision tree lives in: its clock, executor, randomness, events, names and deadlines.
///
/// A tree is started in a runtime and hands it down to every server in it; nothing in this library reads another
/// clock, starts a task elsewhere or draws a random number behind its back. An application uses ``default`` without
/// ever naming it; a test makes its own, with a clock that it moves by hand:
///
/// ```swift
/// let clock = ManualClock()
/// let runtime = Runtime(clock: clock)
/// let tree = try await Supervisor { Child(.users) { UserDirectory() } }.start(in: runtime)
/// ```
public final class Runtime: Sendable {
    /// The runtime of the application.
    public static let `default` = Runtime()

    @TaskLocal private static var bound: Runtime?

    /// Whether another runtime than ``default`` has ever been bound. An application has but the one as a rule, and then
    /// nobody needs to look for it in the task, which takes a third of the time of a guarded call.
    fileprivate static let isAnotherBound = Atomic(false)

    /// The runtime of the code that asks: that of the tree when asked in a task of a tree, or of ``run(_:)``, else
    /// ``default``. The body of a call that does not suspend may run in its caller's task, and then sees the caller's.
    public static var current: Runtime {
        // Relaxed, since whoever runs where one is bound comes after its binding.
        isAnotherBound.load(ordering: .relaxed) ? bound ?? .default : .default
    }

    /// Where time comes from.
    public let clock: any RuntimeClock
    /// Where the tasks of the tree run; nil for Swift's own pool.
    public let executor: (any TaskExecutor)?
    /// What is told of everything that happens.
    public let events: any EventSink

    /// Who is told beside ``events``.
    package let listeners = EventListeners()
    package let deadlines: DeadlineQueue
    /// What waits in that. To reach it through the queue would count a reference to the queue, which the clock's alarm
    /// refers to weakly: that takes ten times as long.
    let pendingDeadlines: PendingDeadlines
    package let names = NameTable()
    /// The types of servers that have no ``GenServer/started(_:)`` of their own: the one that they all have does nothing
    /// but to tell this, the first time. After that it is left out, with the two changes of executors that it takes.
    let typesWithoutStarted = KnownTypes()
    /// The same for ``GenServer/terminate(reason:)``.
    let typesWithoutTerminate = KnownTypes()
    /// The object through which the hot path of the runtime's well-known breaker server is reached: a look-up by name
    /// on every guarded call would cost more than the call's own bookkeeping. The first such server puts it there, and
    /// it stays, so that it is read without a lock.
    private let breakers = WriteOnce()
    /// That of ``default``. To ask for that goes through a function that sees that it is made once.
    fileprivate static let defaultBreakers = WriteOnce()
    /// How the process is ended for a child that cannot be stopped (S3); a test puts something milder here.
    package let abort = Mutex<@Sendable (String) -> Void>(ProcessAbort.abort)
    /// The simulation that the runtime is in, if it is in one.
    package let interference: (any Interference)?
    /// Whether there is such a one.
    @usableFromInline package var isSimulated: Bool { interference != nil }
    /// What an integration puts around the code of servers, if there is one.
    package let surroundings: (any Surroundings)?
    let isSurrounding: Bool
    private let random: Mutex<any RandomNumberGenerator & Sendable>

    /// A runtime of its own. Names, deadlines and events of one runtime are not seen by another.
    ///
    /// - Parameters:
    ///   - clock: where time comes from.
    ///   - executor: where the tasks of the tree run; nil for Swift's own pool.
    ///   - random: where jitter comes from.
    ///   - events: what is told of everything that happens; by default a line each on standard error.
    public convenience init(
        clock: any RuntimeClock = SystemClock(),
        executor: (any TaskExecutor)? = nil,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
        events: any EventSink = StandardErrorSink()
    ) {
        self.init(clock: clock, executor: executor, random: random, events: events, interference: nil)
    }

    /// A runtime in a simulation, or outside of any; and with an integration, or without.
    package init(
        clock: any RuntimeClock,
        executor: (any TaskExecutor)?,
        random: any RandomNumberGenerator & Sendable,
        events: any EventSink,
        interference: (any Interference)?,
        surroundings: (any Surroundings)? = nil
    ) {
        self.clock = clock
        self.executor = executor
        self.events = events
        self.interference = interference
        self.surroundings = surroundings
        isSurrounding = surroundings != nil
        self.random = Mutex(random)
        deadlines = DeadlineQueue(clock: clock)
        pendingDeadlines = deadlines.pending
    }

    /// Runs `body` with this runtime as ``current``: names are looked up here, and trees started here live here.
    public func run<Value, Failure: Error>(
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        noteBinding()
        let result: Result<Value, Failure> = await Self.$bound.withValue(self) {
            do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// The object of the runtime's well-known breaker server, if one has been put there.
    package var wellKnownBreakers: UnsafeRawPointer? {
        self === Runtime.default ? Self.defaultBreakers.load() : breakers.load()
    }

    /// Puts the object of the well-known breaker server there, if none is.
    package func keepWellKnownBreakers(_ object: some AnyObject & Sendable) {
        self === Runtime.default ? Self.defaultBreakers.store(object) : breakers.store(object)
    }

    private func noteBinding() {
        if self !== Runtime.default, !Self.isAnotherBound.load(ordering: .relaxed) {
            Self.isAnotherBound.store(true, ordering: .relaxed)
        }
    }

    /// The time now, on the runtime's clock.
    public var now: RuntimeInstant { clock.now }

    /// Suspends for `duration` of the runtime's time. Use it in place of `Task.sleep` inside a tree: it stands still
    /// with a manual clock, and a cancelled one leaves nothing behind.
    ///
    /// - Throws: `CancellationError` at once when the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        try await sleep(until: now.advanced(by: duration))
    }

    /// Suspends until the runtime's clock reaches `deadline`. Returns at once when it already has.
    ///
    /// - Throws: `CancellationError` at once when the task is cancelled.
    public func sleep(until deadline: RuntimeInstant) async throws {
        if deadline <= now { return try Task.checkCancellation() }
        try await Sleeper.sleep(until: deadline, in: deadlines)
    }

    /// Tells the sink, and whoever else listens, of something that happened.
    public func emit(_ event: any RuntimeEvent) {
        tell(event, at: now)
    }

    /// Tells whoever is told of events of one that happened at that time.
    package func tell(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        events.receive(event, at: time)
        listeners.receive(event, at: time)
    }

    /// Whether anybody has a use for events of that level.
    func wants(_ level: EventLevel) -> Bool {
        events.wants(level) || listeners.wants(level)
    }

    /// A number drawn evenly from `range`.
    package func random(in range: ClosedRange<Double>) -> Double {
        random.withLock { generator in
            // Opened by hand: the generic random(in:using:) takes no existential.
            func draw(_ generator: inout some RandomNumberGenerator & Sendable) -> Double {
                Double.random(in: range, using: &generator)
            }
            return draw(&generator)
        }
    }

    /// Starts a task of the tree. Every unstructured task of the library is started here, and nowhere else.
    ///
    /// The task is detached, so that it inherits no task-local value of whoever happened to cause it: a server's work
    /// must not see the tracing context, or the graceful-shutdown state, of the caller that woke it.
    @inline(__always)
    package func spawn(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        if self === Runtime.default { return Task.detached { await work() } }
        noteBinding()
        // A task that was started with a preference for no executor at all still has one for Swift, which looks it up
        // under a lock whenever the task enters or leaves an actor: 180 instructions each time.
        guard executor != nil || interference != nil else {
            return Task.detached { await Self.$bound.withValue(self) { await work() } }
        }
        let interference = interference
        interference?.taskBegan()
        return Task.detached(executorPreference: executor) {
            await Self.$bound.withValue(self) { await work() }
            interference?.taskEnded()
        }
    }

    /// Starts a task that does the caller's own work, for a caller that may not wait until it ends.
    ///
    /// It inherits the caller's task-local values and priority, its tracing context above all: to the work it is as if
    /// the caller did it itself. It is not cancelled with the caller; whoever starts it sees to that.
    package func spawnForCaller(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        noteBinding()
        guard executor != nil || interference != nil else {
            return Task { await Self.$bound.withValue(self) { await work() } }
        }
        let interference = interference
        interference?.taskBegan()
        return Task(executorPreference: executor) {
            await Self.$bound.withValue(self) { await work() }
            interference?.taskEnded()
        }
    }
}

/// The ``Runtime/wellKnownBreakers`` of the current runtime. They stay for as long as the code that asks does not suspend,
/// since whoever bound the runtime holds it; those of the default one stay for ever.
// A function of its own: for one of a class its callers ask for the class first.
package func currentBreakers() -> UnsafeRawPointer? {
    if !Runtime.isAnotherBound.load(ordering: .relaxed) { return Runtime.defaultBreakers.load() }
    return Runtime.current.wellKnownBreakers
}
