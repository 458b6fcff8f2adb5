internal import Synchronization

/// Who is told of a runtime's events beside its sink, from some moment on until another.
package final class EventListeners: Sendable {
    private struct Listener: Sendable {
        let number: Int
        let sink: any EventSink
    }

    private struct State {
        var listeners: [Listener] = []
        var nextNumber = 0
    }

    private let state = Mutex(State())
    /// Says without the lock whether there is any, as there is none as a rule.
    private let exist = Atomic(false)

    /// Tells `sink` of what happens from now on.
    ///
    /// - Returns: what takes that back.
    package func add(_ sink: any EventSink) -> EventListening {
        state.withLock { state in
            state.nextNumber += 1
            state.listeners.append(Listener(number: state.nextNumber, sink: sink))
            exist.store(true, ordering: .releasing)
            return EventListening(number: state.nextNumber, listeners: self)
        }
    }

    fileprivate func remove(_ number: Int) {
        state.withLock { state in
            state.listeners.removeAll { $0.number == number }
            exist.store(!state.listeners.isEmpty, ordering: .releasing)
        }
    }

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        for listener in present { listener.sink.receive(event, at: time) }
    }

    func wants(_ level: EventLevel) -> Bool {
        present.contains { $0.sink.wants(level) }
    }

    /// Told outside of the lock, as a sink may call back.
    private var present: [Listener] {
        exist.load(ordering: .acquiring) ? state.withLock { $0.listeners } : []
    }
}

/// A sink's being told of a runtime's events.
package struct EventListening: Sendable {
    fileprivate let number: Int
    fileprivate let listeners: EventListeners

    /// Ends it. An event that is being told to others may still come.
    package func end() {
        listeners.remove(number)
    }
}
