#if Admin
internal import Supervision

/// What one reader is sent of the events: which, and from where on.
struct EventReader: Sendable {
    let log: EventLog
    let level: EventLevel
    /// None for all.
    let types: Set<EventRecord.Kind>
    /// The number of the last event that it has been sent, or does not want.
    private(set) var position: Int
    /// Whether it was sent events of another run of the program.
    private var isFromOtherRun = false

    /// How many events are sent at once.
    private static let batch = 100

    init(_ log: EventLog, _ query: EventQuery) throws(Problem) {
        self.log = log
        level = EventLevel.allCases.first { $0.description == query.level } ?? .info
        types = query.types
        switch query.after {
        case nil: position = log.last
        case "0": position = 0
        case let id?:
            let parts = id.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, let number = Int(parts[1]), number >= 0 else {
                throw Problem(
                    .badRequest,
                    "'\(id.shortened)' is no id of an event; expected is one that was sent, or 0"
                )
            }
            isFromOtherRun = parts[0] != log.run
            position = isFromOtherRun ? 0 : min(number, log.last)
        }
    }

    /// The bytes to be sent now; empty when there is nothing.
    mutating func frames() -> [UInt8] {
        var bytes: [UInt8] = []
        if isFromOtherRun {
            isFromOtherRun = false
            bytes += Array("event: lost\ndata: {}\n\n".utf8)
        }
        let isFirst = position == 0
        let (entries, lost, end) = log.entries(after: position, limit: Self.batch)
        // What was there before the first that is kept is not lost to one that asks for all that is kept.
        if lost > 0, !isFirst { bytes += Array("event: lost\ndata: {\"count\":\(lost)}\n\n".utf8) }
        for entry in entries where entry.level >= level && (types.isEmpty || types.contains(entry.kind)) {
            bytes += entry.frame
        }
        position = end
        return bytes
    }

    /// Waits until there may be more. False when there will be nothing any more.
    func wait() async -> Bool {
        await log.wait(after: position)
    }
}
#endif
