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
    /// Whether it begins with all that is kept, so that what was there before is not lost to it.
    private var takesWhatIsKept = false

    /// How many events are sent at once.
    private static let batch = 100

    init(_ log: EventLog, _ query: EventQuery) throws(Problem) {
        self.log = log
        level = EventLevel.allCases.first { $0.description == query.level } ?? .info
        types = query.types
        switch query.after {
        case nil: position = log.last
        case "0":
            position = 0
            takesWhatIsKept = true
        case let id?:
            let parts = id.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, let number = Int(parts[1]), number >= 0 else {
                throw Problem(
                    .badRequest,
                    "'\(id.shortened)' is no id of an event; expected is one that was sent, or 0"
                )
            }
            isFromOtherRun = parts[0] != log.run
            takesWhatIsKept = isFromOtherRun
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
        let (entries, lost, end) = log.entries(after: position, limit: Self.batch)
        if lost > 0, !takesWhatIsKept { bytes += Array("event: lost\ndata: {\"count\":\(lost)}\n\n".utf8) }
        takesWhatIsKept = false
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
