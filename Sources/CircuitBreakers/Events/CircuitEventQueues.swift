internal import Supervision

/// What a ``CircuitEventFeed`` decides: which events wait for whom, who is to be woken, and when it is over.
///
/// Each listener has a buffer of its own, so that none of them waits for another: one for the runtime's sink, which a
/// single task empties while there is something in it, and one for each stream, which its consumers empty.
struct CircuitEventQueues: Sendable {
    /// A consumer that waits for an event.
    typealias Consumer = UnsafeContinuation<CircuitEvent?, Never>
    /// Someone who waits until the sink has been told.
    typealias Flusher = UnsafeContinuation<Void, Never>

    fileprivate struct Stream: Sendable {
        var buffer: EventBuffer
        /// Those who wait, the longest first. There are none while the buffer holds something.
        var consumers: [(id: UInt64, consumer: Consumer)] = []
    }

    /// Consumers and what they get: an event, or nil at the end.
    typealias Deliveries = [(consumer: Consumer, event: CircuitEvent?)]

    private var sink: EventBuffer
    /// How many events have been taken for the sink.
    private var taken = 0
    private var isDraining = false
    private var flushers: [(id: UInt64, target: Int, flusher: Flusher)] = []
    private var streams: [UInt64: Stream] = [:]
    private var waitingConsumers = 0
    private var isFinished = false
    private var lastID: UInt64 = 0

    init(capacity: Int) {
        sink = EventBuffer(capacity: capacity)
    }

    mutating func makeID() -> UInt64 {
        lastID += 1
        return lastID
    }
}

// MARK: - Events

extension CircuitEventQueues {
    /// Adds an event for everyone. True when someone has to be woken.
    mutating func append(_ event: CircuitEvent) -> Bool {
        if isFinished { return false }
        sink.append(event)
        for id in streams.keys { streams[id]?.buffer.append(event) }
        return !isDraining || waitingConsumers > 0
    }

    /// Hands waiting consumers what there is for them, and says whether a task must be started to tell the sink.
    mutating func wake() -> (deliveries: Deliveries, startsDraining: Bool) {
        var deliveries: Deliveries = []
        if waitingConsumers > 0 {
            for id in streams.keys.sorted() { deliveries += streams[id]?.serve(atEnd: isFinished) ?? [] }
            waitingConsumers -= deliveries.count
        }
        let startsDraining = !isDraining && sink.count > 0
        if startsDraining { isDraining = true }
        return (deliveries, startsDraining)
    }

    /// The next event for the sink, which has been told of the one before. Nil when there is none: the task that asks
    /// is done then.
    mutating func nextForSink() -> (event: CircuitEvent?, flushed: [Flusher]) {
        var flushed: [Flusher] = []
        if !flushers.isEmpty {
            flushed = flushers.filter { $0.target <= taken }.map(\.flusher)
            flushers.removeAll { $0.target <= taken }
        }
        let event = sink.take()
        if event == nil { isDraining = false } else { taken += 1 }
        return (event, flushed)
    }

    /// Nothing comes any more: streams end after what is in their buffers.
    mutating func finish() -> Deliveries {
        isFinished = true
        return wake().deliveries
    }
}

// MARK: - Waiting for the sink

extension CircuitEventQueues {
    /// False when there is nothing to wait for.
    mutating func flush(_ id: UInt64, _ flusher: Flusher) -> Bool {
        guard isDraining || sink.count > 0 else { return false }
        flushers.append((id, taken + sink.count, flusher))
        return true
    }

    mutating func stopFlushing(_ id: UInt64) -> Flusher? {
        guard let index = flushers.firstIndex(where: { $0.id == id }) else { return nil }
        return flushers.remove(at: index).flusher
    }
}

// MARK: - Streams

extension CircuitEventQueues {
    /// What a consumer that asks for an event gets.
    enum Answer {
        case event(CircuitEvent)
        case end
        /// It is kept until there is one.
        case later
    }

    mutating func subscribe(capacity: Int) -> UInt64 {
        let id = makeID()
        streams[id] = Stream(buffer: EventBuffer(capacity: capacity))
        return id
    }

    /// Nobody can ask the stream for events any more.
    mutating func unsubscribe(_ stream: UInt64) {
        streams[stream] = nil
    }

    mutating func next(of stream: UInt64, for id: UInt64, _ consumer: Consumer) -> Answer {
        if let event = streams[stream]?.buffer.take() { return .event(event) }
        if isFinished || streams[stream] == nil { return .end }
        streams[stream]?.consumers.append((id, consumer))
        waitingConsumers += 1
        return .later
    }

    /// The consumer's task has been cancelled.
    mutating func stopWaiting(_ id: UInt64, of stream: UInt64) -> Consumer? {
        guard let index = streams[stream]?.consumers.firstIndex(where: { $0.id == id }) else { return nil }
        waitingConsumers -= 1
        return streams[stream]?.consumers.remove(at: index).consumer
    }

    func lost(of stream: UInt64) -> Int {
        streams[stream]?.buffer.lost ?? 0
    }
}

extension CircuitEventQueues.Stream {
    fileprivate mutating func serve(atEnd: Bool) -> CircuitEventQueues.Deliveries {
        var deliveries: CircuitEventQueues.Deliveries = []
        while let first = consumers.first {
            let event = buffer.take()
            guard event != nil || atEnd else { break }
            deliveries.append((first.consumer, event))
            consumers.removeFirst()
        }
        return deliveries
    }
}
