import Supervision
import Testing

@testable import CircuitBreakers

@Suite("The machine: overrides and reset")
struct OverrideTests {
    /// A bench in each of the states that a circuit can be in.
    private static func bench(in state: CircuitState) -> MachineBench {
        let bench = MachineBench(2, open: 10)
        bench.call(.failure)
        switch state {
        case .closed: break
        case .open: bench.call(.failure)
        case .halfOpen: bench.goHalfOpen()
        case .forcedOpen: bench.override(.forcedOpen)
        case .disabled: bench.override(.disabled)
        case .metricsOnly: bench.override(.metricsOnly)
        }
        return bench
    }

    @Test("B18 K69 K100 forced open rejects whatever timers, results and time do")
    func forcedOpen() throws {
        let bench = MachineBench(1, open: 10)
        let early = try #require(bench.admit())
        bench.call(.failure)
        bench.override(.forcedOpen)
        bench.wait(.seconds(100))
        for generation in 0...bench.generation { bench.resetTimer(generation: generation) }
        bench.record(.success, of: early)
        #expect(bench.admit() == nil)
        #expect(bench.observed().state == .forcedOpen)
        #expect(bench.observed().retryAfter == nil)
    }

    @Test("B18 K104 disabled lets everything through and judges nothing")
    func disabled() {
        let bench = MachineBench(1)
        bench.override(.disabled)
        let transitions = bench.transitions.count
        for _ in 0..<100 { #expect(bench.call(.failure) == 1) }
        #expect(bench.state == .disabled)
        #expect(bench.counts.calls == 100)
        #expect(bench.counts.failures == 0)
        #expect(bench.transitions.count == transitions)
    }

    @Test("B18 K105 metrics-only lets everything through, counts it, and never opens")
    func metricsOnly() throws {
        let bench = MachineBench(1)
        bench.override(.metricsOnly)
        for _ in 0..<100 { #expect(bench.call(.failure) == 1) }
        let ticket = try #require(bench.admit())
        bench.report(.failure(.init(opensUntilReset: true)), of: ticket)
        #expect(bench.state == .metricsOnly)
        #expect(bench.counts.failures == 101)
        #expect(bench.counts.consecutiveFailures == 101)
        #expect(bench.transitions.count == 1)
    }

    @Test("B18 K101 enable lifts an override: closed, fresh, another generation")
    func enable() {
        for override in [CircuitOverride.forcedOpen, .disabled, .metricsOnly] {
            let bench = MachineBench(2)
            bench.call(.failure)
            bench.override(override)
            let generation = bench.generation
            bench.enable()
            #expect(bench.state == .closed)
            #expect(bench.counts == CircuitCounts())
            #expect(bench.generation > generation)
            #expect(bench.transitions.last?.reason == .enabled)
        }
    }

    @Test(
        "B18 enable of a circuit without an override changes nothing",
        arguments: [CircuitState.closed, .open, .halfOpen]
    )
    func enableWithoutOverride(state: CircuitState) {
        let bench = Self.bench(in: state)
        let (transitions, counts) = (bench.transitions.count, bench.counts)
        bench.enable()
        #expect(bench.state == state)
        #expect(bench.transitions.count == transitions)
        #expect(bench.counts == counts)
    }

    @Test("B18 K106 every state goes to every override; to itself publishes nothing", arguments: CircuitState.allCases)
    func everyOverride(state: CircuitState) {
        for override in [CircuitOverride.forcedOpen, .disabled, .metricsOnly] {
            let bench = Self.bench(in: state)
            let (transitions, generation) = (bench.transitions.count, bench.generation)
            bench.override(override)
            #expect(bench.state == override.state)
            let isSame = state == override.state
            #expect(bench.transitions.count == transitions + (isSame ? 0 : 1))
            #expect((bench.generation == generation) == isSame)
        }
    }

    @Test("B4 B18 a call from before an override is late after it")
    func lateAfterOverride() throws {
        let bench = MachineBench(1)
        let early = try #require(bench.admit())
        bench.override(.metricsOnly)
        bench.record(.failure, of: early)
        #expect(bench.counts.failures == 0)
        #expect(bench.counts.late == 1)
    }

    @Test(
        "B19 K107 reset closes from every state, clears the counts and is one event",
        arguments: CircuitState.allCases
    )
    func reset(state: CircuitState) {
        let bench = Self.bench(in: state)
        let (transitions, generation) = (bench.transitions.count, bench.generation)
        bench.reset()
        #expect(bench.state == .closed)
        #expect(bench.counts == CircuitCounts())
        #expect(bench.generation == generation + 1)
        #expect(bench.transitions.count == transitions + 1)
        #expect(bench.transitions.last?.reason == .reset)
        #expect(bench.transitions.last?.from == state)
    }

    @Test("B26 K111 the whole cycle publishes its five transitions, once each, in order")
    func cycle() {
        let bench = MachineBench(2, open: 10)
        bench.goHalfOpen()
        bench.call(.failure)
        bench.goHalfOpen()
        bench.call(.success)
        #expect(bench.transitions.map(\.to) == [.open, .halfOpen, .open, .halfOpen, .closed])
        #expect(bench.transitions.map(\.from) == [.closed, .open, .halfOpen, .open, .halfOpen])
        #expect(
            bench.transitions.map(\.reason)
                == [.consecutiveFailures(2), .openTimeOver, .probesFailed, .openTimeOver, .probesSucceeded]
        )
    }
}
