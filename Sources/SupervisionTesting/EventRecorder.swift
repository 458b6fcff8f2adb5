internal import Synchronization
public import Supervision

/// A sink that keeps every event, and lets a test wait for one.
///
/// ```swift
/// let recorder = EventRecorder()
/// let runtime = Runtime(events: recorder)
/// …
/// await recorder.waitFor { $0.description == "app/users restarted, life 2" }
/// ```
public final class EventRecorder: EventSink {
    private struct Waiter {
        var count: Int
        var matches: @Sendable (any RuntimeEvent) -> Bool
        // Resumed exactly once: by whoever takes the waiter out of the list.
        var continuation: UnsafeContinuation<Void, Never>
    }

    private struct State {
        var events: [any RuntimeEvent] = []
        var times: [RuntimeInstant] = []
        var waiters: [Waiter] = []
    }

    private let state = Mutex(State())

    /// A recorder that has recorded nothing.
    public init() {}

    /// All events so far, in the order in which they came.
    public var events: [any RuntimeEvent] { state.withLock(\.events) }

    /// The events so far as they read.
    public var lines: [String] { events.map(\.description) }

    /// The events so far as they read, each after the time at which it happened.
    public var timedLines: [String] {
        let (events, times) = state.withLock { ($0.events, $0.times) }
        return zip(events, times).map { event, time in
            "\(RuntimeInstant.origin.duration(to: time).shortDescription): \(event)"
        }
    }

    public func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        let ready = state.withLock { state in
            state.events.append(event)
            state.times.append(time)
            guard !state.waiters.isEmpty else { return [UnsafeContinuation<Void, Never>]() }
            var ready: [UnsafeContinuation<Void, Never>] = []
            state.waiters = state.waiters.compactMap { waiter in
                guard waiter.matches(event) else { return waiter }
                var waiter = waiter
                waiter.count -= 1
                if waiter.count > 0 { return waiter }
                ready.append(waiter.continuation)
                return nil
            }
            return ready
        }
        for continuation in ready { continuation.resume() }
    }

    /// Suspends until `count` events that match have come, those counted that have come before. It waits on when the
    /// task is cancelled.
    public func waitFor(_ count: Int = 1, _ matches: @escaping @Sendable (any RuntimeEvent) -> Bool) async {
        await withUnsafeContinuation { continuation in
            let isThere = state.withLock { state in
                let missing = count - state.events.count(where: matches)
                if missing <= 0 { return true }
                state.waiters.append(Waiter(count: missing, matches: matches, continuation: continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Suspends until `count` events that read like `line` have come, those counted that have come before.
    public func waitFor(_ count: Int = 1, line: String) async {
        await waitFor(count) { $0.description == line }
    }
}
