#if Observability
internal import CircuitBreakers
public import CoreMetrics
public import Supervision
internal import Synchronization

/// Counts the events of a runtime with swift-metrics.
///
/// ```swift
/// let metrics = MetricsSink()
/// let runtime = Runtime(events: metrics)
/// ```
///
/// Each metric is made once, when there is something to count. Labels are bounded: children of a dynamic supervisor share
/// the label of all their kind, and what comes after ``init(factory:labelLimit:)``'s limit is counted as `other`.
///
/// Events tell of restarts, crashes and the states of circuits. What nobody tells by itself is looked up by a
/// ``MetricsReporter``, or by ``collect(in:tree:)``: depths of mailboxes, calls by outcome, the time that circuits were
/// open.
public final class MetricsSink: EventSink {
    private struct Labels {
        var paths: BoundedLabels
        var circuits: BoundedLabels
    }

    private struct Collected {
        var totals = CircuitTotals()
        /// The children whose depth is known, by their label.
        var depths: [String: Int] = [:]
    }

    private let shelf: MetricShelf
    private let labels: Mutex<Labels>
    private let collected = Mutex(Collected())

    /// A sink that makes its metrics with `factory`.
    ///
    /// - Parameters:
    ///   - factory: where the metrics go; by default that of the task, or of `MetricsSystem`.
    ///   - labelLimit: how many children, and how many circuits, are told apart.
    public init(factory: any MetricsFactory = MetricsSystem.factory, labelLimit: Int = 256) {
        shelf = MetricShelf(of: factory)
        labels = Mutex(Labels(paths: BoundedLabels(limit: labelLimit), circuits: BoundedLabels(limit: labelLimit)))
    }

    public func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        switch event {
        case let event as SupervisionEvent:
            guard let name = Self.counter(of: event.kind) else { return }
            shelf.counter(name, label(path: event.path)).increment()
        case let event as CircuitEvent:
            receive(event)
        default: break
        }
    }

    private static func counter(of kind: SupervisionEvent.Kind) -> MetricName? {
        switch kind {
        case .restarted: .restarts
        case .ended(let reason, _): reason.isClean ? nil : .crashes
        case .startFailed: .failedStarts
        case .unstoppable: .abandoned
        case .gaveUp: .giveUps
        case .started, .ignored, .stopped, .shutdownError, .childrenStopped, .zombieEnded, .parked, .paused,
            .autoShutdown, .mailboxHigh, .signalled:
            nil
        }
    }

    private func receive(_ event: CircuitEvent) {
        switch event.kind {
        case .transition(let transition):
            guard let service = event.service else { return }
            let circuit = label(circuit: service)
            shelf.counter(.transitions, circuit, transition.from.rawValue, transition.to.rawValue).increment()
            show(transition.to, of: circuit)
        case .removed, .evicted:
            guard let service = event.service else { return }
            show(nil, of: label(circuit: service))
        case .figures(let figures): count(figures)
        case .leaseExpired, .backoffTrouble, .rejected, .late, .flapping, .storeTrouble, .eventsLost: break
        }
    }

    /// Shows the state of a circuit; nil when there is none any more.
    private func show(_ state: CircuitState?, of circuit: String) {
        // Several circuits, in several states.
        if circuit == BoundedLabels.other { return }
        for each in CircuitState.allCases {
            shelf.meter(.circuitState, circuit, each.rawValue).set(each == state ? 1 : 0)
        }
    }

    func handledMessage(at path: String, in time: Duration) {
        let (seconds, attoseconds) = time.components
        shelf.timer(.handlerTime, label(path: path)).recordNanoseconds(
            seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        )
    }

    private func label(path: String) -> String { labels.withLock { $0.paths.label(path: path) } }

    private func label(circuit: ServiceName) -> String { labels.withLock { $0.circuits.label(circuit.rawValue) } }

    // MARK: What is looked up

    /// Looks up what no event tells: depths of mailboxes, calls by outcome, the time that circuits were open.
    ///
    /// For a scrape, just before its answer is written; a ``MetricsReporter`` does it at a regular interval. Where there
    /// is no such tree, or no breaker server, there is nothing to look up. It ends early when the task is cancelled.
    ///
    /// - Parameters:
    ///   - runtime: where the tree and the circuits live.
    ///   - tree: the tree's topmost supervisor.
    public func collect(in runtime: Runtime = .current, tree: ServerName<Supervisor> = .app) async {
        if let snapshot = try? await ServerRef(tree, in: runtime).tree() { count(snapshot) }
        let overview = await runtime.run { try? await CircuitBreakerServer.overview() }
        if let overview { count(overview.circuits) }
    }

    private func count(_ tree: TreeSnapshot) {
        var depths: [String: Int] = [:]
        add(tree, to: &depths)
        let known = collected.withLock { collected in
            defer { collected.depths = depths }
            return collected.depths
        }
        for (label, depth) in depths { shelf.meter(.mailboxDepth, label).set(depth) }
        for label in known.keys where depths[label] == nil { shelf.meter(.mailboxDepth, label).set(0) }
    }

    private func add(_ node: TreeSnapshot, to depths: inout [String: Int]) {
        depths[label(path: node.path), default: 0] += node.mailboxDepth
        for child in node.children { add(child, to: &depths) }
    }

    private func count(_ figures: [CircuitFigures]) {
        for growth in collected.withLock({ $0.totals.advance(to: figures) }) {
            let circuit = label(circuit: growth.service)
            for (outcome, count) in growth.calls {
                shelf.counter(.calls, circuit, outcome.rawValue).increment(by: count)
            }
            if growth.timeOpen > .zero { shelf.sum(.timeOpen, circuit).increment(by: growth.timeOpen / .seconds(1)) }
            show(growth.state, of: circuit)
        }
    }
}
#endif
