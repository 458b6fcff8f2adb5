import Supervision
import Testing

@testable import CircuitBreakers

@Suite("The beat of the figures")
struct FiguresBeatTests {
    private func at(_ seconds: Int) -> RuntimeInstant { .origin.advanced(by: .seconds(seconds)) }

    @Test("K140 B27 one for each interval that has passed, also when several have at once (B11)")
    func each() {
        var beat = FiguresBeat(every: .seconds(30), from: at(5))
        #expect(beat.take(by: at(34)) == 0)
        #expect(beat.take(by: at(35)) == 1)
        #expect(beat.take(by: at(35)) == 0)
        #expect(beat.next == at(65))
        // A late one changes nothing about when the next is due.
        #expect(beat.take(by: at(94)) == 1)
        #expect(beat.take(by: at(95)) == 1)
        #expect(beat.take(by: at(190)) == 3)
        #expect(beat.next == at(215))
    }

    @Test("B27 after a long pause most are left out, and the beat is kept")
    func longPause() {
        var beat = FiguresBeat(every: .seconds(30), from: at(0))
        #expect(beat.take(by: at(3_601)) == 10)
        #expect(beat.next == at(3_630))
    }

    @Test("B27 an interval that is nothing, and one that never ends")
    func oddIntervals() {
        var short = FiguresBeat(every: .zero, from: at(0))
        #expect(short.next == .origin.advanced(by: .milliseconds(1)))
        #expect(short.take(by: at(1)) == 10)
        var long = FiguresBeat(every: .seconds(Int64.max), from: at(1))
        #expect(long.take(by: at(1_000)) == 0)
        #expect(long.take(by: .distantFuture) == 1)
        #expect(long.next == .distantFuture)
    }
}
