#if Admin
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import Supervision
internal import Synchronization

/// The last events of a runtime, for any number of readers.
///
/// A reader has no queue of its own, only its place in the one log: one that is slow or asleep costs nothing, and is told
/// how many events it has missed. Whoever emits an event puts it into the log and goes on; the rest is done by one task,
/// which says so to the readers a few times in a second.
final class EventLog: EventSink {
    /// One event, and what of it is sent, which is made once for all readers.
    struct Entry: Sendable {
        let number: Int
        let level: EventLevel
        let kind: EventRecord.Kind
        let frame: [UInt8]
    }

    fileprivate struct Raw: Sendable {
        let event: any RuntimeEvent
        let date: Date
    }

    fileprivate struct State {
        /// What has come and has not been filed.
        var raw: [Raw] = []
        /// How many came before those and were dropped, as there were too many.
        var dropped = 0
        /// The last ones, the oldest first, and from when on the capacity is reached as a ring.
        var entries: [Entry] = []
        var oldest = 0
        /// The number of the last entry.
        var last = 0
        var readers: [Int: Waiter] = [:]
        var nextReader = 0
        var isClosed = false
        var pump: Waiter?
    }

    private let capacity: Int
    /// Tells the events of this run of the program from those of another.
    let run: String
    private let state = Mutex(State())

    init(capacity: Int = 1_000, run: String = EventLog.randomName()) {
        self.capacity = capacity
        self.run = run
    }

    /// Events that nobody but a debugger looks for come in great numbers.
    func wants(_ level: EventLevel) -> Bool { level >= .info }

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        // By the wall clock, as a person reads it; the runtime's own has no date.
        let raw = Raw(event: event, date: Date())
        let pump = state.withLock { state in
            // More than are kept need not be there; many go at once, so that each costs little.
            if state.raw.count >= 2 * capacity {
                state.raw.removeFirst(capacity)
                state.dropped += capacity
            }
            state.raw.append(raw)
            return state.pump.take()
        }
        pump?.resume()
    }

    // MARK: The task

    /// Sees to it that readers are told, until the task is cancelled.
    func pump(in runtime: Runtime) async throws {
        while !Task.isCancelled {
            await waitForRaw()
            let readers = state.withLock { $0.readers.count }
            file()
            // The more of them, the more rarely, so that a thousand readers do not take the processor.
            try await runtime.sleep(for: .milliseconds(50 + min(450, readers / 4)))
        }
    }

    private func waitForRaw() async {
        let waiter = Waiter()
        let mustWait = state.withLock { state in
            guard state.raw.isEmpty, !state.isClosed else { return false }
            state.pump = waiter
            return true
        }
        guard mustWait else { return }
        await withTaskCancellationHandler {
            await waiter.wait()
        } onCancel: {
            waiter.resume()
        }
    }

    /// Puts what has come into the log, and wakes the readers.
    func file() {
        let (raw, first) = state.withLock { state in
            defer {
                state.dropped = 0
                state.raw = []
            }
            // Those that were dropped have numbers of their own, so that readers count them as lost.
            return (state.raw, state.last + state.dropped + 1)
        }
        // Outside of the lock, as descriptions of events are anybody's code. Only one task gets here.
        let encoder = JSONEncoder.forAnswers
        let entries = raw.enumerated().map { index, raw in
            Entry(number: first + index, of: raw.event, at: raw.date, run: run, encoder)
        }
        let readers = state.withLock { state in
            for entry in entries { state.append(entry, capacity) }
            defer { state.readers = [:] }
            return state.readers.values
        }
        for reader in readers { reader.resume() }
    }

    /// Ends the reading.
    func close() {
        let (readers, pump) = state.withLock { state in
            defer { state.readers = [:] }
            state.isClosed = true
            return (state.readers.values, state.pump.take())
        }
        for reader in readers { reader.resume() }
        pump?.resume()
    }

    // MARK: Readers

    /// The number of the last event that there is.
    var last: Int { state.withLock { $0.last } }

    /// What comes behind an event, if anything is there, and how many between the two are not kept any more.
    func entries(after number: Int, limit: Int) -> (entries: [Entry], lost: Int, end: Int) {
        state.withLock { state in
            let entries = state.entries(after: number, limit: limit)
            guard let first = entries.first else {
                return ([], max(0, state.last - number), state.last)
            }
            return (entries, first.number - number - 1, entries.last.map(\.number) ?? number)
        }
    }

    /// Waits until there may be something behind an event. False when the reading has ended.
    func wait(after number: Int) async -> Bool {
        let waiter = Waiter()
        let id = state.withLock { state -> Int? in
            if state.last > number || state.isClosed { return nil }
            state.nextReader += 1
            state.readers[state.nextReader] = waiter
            return state.nextReader
        }
        if let id {
            await withTaskCancellationHandler {
                await waiter.wait()
            } onCancel: {
                _ = state.withLock { $0.readers.removeValue(forKey: id) }
                waiter.resume()
            }
        }
        return !Task.isCancelled && state.withLock { !$0.isClosed }
    }

    /// Not drawn by the runtime, since runs with the same seed are to have different names.
    static func randomName() -> String {
        let characters = "abcdefghijkmnpqrstuvwxyz23456789"
        return String((0..<8).compactMap { _ in characters.randomElement() })
    }
}

extension EventLog.State {
    fileprivate mutating func append(_ entry: EventLog.Entry, _ capacity: Int) {
        last = max(last, entry.number)
        if entries.count < capacity {
            entries.append(entry)
        } else {
            entries[oldest] = entry
            oldest = (oldest + 1) % capacity
        }
    }

    /// Found by halving, as numbers rise.
    fileprivate func entries(after number: Int, limit: Int) -> [EventLog.Entry] {
        func entry(_ index: Int) -> EventLog.Entry { entries[(oldest + index) % entries.count] }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entry(middle).number <= number { low = middle + 1 } else { high = middle }
        }
        return (low..<min(entries.count, low + limit)).map(entry)
    }
}

/// One wait, which may be over before it begins. Whoever resumes it first ends it.
private final class Waiter: Sendable {
    private enum State {
        case new
        case waiting(UnsafeContinuation<Void, Never>)
        case over
    }

    private let state = Mutex(State.new)

    func wait() async {
        await withUnsafeContinuation { continuation in
            let isOver = state.withLock { state in
                if case .over = state { return true }
                state = .waiting(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    func resume() {
        let continuation: UnsafeContinuation<Void, Never>? = state.withLock { state in
            defer { state = .over }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }
}
#endif
