#if Observability
public import Logging
public import Supervision
public import Tracing

extension Runtime {
    /// A runtime whose trees log, count and trace.
    ///
    /// ```swift
    /// let metrics = MetricsSink()
    /// let runtime = Runtime(logger: Logger(label: "shop"), metrics: metrics, tracer: InstrumentationSystem.tracer)
    /// try await runtime.run {
    ///     try await Supervisor {
    ///         Child(.users) { UserDirectory() }
    ///         Child("metrics") { MetricsReporter(for: metrics) }
    ///     }.run()
    /// }
    /// ```
    ///
    /// * **Events** go to `logger`, to `metrics`, and to `others`.
    /// * **In the code of a server or worker,** `Logger.current` is `logger` with the child's `supervision.path`,
    ///   `supervision.child` and `supervision.incarnation`. In the body of a call it is the caller's, if the caller has
    ///   one, with the same keys of the server.
    /// * **A call** to a server is a span, which lasts until the answer; its body runs in the context of that span, also
    ///   when it runs in a task of the server's. Without a tracer it runs in the caller's context.
    /// * **The time** that servers are at their messages goes to `metrics`.
    ///
    /// All this is about servers and workers; supervisors' own messages are left alone. Every call of such a runtime
    /// costs a few microseconds more, for what is bound around it. `init(clock:executor:random:events:)` of `Runtime` with a
    /// ``LogSink`` or a ``MetricsSink`` has the events without that.
    ///
    /// - Parameters:
    ///   - logger: where events are logged, and what code in the trees logs with.
    ///   - levels: at which level each event is logged.
    ///   - metrics: where events are counted; nil for nowhere.
    ///   - tracer: what makes spans; nil for none.
    ///   - others: other sinks for the events, told after these.
    ///   - clock: where time comes from. Spans have the time of their tracer.
    ///   - executor: where the tasks of the tree run; nil for Swift's own pool.
    ///   - random: where jitter comes from.
    public convenience init(
        logger: Logger,
        levels: LogLevels = .library,
        metrics: MetricsSink? = nil,
        tracer: (any Tracer)? = nil,
        others: [any EventSink] = [],
        clock: any RuntimeClock = SystemClock(),
        executor: (any TaskExecutor)? = nil,
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        var sinks: [any EventSink] = [LogSink(logger, levels: levels)]
        if let metrics { sinks.append(metrics) }
        self.init(
            clock: clock,
            executor: executor,
            random: random,
            events: EventSinks(sinks + others),
            interference: nil,
            surroundings: ServerContextKeeper(logger: logger, metrics: metrics, tracer: tracer)
        )
    }
}
#endif
