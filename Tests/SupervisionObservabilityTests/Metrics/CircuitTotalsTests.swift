#if Observability
import CircuitBreakers
import Testing

@testable import SupervisionObservability

/// What is new in the figures of circuits.
struct CircuitTotalsTests {
    private func figures(_ successes: Int, failures: Int = 0, open: Duration = .zero) -> CircuitFigures {
        var figures = CircuitFigures(service: "rates")
        figures.successes = successes
        figures.failures = failures
        figures.timeOpen = open
        return figures
    }

    private func calls(_ growths: [CircuitTotals.Growth]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: growths.flatMap(\.calls).map { ($0.outcome.rawValue, $0.count) })
    }

    @Test("B27 What was counted before is not counted again")
    func grows() {
        var totals = CircuitTotals()
        #expect(calls(totals.advance(to: [figures(3, failures: 1)])) == ["success": 3, "failure": 1])
        let second = totals.advance(to: [figures(5, failures: 1, open: .seconds(2))])
        #expect(calls(second) == ["success": 2])
        #expect(second.map(\.timeOpen) == [.seconds(2)])
        #expect(calls(totals.advance(to: [figures(5, failures: 1, open: .seconds(2))])).isEmpty)
    }

    @Test("B27 A circuit that was made anew counts from zero")
    func isMadeAnew() {
        var totals = CircuitTotals()
        _ = totals.advance(to: [figures(100, failures: 3, open: .seconds(9))])
        let growths = totals.advance(to: [figures(2, failures: 5, open: .seconds(1))])
        #expect(calls(growths) == ["success": 2, "failure": 5])
        #expect(growths.map(\.timeOpen) == [.seconds(1)])
    }

    @Test("A circuit that was gone for a while counts from zero")
    func comesBack() {
        var totals = CircuitTotals()
        _ = totals.advance(to: [figures(4)])
        _ = totals.advance(to: [])
        #expect(calls(totals.advance(to: [figures(6)])) == ["success": 6])
    }
}
#endif
