import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Events in words")
struct CircuitEventTextTests {
    private func event(_ kind: CircuitEvent.Kind, of service: ServiceName? = "api") -> CircuitEvent {
        CircuitEvent(service: service, time: .origin, kind: kind)
    }

    @Test("B26 each kind is one readable line")
    func lines() {
        let lines: [(CircuitEvent, String)] = [
            (event(.rejected(.open, count: 1)), "circuit 'api' rejected a call: open"),
            (event(.rejected(.noFreeProbe, count: 7)), "circuit 'api' rejected 7 calls, the latest: no free probe"),
            (
                event(.rejected(.dependencyOpen("db"), count: 1)),
                "circuit 'api' rejected a call: 'db', which it depends on, is open"
            ),
            (event(.late(count: 1)), "circuit 'api' got a report that came too late"),
            (event(.late(count: 2)), "circuit 'api' got 2 reports that came too late"),
            (
                event(.flapping(.raised(openings: 3, within: .seconds(60)))),
                "circuit 'api' is flapping: it opened 3 times within 60 s"
            ),
            (
                event(.flapping(.cleared(quietChecks: 3))),
                "circuit 'api' is not flapping any more: quiet at 3 checks in a row"
            ),
            (
                event(.storeTrouble("it cannot be read"), of: nil),
                "circuits: has trouble with its store: it cannot be read"
            ),
            (event(.eventsLost(2), of: nil), "circuits: 2 events were lost on a listener that is too slow"),
            (event(.figures([CircuitFigures(service: "api")]), of: nil), "circuits: healthy; 1 closed"),
        ]
        for (event, line) in lines { #expect(event.description == line) }
    }

    @Test("B26 trouble and flapping are warnings, the rest is information (B27)")
    func levels() {
        let warnings: [CircuitEvent.Kind] = [
            .storeTrouble("x"), .eventsLost(1), .flapping(.raised(openings: 1, within: .zero)),
        ]
        let information: [CircuitEvent.Kind] = [
            .rejected(.open, count: 1), .late(count: 1), .flapping(.cleared(quietChecks: 1)), .figures([]),
        ]
        #expect(warnings.allSatisfy { event($0).level == .warning })
        #expect(information.allSatisfy { event($0).level == .info })
    }
}
