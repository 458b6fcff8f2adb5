internal import Supervision
internal import Synchronization

/// Brings the events of a server's circuits to those who listen, without holding up who brings them (B26).
///
/// A circuit appends its events under its own lock, which makes their order the true one, and calls ``wake(in:)`` when it
/// has let go of it. The runtime's sink is told by one task, which is there only while there is something to tell;
/// streams need none. What a slow listener has no room for is dropped and counted, for it alone.
final class CircuitEventFeed: Sendable {
    static let standardCapacity = 1_024

    private let queues: Mutex<CircuitEventQueues>

    /// A feed that keeps up to `capacity` events for the sink.
    init(capacity: Int = standardCapacity) {
        queues = Mutex(CircuitEventQueues(capacity: capacity))
    }

    /// Adds an event. Runs nothing of the user's and waits for nobody, so it may be called under a lock.
    ///
    /// True: call ``wake(in:)`` when that lock has been let go of.
    func append(_ event: CircuitEvent) -> Bool {
        queues.withLock { $0.append(event) }
    }

    /// Sees to it that those who wait for events get them. Harmless when there is nothing to do.
    func wake(in runtime: Runtime) {
        let (deliveries, startsDraining) = queues.withLock { $0.wake() }
        deliver(deliveries)
        guard startsDraining else { return }
        // Unstructured, since neither the call that caused an event nor the server may wait for a slow sink. It ends as
        // soon as nothing is left to tell; ``flush()`` waits for it.
        _ = runtime.spawn { self.drain(in: runtime) }
    }

    private func drain(in runtime: Runtime) {
        while true {
            let (event, flushed) = queues.withLock { $0.nextForSink() }
            for flusher in flushed { flusher.resume() }
            guard let event else { return }
            runtime.tell(event, at: event.time)
        }
    }

    private func deliver(_ deliveries: CircuitEventQueues.Deliveries) {
        for (consumer, event) in deliveries { consumer.resume(returning: event) }
    }

    /// Ends the streams, after the events before. What is appended later is dropped.
    func finish() {
        deliver(queues.withLock { $0.finish() })
    }

    /// Suspends until the sink has been told of all that was appended and woken for before, or the task is cancelled.
    /// Not for the sink itself to wait for.
    func flush() async {
        let id = queues.withLock { $0.makeID() }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { flusher in
                let waits = queues.withLock { $0.flush(id, flusher) }
                // The cancellation may have come before there was something to end.
                if !waits { flusher.resume() } else if Task.isCancelled { stopFlushing(id) }
            }
        } onCancel: {
            stopFlushing(id)
        }
    }

    private func stopFlushing(_ id: UInt64) {
        queues.withLock { $0.stopFlushing(id) }?.resume()
    }
}

// MARK: - Streams

extension CircuitEventFeed {
    /// A stream of the events from now on.
    func stream(capacity: Int) -> CircuitEventStream {
        CircuitEventStream(feed: self, id: queues.withLock { $0.subscribe(capacity: capacity) })
    }

    func unsubscribe(_ stream: UInt64) {
        queues.withLock { $0.unsubscribe(stream) }
    }

    /// The next event of a stream, or nil at its end or when the task is cancelled.
    func next(of stream: UInt64) async -> CircuitEvent? {
        if Task.isCancelled { return nil }
        let id = queues.withLock { $0.makeID() }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { consumer in
                switch queues.withLock({ $0.next(of: stream, for: id, consumer) }) {
                case .event(let event): consumer.resume(returning: event)
                case .end: consumer.resume(returning: nil)
                case .later:
                    // The cancellation may have come before there was something to end.
                    if Task.isCancelled { stopWaiting(id, of: stream) }
                }
            }
        } onCancel: {
            stopWaiting(id, of: stream)
        }
    }

    private func stopWaiting(_ id: UInt64, of stream: UInt64) {
        queues.withLock { $0.stopWaiting(id, of: stream) }?.resume(returning: nil)
    }

    func lost(of stream: UInt64) -> Int {
        queues.withLock { $0.lost(of: stream) }
    }
}
