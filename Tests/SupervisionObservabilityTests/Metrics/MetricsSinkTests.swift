#if Observability
import CircuitBreakers
import CoreMetrics
import MetricsTestKit
import Supervision
import SupervisionObservability
import SupervisionTesting
import Testing

/// Events and figures as metrics.
struct MetricsSinkTests {
    private let metrics = TestMetrics()
    private let clock = ManualClock()
    private let sink: MetricsSink
    private let runtime: Runtime

    init() {
        sink = MetricsSink(factory: metrics)
        runtime = Runtime(clock: clock, events: sink)
    }

    private func total(_ label: String, _ dimensions: [(String, String)]) throws -> Int64 {
        try metrics.expectCounter(label, dimensions).totalValue
    }

    @Test("Crashes and restarts are counted by child")
    func crashes() async throws {
        let tree = try await Supervisor { Child(.till) { Till() } }.start(in: runtime)
        let till = ServerRef(.till, in: runtime)
        for _ in 0..<2 {
            till.cast(.crash)
            _ = try await till.call { $0.total }
        }
        try await tree.stop()
        #expect(try total("supervision.crashes", [("child", "app/till")]) == 2)
        #expect(try total("supervision.restarts", [("child", "app/till")]) == 2)
        #expect(metrics.counters.count == 2)
    }

    @Test("R33 S3 So are failed starts, supervisors that give up, and children that were given up")
    func otherEvents() throws {
        func emit(_ kind: SupervisionEvent.Kind) {
            runtime.emit(SupervisionEvent(path: "app/x", child: .worker, kind: kind))
        }
        emit(.startFailed(Broken(), willRetry: true))
        emit(.unstoppable(askedFor: .seconds(5)))
        emit(.gaveUp(.error(Broken()), RestartIntensity(3, within: .seconds(5))))
        emit(.stopped(.shutdown))
        emit(.ended(.normal, next: .staysDown))
        for label in ["supervision.failed.starts", "supervision.abandoned", "supervision.give.ups"] {
            #expect(try total(label, [("child", "app/x")]) == 1)
        }
        #expect(metrics.counters.count == 3)
    }

    @Test("Each metric is made once, and no label grows without bound")
    func isBounded() {
        let sink = MetricsSink(factory: metrics, labelLimit: 3)
        for number in 0..<1_000 {
            let kind = SupervisionEvent.Kind.restarted(incarnation: 2)
            let session = SupervisionEvent(path: "app/sessions/session#\(number)", child: .worker, kind: kind)
            sink.receive(session, at: .origin)
            sink.receive(SupervisionEvent(path: "app/\(number)", child: .worker, kind: kind), at: .origin)
        }
        #expect(metrics.counters.count == 4)
        #expect(metrics.counterTotal(label: "supervision.restarts") == 2_000)
        #expect(
            metrics.counterTotal(label: "supervision.restarts", dimensions: [("child", "app/sessions/session")])
                == 1_000
        )
        #expect(metrics.counterTotal(label: "supervision.restarts", dimensions: [("child", "other")]) == 998)
    }

    @Test("B26 B27 A circuit's state, its transitions, its calls by outcome and the time that it was open")
    func circuits() async throws {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(2)
        policy.openDuration = .constant(.seconds(30))
        let tree = try await Supervisor { [policy] in
            Child(.circuitBreakers) { CircuitBreakerServer(policy: policy) }
        }.start(in: runtime)
        await runtime.run {
            _ = try? await CircuitBreakerServer.call("rates") { 1 }
            for _ in 0..<5 { try? await CircuitBreakerServer.call("rates") { throw Broken() } }
        }
        clock.advance(by: .seconds(12))
        await sink.collect(in: runtime)
        await sink.collect(in: runtime)
        // The events of circuits come beside the calls; none is missing when the server has ended.
        try await tree.stop()

        func state(_ state: String) throws -> Double {
            try metrics.expectMeter("circuit.state", [("circuit", "rates"), ("state", state)]).lastValue ?? -1
        }
        #expect(try state("open") == 1)
        #expect(try state("closed") == 0)
        #expect(
            try total("circuit.transitions", [("circuit", "rates"), ("from", "closed"), ("to", "open")]) == 1
        )
        #expect(try total("circuit.calls", [("circuit", "rates"), ("outcome", "success")]) == 1)
        #expect(try total("circuit.calls", [("circuit", "rates"), ("outcome", "failure")]) == 2)
        #expect(try total("circuit.calls", [("circuit", "rates"), ("outcome", "rejected")]) == 3)
        #expect(try total("circuit.open.seconds", [("circuit", "rates")]) == 12)
    }

    @Test("The depth of a mailbox, and zero when the child is gone")
    func depth() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Never.self)
        let (begun, begin) = AsyncStream.makeStream(of: Never.self)
        let tree = try await Supervisor { Child(.till) { Till() } }.start(in: runtime)
        let till = ServerRef(.till, in: runtime)
        async let blocking: Void = till.call { _ in
            begin.finish()
            for await _ in gate {}
        }
        for await _ in begun {}
        for _ in 0..<3 { till.cast(.add(1)) }
        await sink.collect(in: runtime)
        let meter = try metrics.expectMeter("supervision.mailbox.depth", [("child", "app/till")])
        #expect(meter.lastValue == 3)
        open.finish()
        try await blocking
        try await tree.terminateChild("till")
        try await tree.deleteChild("till")
        await sink.collect(in: runtime)
        #expect(meter.lastValue == 0)
        try await tree.stop()
    }

    @Test("A reporter looks these up at its interval")
    func reports() async throws {
        let (made, make) = AsyncStream.makeStream(of: String.self)
        let sink = MetricsSink(factory: TellingFactory(metrics: metrics, made: make))
        let tree = try await Supervisor {
            Child("metrics") { MetricsReporter(for: sink, every: .seconds(10)) }
        }.start(in: runtime)
        clock.advance(by: .seconds(9))
        #expect(metrics.meters.isEmpty)
        clock.advance(by: .seconds(1))
        for await label in made where label == "supervision.mailbox.depth" { break }
        let meters = metrics.meters(label: "supervision.mailbox.depth")
        #expect(!meters.isEmpty)
        try await tree.stop()
    }

    @Test("There is nothing to collect where there is neither a tree nor a breaker")
    func nothingThere() async {
        await sink.collect(in: runtime)
        #expect(metrics.meters.isEmpty && metrics.counters.isEmpty)
    }
}

/// Says which meters it makes.
private struct TellingFactory: MetricsFactory {
    var metrics: TestMetrics
    var made: AsyncStream<String>.Continuation

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        defer { made.yield(label) }
        return metrics.makeMeter(label: label, dimensions: dimensions)
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        metrics.makeCounter(label: label, dimensions: dimensions)
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        metrics.makeRecorder(label: label, dimensions: dimensions, aggregate: aggregate)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        metrics.makeTimer(label: label, dimensions: dimensions)
    }

    func destroyCounter(_ handler: any CounterHandler) { metrics.destroyCounter(handler) }
    func destroyMeter(_ handler: any MeterHandler) { metrics.destroyMeter(handler) }
    func destroyRecorder(_ handler: any RecorderHandler) { metrics.destroyRecorder(handler) }
    func destroyTimer(_ handler: any TimerHandler) { metrics.destroyTimer(handler) }
}
#endif
