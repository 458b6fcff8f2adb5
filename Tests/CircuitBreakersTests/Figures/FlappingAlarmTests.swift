import Supervision
import Testing

@testable import CircuitBreakers

@Suite("The flapping alarm")
struct FlappingAlarmTests {
    private func at(_ seconds: Int) -> RuntimeInstant { .origin.advanced(by: .seconds(seconds)) }

    @Test("K120 B27 blown, ok, ok, blown, ok, ok, ok: raised once, cleared only after three in a row")
    func hysteresis() {
        var alarm = FlappingAlarm(rule: .init(openings: 1, within: .seconds(60), quietChecks: 3))
        #expect(alarm.opened(at: at(0)) == .raised(openings: 1, within: .seconds(60)))
        #expect(alarm.checked(.open) == nil)
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.opened(at: at(3)) == nil)
        #expect(alarm.checked(.open) == nil)
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.isRaised)
        #expect(alarm.checked(.closed) == .cleared(quietChecks: 3))
        #expect(!alarm.isRaised)
        #expect(alarm.checked(.closed) == nil)
    }

    @Test("B27 so many openings within the time raise it; one whose age is the time is out (B22)")
    func raises() {
        var alarm = FlappingAlarm(rule: .init(openings: 3, within: .seconds(60)))
        #expect(alarm.opened(at: at(0)) == nil)
        #expect(alarm.opened(at: at(30)) == nil)
        #expect(alarm.opened(at: at(60)) == nil)
        #expect(alarm.opened(at: at(89)) == .raised(openings: 3, within: .seconds(60)))
        #expect(alarm.opened(at: at(90)) == nil)
    }

    @Test("B27 an opening between two checks is seen, also when the circuit is closed at both")
    func seesOpenings() {
        var alarm = FlappingAlarm(rule: .init(openings: 1, quietChecks: 2))
        _ = alarm.opened(at: at(0))
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.checked(.closed) == nil)
        _ = alarm.opened(at: at(1))
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.checked(.halfOpen) == .cleared(quietChecks: 2))
    }

    @Test("B27 a circuit that stays open is not quiet")
    func staysOpen() {
        var alarm = FlappingAlarm(rule: .init(openings: 1, quietChecks: 2))
        _ = alarm.opened(at: at(0))
        for _ in 1...10 { #expect(alarm.checked(.open) == nil) }
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.checked(.forcedOpen) == nil)
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.checked(.closed) == .cleared(quietChecks: 2))
    }

    @Test("B27 once cleared it takes as many openings again")
    func raisedAgain() {
        var alarm = FlappingAlarm(rule: .init(openings: 2, within: .seconds(600), quietChecks: 1))
        _ = alarm.opened(at: at(0))
        #expect(alarm.opened(at: at(1)) != nil)
        #expect(alarm.checked(.closed) == nil)
        #expect(alarm.checked(.closed) == .cleared(quietChecks: 1))
        #expect(alarm.opened(at: at(2)) == nil)
        #expect(alarm.opened(at: at(3)) == .raised(openings: 2, within: .seconds(600)))
    }

    @Test("B27 numbers below one are taken as one")
    func leastNumbers() {
        var rule = FlappingAlarm.Rule(openings: 0, quietChecks: -1)
        #expect(rule.openings == 1)
        #expect(rule.quietChecks == 1)
        rule.openings = -3
        var alarm = FlappingAlarm(rule: rule)
        #expect(alarm.opened(at: at(0)) != nil)
    }
}
