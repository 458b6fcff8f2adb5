#if Observability
public import CoreMetrics
internal import Synchronization

/// Keeps the metrics of a process, and writes them as the text that Prometheus and those like it scrape.
///
/// A factory for swift-metrics, for where no exporter is at hand. It takes the metrics of all libraries, not of this one
/// alone:
///
/// ```swift
/// let exposition = PrometheusText()
/// MetricsSystem.bootstrap(exposition)
/// …
/// // Where the scraper asks, with the content type PrometheusText.contentType
/// exposition.text()
/// ```
///
/// What swift-metrics calls `circuit.calls` is `circuit_calls_total` here: characters that the format does not know become
/// underscores, counters end in `total` and timers in `seconds`. Counters and those with fractions are counters; meters,
/// and recorders that do not aggregate, are gauges; timers, and recorders that do, are histograms. Where two metrics
/// would share a name and are of different kinds, the later one has `_2` appended.
///
/// It keeps every series that it has been given until that is destroyed. Each is behind a lock of its own.
public final class PrometheusText: MetricsFactory {
    private struct Family {
        var help: String
        var kind: TextValue.Kind
        /// By their labels as they are written.
        var series: [String: TextSeries] = [:]
    }

    /// What an answer with the text has to be called over HTTP.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// From a tenth of a millisecond to ten seconds.
    public static let standardBuckets: [Duration] = [
        .microseconds(100), .microseconds(500), .milliseconds(1), .milliseconds(5), .milliseconds(10),
        .milliseconds(25),
        .milliseconds(50), .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1),
        .milliseconds(2_500),
        .seconds(5), .seconds(10),
    ]

    private let timerBounds: [Double]
    private let recorderBounds: [Double]
    private let families = Mutex<[String: Family]>([:])

    /// A factory that has made nothing.
    ///
    /// - Parameters:
    ///   - timerBuckets: the upper bounds of the buckets of timers, in any order.
    ///   - recorderBuckets: those of recorders that aggregate, in whatever unit they record.
    public init(
        timerBuckets: [Duration] = standardBuckets,
        recorderBuckets: [Double] = [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000]
    ) {
        timerBounds = Set(timerBuckets.map { $0 / .seconds(1) }).sorted()
        recorderBounds = Set(recorderBuckets.filter(\.isFinite)).sorted()
    }

    /// All series, by name and labels. Each series is as it was at one moment of the writing.
    public func text() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text += "# HELP \(name) \(TextNames.escaped(family.help, quotes: false))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (_, series) in family.series.sorted(by: { $0.key < $1.key }) {
                for line in series.lines { text += "\(line)\n" }
            }
        }
        return text
    }

    private func series(
        _ kind: TextValue.Kind,
        _ label: String,
        _ dimensions: [(String, String)],
        suffix: String? = nil,
        bounds: [Double] = []
    ) -> TextSeries {
        let labels = TextNames.labels(dimensions)
        let help = MetricName(rawValue: label)?.help ?? "\(label) of swift-metrics."
        return families.withLock { families in
            var name = TextNames.family(label, suffix: suffix)
            while let family = families[name], family.kind != kind { name += "_2" }
            if let series = families[name]?.series[labels] { return series }
            let series = TextSeries(family: name, labels: labels, value: TextValue(kind, bounds: bounds))
            families[name, default: Family(help: help, kind: kind)].series[labels] = series
            return series
        }
    }

    private func destroy(_ handler: AnyObject) {
        guard let series = handler as? TextSeries else { return }
        families.withLock { families in
            guard families[series.family]?.series[series.labels] === series else { return }
            families[series.family]?.series[series.labels] = nil
        }
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(.counter, label, dimensions, suffix: "total")
    }

    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(.counter, label, dimensions, suffix: "total")
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(.gauge, label, dimensions)
    }

    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return series(.gauge, label, dimensions) }
        return series(.histogram, label, dimensions, bounds: recorderBounds)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(.histogram, label, dimensions, suffix: "seconds", bounds: timerBounds)
    }

    public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }
}
#endif
