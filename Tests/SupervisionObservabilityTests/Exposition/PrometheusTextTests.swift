#if Observability
import CircuitBreakers
import CoreMetrics
import Supervision
import SupervisionObservability
import SupervisionTesting
import Testing

/// Metrics as a scraper reads them.
struct PrometheusTextTests {
    private let exposition = PrometheusText(timerBuckets: [.milliseconds(1), .seconds(1)], recorderBuckets: [10, 1])

    @Test("The metrics of a tree and its circuits")
    func library() async throws {
        let clock = ManualClock()
        let sink = MetricsSink(factory: exposition)
        let runtime = Runtime(clock: clock, events: sink)
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(2)
        let tree = try await Supervisor(intensity: .init(10, within: .seconds(5))) { [policy] in
            Child(.circuitBreakers) { CircuitBreakerServer(policy: policy) }
            Child(.till) { Till() }
        }.start(in: runtime)
        ServerRef(.till, in: runtime).cast(.crash)
        _ = try await ServerRef(.till, in: runtime).call { $0.total }
        await runtime.run {
            _ = try? await CircuitBreakerServer.call("rates") { 1 }
            for _ in 0..<3 { try? await CircuitBreakerServer.call("rates") { throw Broken() } }
        }
        clock.advance(by: .milliseconds(1_500))
        await sink.collect(in: runtime)
        try await tree.stop()
        try GoldenFile.expect(exposition.text(), is: "library")
    }

    @Test("Each kind of metric")
    func kinds() throws {
        Counter(label: "jobs", factory: exposition).increment(by: 3)
        FloatingPointCounter(label: "paid.total", dimensions: [("currency", "EUR")], factory: exposition)
            .increment(by: 0.25)
        let meter = Meter(label: "temperature", factory: exposition)
        meter.set(20.5)
        meter.decrement(by: 25)
        Gauge(label: "free", factory: exposition).record(7)
        let sizes = Recorder(label: "size", factory: exposition)
        for size in [1, 2, 10, 11] { sizes.record(size) }
        sizes.record(Double.nan)
        let timer = Timer(label: "answer", dimensions: [("route", "/users")], factory: exposition)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(250)
        timer.recordSeconds(2)
        try GoldenFile.expect(exposition.text(), is: "kinds")
    }

    @Test("Names and values that the format does not know, and names that would clash")
    func awkward() throws {
        Counter(label: "7 calls/café", dimensions: [("path", "C:\\temp\n\"x\"")], factory: exposition).increment()
        Counter(label: "twice", dimensions: [("a.b", "1"), ("a-b", "2"), ("", "3")], factory: exposition).increment()
        Timer(label: "wait", dimensions: [("le", "mine")], factory: exposition).recordSeconds(1)
        Meter(label: "wait_seconds", factory: exposition).set(1)
        for value in [Double.infinity, -.infinity, .nan, 1e-7, 1e300] {
            Meter(label: "odd", dimensions: [("value", "\(value)")], factory: exposition).set(value)
        }
        try GoldenFile.expect(exposition.text(), is: "awkward")
    }

    @Test("A metric that is made twice is one; one that is destroyed is gone")
    func identity() {
        let first = Counter(label: "jobs", factory: exposition)
        let second = Counter(label: "jobs", factory: exposition)
        first.increment()
        second.increment()
        #expect(exposition.text().hasSuffix("\njobs_total 2\n"))
        first.destroy()
        #expect(exposition.text().isEmpty)
    }

    @Test("A counter does not shrink")
    func counterGrows() {
        let counter = FloatingPointCounter(label: "paid", factory: exposition)
        counter.increment(by: 2.5)
        counter.increment(by: -1.0)
        counter.increment(by: Double.nan)
        #expect(exposition.text().hasSuffix("\npaid_total 2.5\n"))
    }
}
#endif
