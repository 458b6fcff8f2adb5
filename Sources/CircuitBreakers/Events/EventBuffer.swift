internal import Supervision

/// The events that wait for one listener, up to a limit (B26).
///
/// An event that finds no room is dropped and counted; in the place of those that were dropped one after another stands
/// an event that says how many they were.
struct EventBuffer: Sendable {
    private let capacity: Int
    private var events: [CircuitEvent?] = []
    /// The place of the oldest event. Those before it have been taken.
    private var head = 0
    /// Events that were dropped since the last that was kept, and when the latest of them happened.
    private var gap = 0
    private var gapTime = RuntimeInstant.origin
    /// How many have been dropped so far.
    private(set) var lost = 0

    /// A buffer for at least one event.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    private var kept: Int { events.count - head }

    /// How many events there are to take, the one that speaks of the dropped ones among them.
    var count: Int { gap > 0 ? kept + 1 : kept }

    /// Adds an event, or drops it when there is no room.
    mutating func append(_ event: CircuitEvent) {
        guard kept < capacity else {
            gap += 1
            gapTime = event.time
            lost += 1
            return
        }
        // Each event is moved once at the most for each that was taken.
        if head > capacity {
            events.removeFirst(head)
            head = 0
        }
        if gap > 0 { events.append(takeGap()) }
        events.append(event)
    }

    /// Takes the oldest event.
    mutating func take() -> CircuitEvent? {
        guard kept > 0 else { return gap > 0 ? takeGap() : nil }
        defer {
            events[head] = nil
            head += 1
            if head == events.count {
                events.removeAll(keepingCapacity: true)
                head = 0
            }
        }
        return events[head]
    }

    private mutating func takeGap() -> CircuitEvent {
        defer { gap = 0 }
        return CircuitEvent(service: nil, time: gapTime, kind: .eventsLost(gap))
    }
}
