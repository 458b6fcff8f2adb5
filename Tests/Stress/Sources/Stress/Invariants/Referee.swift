internal import Foundation
internal import Supervision
internal import Synchronization

/// Ends the program at the first invariant that does not hold, and says which.
final class Referee: Sendable {
    let seed: UInt64
    let round: Int
    private let events: EventLog
    /// What each driver is at, for one that hangs.
    private let whereabouts = Mutex<[String: String]>([:])
    /// So that two that fail at the same time do not mix their words.
    private static let hasFailed = Mutex(false)

    init(seed: UInt64, round: Int, events: EventLog) {
        self.seed = seed
        self.round = round
        self.events = events
    }

    func note(_ driver: String, at what: String) {
        whereabouts.withLock { $0[driver] = what }
    }

    /// Fails unless `condition` holds.
    func require(_ condition: Bool, _ what: @autoclosure () -> String, at place: @autoclosure () -> String) {
        if !condition { fail(what(), at: place()) }
    }

    func fail(_ what: String, at place: String) {
        let isFirst = Self.hasFailed.withLock { hasFailed in
            defer { hasFailed = true }
            return !hasFailed
        }
        // Another one has failed and is writing.
        if !isFirst { return }
        var text = "\nFAILED: \(what)\n  at \(place), seed \(seed), round \(round)\n"
        let drivers = whereabouts.withLock { $0 }.sorted { $0.key < $1.key }
        text += "  drivers:\n" + drivers.map { "    \($0.key): \($0.value)\n" }.joined()
        text += "  last events:\n" + events.lastLines.map { "    \($0)\n" }.joined()
        FileHandle.standardError.write(Data(text.utf8))
        _exit(1)
    }
}
