#if Observability
internal import CoreMetrics
internal import Synchronization

/// The metrics that have been made, each once.
final class MetricShelf: Sendable {
    private struct Key: Hashable {
        var name: MetricName
        var values: [String]
    }

    private struct State {
        var counters: [Key: Counter] = [:]
        var sums: [Key: FloatingPointCounter] = [:]
        var meters: [Key: Meter] = [:]
        var timers: [Key: Timer] = [:]
    }

    private let factory: any MetricsFactory
    private let state = Mutex(State())

    init(of factory: any MetricsFactory) {
        self.factory = factory
    }

    func counter(_ name: MetricName, _ values: String...) -> Counter {
        metric(name, values, in: \.counters) { Counter(label: $0, dimensions: $1, factory: factory) }
    }

    /// A counter that takes fractions.
    func sum(_ name: MetricName, _ values: String...) -> FloatingPointCounter {
        metric(name, values, in: \.sums) { FloatingPointCounter(label: $0, dimensions: $1, factory: factory) }
    }

    func meter(_ name: MetricName, _ values: String...) -> Meter {
        metric(name, values, in: \.meters) { Meter(label: $0, dimensions: $1, factory: factory) }
    }

    func timer(_ name: MetricName, _ values: String...) -> Timer {
        metric(name, values, in: \.timers) { Timer(label: $0, dimensions: $1, factory: factory) }
    }

    private func metric<Metric: Sendable>(
        _ name: MetricName,
        _ values: [String],
        in shelf: any WritableKeyPath<State, [Key: Metric]> & Sendable,
        make: (String, [(String, String)]) -> Metric
    ) -> Metric {
        let key = Key(name: name, values: values)
        if let metric = state.withLock({ $0[keyPath: shelf][key] }) { return metric }
        // Made outside the lock, as the factory is someone else's code. Of two that are made at the same time the first
        // one stays. The other is not destroyed: a factory may have given out the same handler twice.
        let new = make(name.rawValue, Array(zip(name.labels, values)))
        return state.withLock { state in
            if let metric = state[keyPath: shelf][key] { return metric }
            state[keyPath: shelf][key] = new
            return new
        }
    }
}
#endif
