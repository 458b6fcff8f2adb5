#if Admin
import Foundation
import Supervision
import SupervisionTesting
import Testing

@testable import SupervisionAdmin

private struct Note: RuntimeEvent {
    var number: Int
    var level = EventLevel.info
    var description: String { "note \(number)" }
}

@Suite("Events, for any number of readers")
struct EventLogTests {
    private let log = EventLog(capacity: 5, run: "run")

    private func tell(_ numbers: ClosedRange<Int>, _ level: EventLevel = .info) {
        for number in numbers { burst(number...number, level) }
    }

    /// Events that come faster than anybody looks at them.
    private func burst(_ numbers: ClosedRange<Int>, _ level: EventLevel = .info) {
        for number in numbers { log.receive(Note(number: number, level: level), at: .origin) }
        log.file()
    }

    private func reader(after: String? = nil, level: String = "info", types: Set<EventRecord.Kind> = []) throws
        -> EventReader
    {
        try EventReader(log, EventQuery(after: after, level: level, types: types))
    }

    /// What the frames say, in short.
    private func read(_ reader: inout EventReader) throws -> [String] {
        var lines: [String] = []
        repeat {
            let text = String(decoding: reader.frames(), as: UTF8.self)
            for frame in text.split(separator: "\n\n") {
                let fields = frame.split(separator: "\n").map(String.init)
                if fields[0] == "event: lost" {
                    lines.append("lost \(fields[1].dropFirst("data: ".count))")
                } else {
                    let json = Data(fields[1].dropFirst("data: ".count).utf8)
                    let record = try JSONDecoder().decode(EventRecord.self, from: json)
                    #expect(fields[0] == "id: \(record.id)")
                    lines.append("\(record.id) \(record.text)")
                }
            }
        } while reader.position < log.last
        return lines
    }

    @Test("a reader is sent what happens from now on, in order, once")
    func fromNow() throws {
        tell(1...2)
        var reader = try reader()
        #expect(try read(&reader) == [])
        tell(3...4)
        #expect(try read(&reader) == ["run-3 note 3", "run-4 note 4"])
        #expect(try read(&reader) == [])
    }

    @Test("a reader goes on behind the last that it has seen")
    func resumes() throws {
        tell(1...4)
        var reader = try reader(after: "run-2")
        #expect(try read(&reader) == ["run-3 note 3", "run-4 note 4"])
    }

    @Test("a slow reader is told how many it has missed")
    func slow() throws {
        tell(1...1)
        var reader = try reader()
        tell(2...9)
        #expect(try read(&reader) == ["lost {\"count\":3}"] + (5...9).map { "run-\($0) note \($0)" })
    }

    @Test("what is gone before a reader has asked for all is not lost to it")
    func all() throws {
        tell(1...9)
        var reader = try reader(after: "0")
        #expect(try read(&reader) == (5...9).map { "run-\($0) note \($0)" })
    }

    @Test("after another run of the program it is told so, and then what is kept")
    func otherRun() throws {
        tell(1...2)
        var reader = try reader(after: "other-77")
        #expect(try read(&reader) == ["lost {}", "run-1 note 1", "run-2 note 2"])
        var ahead = try self.reader(after: "run-99")
        tell(3...3)
        #expect(try read(&ahead) == ["run-3 note 3"])
    }

    @Test("of those that came in greater numbers than are kept the last are there, and the others counted as lost")
    func bursts() throws {
        var reader = try reader()
        burst(1...8)
        #expect(try read(&reader) == ["lost {\"count\":3}"] + (4...8).map { "run-\($0) note \($0)" })
        burst(9...40)
        #expect(try read(&reader) == ["lost {\"count\":27}"] + (36...40).map { "run-\($0) note \($0)" })
        tell(41...41)
        #expect(try read(&reader) == ["run-41 note 41"])
    }

    @Test("a reader is sent its levels and types only, and does not take the others for lost")
    func filters() throws {
        var warnings = try reader(level: "warning")
        var circuits = try reader(types: [.circuit])
        tell(1...1)
        tell(2...2, .error)
        #expect(try read(&warnings) == ["run-2 note 2"])
        #expect(try read(&circuits) == [])
        tell(3...9)
        #expect(try read(&circuits) == ["lost {\"count\":2}"])
    }

    @Test("what is no id of an event is refused", arguments: ["", "x", "run-", "run-x", "run--1", "-", "1"])
    func noID(_ text: String) {
        #expect(throws: Problem.self) { try reader(after: text) }
    }

    @Test("a reader that waits is woken by an event, by the end, and by its own cancellation")
    func waits() async throws {
        async let woken = log.wait(after: 0)
        tell(1...1)
        #expect(await woken)
        let task = Task { await log.wait(after: 1) }
        task.cancel()
        #expect(await !task.value)
        async let ended = log.wait(after: 1)
        log.close()
        #expect(await !ended)
        #expect(await !log.wait(after: 1))
    }

    @Test("S13 events below info are left to those who want them")
    func wants() {
        #expect(!log.wants(.debug))
        #expect(log.wants(.info))
    }
}
#endif
