import Supervision
import Testing

@testable import CircuitBreakers

@Suite("The buffer of a listener")
struct EventBufferTests {
    private func takeAll(_ buffer: inout EventBuffer) -> [CircuitEvent] {
        var taken: [CircuitEvent] = []
        while let event = buffer.take() { taken.append(event) }
        return taken
    }

    @Test("B26 what is put in comes out in order")
    func order() {
        var buffer = EventBuffer(capacity: 3)
        for number in 1...3 { buffer.append(.numbered(number)) }
        #expect(takeAll(&buffer).map(\.number) == [1, 2, 3])
        #expect(buffer.take() == nil)
        #expect(buffer.lost == 0)
    }

    @Test("B26 what does not fit is dropped, counted, and told of where it is missing")
    func drops() {
        var buffer = EventBuffer(capacity: 2)
        for number in 1...5 { buffer.append(.numbered(number)) }
        #expect(buffer.count == 3)
        #expect(buffer.take()?.number == 1)
        // There is room again.
        buffer.append(.numbered(6))
        let rest = takeAll(&buffer)
        #expect(rest.map(\.number) == [2, nil, 6])
        #expect(rest.map(\.lost) == [nil, 3, nil])
        #expect(rest[1].time == RuntimeInstant(nanoseconds: 5))
        #expect(buffer.lost == 3)
    }

    @Test("B26 drops are told of also when nothing comes after them")
    func dropsAtEnd() {
        var buffer = EventBuffer(capacity: 1)
        for number in 1...3 { buffer.append(.numbered(number)) }
        #expect(takeAll(&buffer).map(\.lost) == [nil, 2])
        #expect(buffer.count == 0)
        // Each drop is told of once.
        buffer.append(.numbered(4))
        #expect(takeAll(&buffer).map(\.number) == [4])
    }

    @Test("B26 it stays within its bound, however many events pass through it")
    func bound() {
        var buffer = EventBuffer(capacity: 4)
        var random = SeededGenerator(state: 7)
        var next = 0
        var expected = 1
        var missing = 0
        for _ in 0..<10_000 {
            if Bool.random(using: &random) {
                next += 1
                buffer.append(.numbered(next))
            } else if let event = buffer.take() {
                if let lost = event.lost {
                    missing += lost
                    expected += lost
                } else {
                    #expect(event.number == expected)
                    expected += 1
                }
            }
            // The events, and the one that tells of a gap before the latest or after it.
            #expect(buffer.count <= 6)
        }
        for event in takeAll(&buffer) { missing += event.lost ?? 0 }
        #expect(missing == buffer.lost)
        #expect(buffer.lost > 0)
    }

    @Test("B26 the first is told, then at most one in a second, with how many there were since")
    func sampler() {
        var sampler = EventSampler()
        func at(_ milliseconds: Int) -> RuntimeInstant {
            .origin.advanced(by: .milliseconds(milliseconds))
        }
        #expect(sampler.add(at: at(0)) == 1)
        #expect(sampler.add(at: at(1)) == nil)
        #expect(sampler.add(at: at(999)) == nil)
        #expect(sampler.add(at: at(1_000)) == 3)
        #expect(sampler.add(at: at(1_999)) == nil)
        #expect(sampler.add(at: at(9_000)) == 2)
        #expect(sampler.add(at: at(10_000)) == 1)
    }
}
