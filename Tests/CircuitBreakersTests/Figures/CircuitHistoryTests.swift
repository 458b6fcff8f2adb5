import Foundation
import Supervision
import Testing

@testable import CircuitBreakers

@Suite("What a circuit keeps of its past")
struct CircuitHistoryTests {
    private struct Timeout: Error {}
    private struct Refused: Error { let password = "hunter2" }

    private func at(_ seconds: Int) -> RuntimeInstant { .origin.advanced(by: .seconds(seconds)) }

    private func counts(_ successes: Int, _ failures: Int) -> CircuitCounts {
        var counts = CircuitCounts()
        counts.calls = successes + failures
        counts.successes = successes
        counts.failures = failures
        return counts
    }

    private func figures(
        _ history: CircuitHistory,
        _ state: CircuitState = .closed,
        counts: CircuitCounts = .init(),
        at seconds: Int = 0
    ) -> CircuitFigures {
        let snapshot = CircuitSnapshot(service: "api", state: state, counts: counts)
        return history.figures(of: snapshot, failureRate: nil, levels: [], now: at(seconds))
    }

    @Test("B27 totals go on when the counts begin anew")
    func totals() {
        var history = CircuitHistory()
        var first = counts(3, 2)
        first.ignored = 1
        first.slow = 4
        first.rejected = 5
        first.late = 6
        history.settle(first)
        history.settle(counts(1, 1))
        let figures = figures(history, counts: first)
        #expect(figures.calls == 12)
        #expect(figures.successes == 7)
        #expect(figures.failures == 5)
        #expect(figures.ignored == 2)
        #expect(figures.slow == 8)
        #expect(figures.rejected == 10)
        #expect(figures.late == 12)
    }

    @Test("B27 failures by type: the innermost error's, results and expired probes (B24)")
    func byType() {
        var history = CircuitHistory()
        history.failed(FailureKind(Timeout()))
        history.failed(FailureKind(RetryableError(PermanentError(Timeout()))))
        history.failed(.result)
        history.failed(.expiredProbe)
        history.failed(FailureKind(Refused()))
        let figures = figures(history)
        #expect(figures.failuresByType == ["Timeout": 2, "result": 1, "expired probe": 1, "Refused": 1])
        #expect(figures.lastFailureType == "Refused")
    }

    @Test("B27 K146 of an error its type alone is kept")
    func noData() {
        var history = CircuitHistory()
        history.failed(FailureKind(Refused()))
        #expect(!"\(figures(history))".contains("hunter2"))
        #expect(!"\(history)".contains("hunter2"))
    }

    private struct Generic<Value>: Error {}

    /// Different types, as many as are asked for.
    private func kinds(_ count: Int) -> [FailureKind] {
        func wrapped<Value>(_ type: Value.Type, _ rest: Int) -> [FailureKind] {
            if rest == 0 { return [] }
            return [FailureKind(Generic<Value>())] + wrapped([Value].self, rest - 1)
        }
        return wrapped(Int.self, count)
    }

    @Test("B27 after 32 types the rest are counted as other, and none is lost")
    func manyTypes() {
        var history = CircuitHistory()
        for _ in 1...2 {
            for kind in kinds(40) { history.failed(kind) }
        }
        let byType = figures(history).failuresByType
        #expect(byType.count == 33)
        #expect(byType["other"] == 16)
        #expect(byType.values.reduce(0, +) == 80)
    }

    @Test("B27 time spent open, in all and up to now, and the time to recover (B25)")
    func times() {
        var history = CircuitHistory()
        _ = history.transitioned(from: .closed, to: .open, at: at(10))
        #expect(figures(history, .open, at: 13).timeOpen == .seconds(3))
        _ = history.transitioned(from: .open, to: .halfOpen, at: at(20))
        #expect(figures(history, .halfOpen, at: 25).timeOpen == .seconds(10))
        _ = history.transitioned(from: .halfOpen, to: .open, at: at(30))
        _ = history.transitioned(from: .open, to: .halfOpen, at: at(45))
        #expect(figures(history, .halfOpen, at: 46).lastTimeToRecover == nil)
        _ = history.transitioned(from: .halfOpen, to: .closed, at: at(50))
        var result = figures(history, at: 99)
        #expect(result.transitions == 5)
        #expect(result.timesOpened == 2)
        #expect(result.timeOpen == .seconds(25))
        #expect(result.recoveries == 1)
        #expect(result.lastTimeToRecover == .seconds(40))

        _ = history.transitioned(from: .closed, to: .open, at: at(100))
        _ = history.transitioned(from: .open, to: .closed, at: at(120))
        result = figures(history, at: 200)
        #expect(result.lastTimeToRecover == .seconds(20))
        #expect(result.meanTimeToRecover == .seconds(30))
        #expect(result.timeOpen == .seconds(45))
    }

    @Test("B27 from open to forced open it is open all the time, and has opened once")
    func forcedOpen() {
        var history = CircuitHistory()
        _ = history.transitioned(from: .closed, to: .open, at: at(0))
        _ = history.transitioned(from: .open, to: .forcedOpen, at: at(5))
        #expect(figures(history, .forcedOpen, at: 20).timeOpen == .seconds(20))
        _ = history.transitioned(from: .forcedOpen, to: .disabled, at: at(30))
        let result = figures(history, .disabled, at: 60)
        #expect(result.timesOpened == 1)
        #expect(result.timeOpen == .seconds(30))
        #expect(result.recoveries == 0)
        _ = history.transitioned(from: .disabled, to: .closed, at: at(60))
        #expect(figures(history, at: 61).lastTimeToRecover == .seconds(60))
    }

    @Test("B27 forced open is open: it counts as an opening, and the time is measured")
    func closedToForcedOpen() {
        var history = CircuitHistory(alarm: .init(openings: 1))
        #expect(history.transitioned(from: .closed, to: .forcedOpen, at: at(0)) != nil)
        #expect(figures(history, .forcedOpen, at: 7).timeOpen == .seconds(7))
        #expect(figures(history, .forcedOpen).timesOpened == 1)
        #expect(figures(history, .forcedOpen).isFlapping)
    }

    @Test("B27 a circuit that begins forced open is open from then on, and has not opened")
    func beginsOpen() {
        var history = CircuitHistory()
        history.began(in: .forcedOpen, at: at(5))
        #expect(figures(history, .forcedOpen, at: 8).timeOpen == .seconds(3))
        #expect(figures(history, .forcedOpen).timesOpened == 0)
        #expect(figures(history, .forcedOpen).transitions == 0)
    }

    @Test("B27 a reset of a closed circuit is a transition and no recovery")
    func reset() {
        var history = CircuitHistory()
        _ = history.transitioned(from: .closed, to: .closed, at: at(1))
        #expect(figures(history).transitions == 1)
        #expect(figures(history).recoveries == 0)
    }

    @Test("K122 B27 figures do not change with the circuit that they came from")
    func values() {
        var history = CircuitHistory()
        history.failed(.result)
        let before = figures(history)
        history.failed(.result)
        _ = history.transitioned(from: .closed, to: .open, at: at(1))
        #expect(before.failuresByType == ["result": 1])
        #expect(before.transitions == 0)
    }

    @Test("B27 figures can be sent as JSON, with times in milliseconds")
    func codable() throws {
        var figures = CircuitFigures(service: "api", state: .open, retryAfter: .milliseconds(1_500))
        figures.calls = 7
        figures.failuresByType = ["Timeout": 3]
        figures.lastFailureType = "Timeout"
        figures.failureRate = 0.5
        figures.levels = [TripLevel(.failureRate, current: 0.5, threshold: 0.8)]
        figures.timeOpen = .seconds(3)
        figures.lastTimeToRecover = .seconds(2)
        figures.meanTimeToRecover = .seconds(4)
        figures.isFlapping = true
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(CircuitOverview([figures]))
        #expect(try JSONDecoder().decode(CircuitOverview.self, from: data).circuits == [figures])
        #expect(String(decoding: data, as: UTF8.self).contains(#""timeOpenMilliseconds":3000"#))
    }

    @Test("B27 how near a threshold is (B23)")
    func levels() {
        #expect(TripLevel(.consecutiveFailures, current: 3, threshold: 5).share == 0.6)
        #expect(TripLevel(.failureRate, current: 0.25, threshold: 0.5).share == 0.5)
        #expect(TripLevel(.failureRate, current: 0, threshold: 0).share == 1)
    }
}
