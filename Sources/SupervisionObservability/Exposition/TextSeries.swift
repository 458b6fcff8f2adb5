#if Observability
internal import CoreMetrics
internal import Synchronization

/// One series of a metric, whatever kind it is.
final class TextSeries: Sendable {
    let family: String
    let labels: String
    private let state: Mutex<TextValue>

    init(family: String, labels: String, value: TextValue) {
        self.family = family
        self.labels = labels
        state = Mutex(value)
    }

    var value: TextValue { state.withLock { $0 } }

    /// The lines of the series.
    var lines: [String] {
        switch value {
        case .counter(let value), .gauge(let value):
            return ["\(TextNames.series(family, labels)) \(TextNames.number(value))"]
        case .histogram(let histogram):
            var count = 0
            var lines = zip(histogram.bounds, histogram.counts).map { bound, more in
                count += more
                return bucket(TextNames.number(bound), count)
            }
            lines.append(bucket("+Inf", histogram.count))
            lines.append("\(TextNames.series("\(family)_sum", labels)) \(TextNames.number(histogram.sum))")
            lines.append("\(TextNames.series("\(family)_count", labels)) \(histogram.count)")
            return lines
        }
    }

    private func bucket(_ bound: String, _ count: Int) -> String {
        "\(TextNames.series("\(family)_bucket", labels, and: "le=\"\(bound)\"")) \(count)"
    }
}

extension TextSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler {
    func increment(by amount: Int64) { state.withLock { $0.add(Double(amount)) } }
    func increment(by amount: Double) { state.withLock { $0.add(amount) } }
    func decrement(by amount: Double) { state.withLock { $0.add(-amount) } }
    func set(_ value: Int64) { state.withLock { $0.take(Double(value)) } }
    func set(_ value: Double) { state.withLock { $0.take(value) } }
    func reset() { state.withLock { $0.reset() } }
}

extension TextSeries: RecorderHandler, TimerHandler {
    func record(_ value: Int64) { state.withLock { $0.take(Double(value)) } }
    func record(_ value: Double) { state.withLock { $0.take(value) } }
    // In seconds, as the format's own advice has it.
    func recordNanoseconds(_ duration: Int64) { state.withLock { $0.take(Double(duration) / 1e9) } }
}
#endif
