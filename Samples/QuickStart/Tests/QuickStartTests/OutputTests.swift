import Supervision
import Testing

@testable import QuickStart

@Suite struct OutputTests {
    @Test func timesStandInAColumn() {
        #expect(Narrator.timestamp(.milliseconds(3_210)) == "+   3.2 s")
        #expect(Narrator.timestamp(.seconds(123)) == "+ 123.0 s")
    }

    @Test func durationsHaveAUnitThatSuitsThem() {
        #expect(Duration.milliseconds(1_500).inSeconds == "1.5 s")
        #expect(Duration.microseconds(1_500).inSeconds == "1.5 ms")
        #expect(Duration.microseconds(15).inSeconds == "15 µs")
    }

    @Test func textIsBrokenBetweenWords() {
        #expect("one two three".wrapped(at: 7) == ["one two", "three"])
        #expect("incomprehensible".wrapped(at: 7) == ["incomprehensible"])
        #expect("".wrapped(at: 7) == [])
    }

    @Test func aPathLosesTheSamplesOwnSupervisors() {
        func short(_ path: String) -> String {
            SupervisionEvent(path: path, child: .worker, kind: .autoShutdown).shortPath
        }
        #expect(short("app") == "app")
        #expect(short("app/reports") == "reports")
        #expect(short("app/reports/mailer") == "reports/mailer")
    }
}
