#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The default sink: one line on standard error for each event, with the time of day in UTC.
///
/// ```
/// 2026-03-01T12:04:05.123Z warning  app/users crashed: ConnectionLost; restarts now
/// ```
public struct StandardErrorSink: EventSink {
    private let minimumLevel: EventLevel
    private let lineLimit: Int

    /// A sink that prints the events of at least `minimumLevel`.
    ///
    /// - Parameters:
    ///   - minimumLevel: the least level that is printed.
    ///   - lineLimit: how many characters of an event are printed at most: see ``RuntimeEvent/line(upTo:)``.
    public init(minimumLevel: EventLevel = .info, lineLimit: Int = 2_000) {
        self.minimumLevel = minimumLevel
        self.lineLimit = lineLimit
    }

    public func wants(_ level: EventLevel) -> Bool { level >= minimumLevel }

    public func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        guard event.level >= minimumLevel else { return }
        let level = event.level.description
        let padding = String(repeating: " ", count: 8 - level.count)
        var line = "\(Self.timeOfDay()) \(level)\(padding) \(event.line(upTo: lineLimit))\n"
        // One write for the whole line, so that lines of several threads do not mix.
        line.withUTF8 { bytes in
            _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }

    /// The wall clock, which only this sink reads, and only to print it.
    private static func timeOfDay() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        var seconds = now.tv_sec
        gmtime_r(&seconds, &parts)
        let date = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let time = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(time).\(padded(Int32(now.tv_nsec / 1_000_000), 3))Z"
    }

    private static func padded(_ number: Int32, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
