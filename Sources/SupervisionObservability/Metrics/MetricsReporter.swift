#if Observability
internal import CircuitBreakers
public import Supervision

/// Looks up at a regular interval what no event tells, for a ``MetricsSink``.
///
/// ```swift
/// Supervisor {
///     Child(.circuitBreakers) { CircuitBreakerServer() }
///     Child("metrics") { MetricsReporter(for: metrics) }
/// }
/// ```
///
/// The first time is when the interval has passed. A time that comes while the last one still lasts is left out. It
/// crashes for nothing, so its restart type does not matter.
public actor MetricsReporter: GenServer {
    /// What it sends to itself.
    public enum Message: Sendable {
        /// It is time.
        case beat
        /// The last time is over.
        case collected
    }

    private let sink: MetricsSink
    private let interval: Duration
    private let tree: ServerName<Supervisor>
    private var isCollecting = false

    /// A reporter for `sink`.
    ///
    /// - Parameters:
    ///   - sink: where the figures go.
    ///   - interval: how often. Backends keep what was last told, so shorter than their own interval is of no use.
    ///   - tree: the tree's topmost supervisor.
    public init(for sink: MetricsSink, every interval: Duration = .seconds(10), tree: ServerName<Supervisor> = .app) {
        self.sink = sink
        self.interval = interval
        self.tree = tree
    }

    public func started(_ context: ServerContext<MetricsReporter>) {
        context.send(.beat, every: interval)
    }

    public func handle(_ message: Message, _ context: ServerContext<MetricsReporter>) {
        switch message {
        case .beat where isCollecting: break
        case .beat:
            isCollecting = true
            // Beside the mailbox, as the supervisor that is asked may be waiting for this very server.
            context.task { [sink, tree, runtime = context.runtime] in
                await sink.collect(in: runtime, tree: tree)
            } _: { _ in
                .collected
            }
        case .collected: isCollecting = false
        }
    }
}
#endif
