#if Admin
import SupervisionAdmin

/// An event in a line, which goes on in the next when it is long: nothing of an event is left out.
enum EventDisplay {
    static func lines(_ event: EventRecord, width: Int?, _ palette: Palette) -> [String] {
        let time = event.time.clock
        let level = event.level.printable
        let front = "\(time)  \(level.padded(to: 7))  \(event.type.rawValue.padded(to: 11))  "
        let painted =
            palette.paint(time, .faint) + "  " + palette.paint(level.padded(to: 7), tone(level)) + "  "
            + palette.paint(event.type.rawValue.padded(to: 11), .faint) + "  "
        let indent = String(repeating: " ", count: front.columns)
        let room = width.map { max(20, $0 - front.columns) }
        let text = event.text.printable.wrapped(to: room)
        let details = event.details?.printable.wrapped(to: room).map { palette.paint($0, .faint) } ?? []
        return (text + details).enumerated().map { ($0 == 0 ? painted : indent) + $1 }
    }

    static func tone(_ level: String) -> Tone {
        switch level {
        case "error": .bad
        case "warning": .notice
        case "debug": .faint
        default: .plain
        }
    }
}

extension String {
    /// The time of the day of a date and time: `12:00:00.250` of `2026-01-31T12:00:00.250Z`.
    fileprivate var clock: String {
        guard let start = firstIndex(of: "T") else { return printable }
        return String(self[index(after: start)...].prefix { $0 != "Z" }).printable
    }

    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }

    /// In lines of at most so many columns, broken at blanks where there are some.
    func wrapped(to width: Int?) -> [String] {
        guard let width, columns > width else { return [self] }
        var lines: [String] = []
        var rest = self[...]
        while String(rest).columns > width {
            let part = String(rest).prefix(columns: width)
            // A single character can be wider than all the room there is.
            let full = rest.prefix(max(1, part.count))
            let next = rest.dropFirst(full.count)
            if next.first == " " || !full.contains(" ") {
                lines.append(String(full))
                rest = next.first == " " ? next.dropFirst() : next
            } else if let blank = full.lastIndex(of: " ") {
                lines.append(String(rest[..<blank]))
                rest = rest[rest.index(after: blank)...]
            }
        }
        return rest.isEmpty ? lines : lines + [String(rest)]
    }
}
#endif
