import Supervision
import SupervisionTesting
import Synchronization
import Testing

@testable import CircuitBreakers

@Suite("The feed of events", .timeLimit(.minutes(1)))
struct CircuitEventFeedTests {
    private let recorder = EventRecorder()
    private let runtime: Runtime

    init() {
        runtime = Runtime(clock: ManualClock(), events: recorder)
    }

    private var told: [CircuitEvent] { recorder.events.compactMap { $0 as? CircuitEvent } }

    /// What a circuit does when something has happened to it.
    private func tell(_ feed: CircuitEventFeed, _ event: CircuitEvent, in runtime: Runtime? = nil) {
        if feed.append(event) { feed.wake(in: runtime ?? self.runtime) }
    }

    private func firstEvents(_ count: Int, of stream: CircuitEventStream) async -> [CircuitEvent] {
        var iterator = stream.makeAsyncIterator()
        var events: [CircuitEvent] = []
        while events.count < count, let event = await iterator.next() { events.append(event) }
        return events
    }

    @Test("B26 the sink and each stream are told of each event, in order")
    func toldInOrder() async {
        let feed = CircuitEventFeed()
        let streams = (feed.stream(capacity: 100), feed.stream(capacity: 100))
        for number in 1...100 { tell(feed, .numbered(number)) }
        await feed.flush()
        #expect(told.map(\.number) == Array(1...100))
        #expect(await firstEvents(100, of: streams.0).map(\.number) == Array(1...100))
        #expect(await firstEvents(100, of: streams.1).map(\.number) == Array(1...100))
    }

    @Test("B26 appending tells nobody: that is done when the lock has been let go")
    func appendTellsNobody() async {
        let feed = CircuitEventFeed()
        #expect(feed.append(.numbered(1)))
        #expect(recorder.events.isEmpty)
        feed.wake(in: runtime)
        await feed.flush()
        #expect(told.map(\.number) == [1])
    }

    @Test("B26 with many threads at work each one's events come in order, and none is lost or told twice")
    func manyThreads() async {
        let feed = CircuitEventFeed(capacity: 10_000)
        let stream = feed.stream(capacity: 10_000)
        async let read = firstEvents(4_000, of: stream)
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for number in 1...1_000 { tell(feed, .numbered(number, of: ServiceName("service-\(worker)"))) }
                }
            }
        }
        await feed.flush()
        let events = (told, await read)
        for worker in 0..<4 {
            let name = ServiceName("service-\(worker)")
            #expect(events.0.filter { $0.service == name }.map(\.number) == Array(1...1_000))
            #expect(events.1.filter { $0.service == name }.map(\.number) == Array(1...1_000))
        }
    }

    @Test("K114 B26 a sink that blocks holds up nobody: 10 000 events go by, what it has no room for is counted")
    func blockedSink() async {
        let sink = BlockingSink()
        let runtime = Runtime(clock: ManualClock(), executor: ThreadExecutor(), events: sink)
        let feed = CircuitEventFeed(capacity: 100)
        let stream = feed.stream(capacity: 20_000)
        tell(feed, .numbered(1), in: runtime)
        await sink.waitUntilHeld()
        for number in 2...10_000 { tell(feed, .numbered(number), in: runtime) }
        // A stream does not wait for the sink either.
        #expect(await firstEvents(10_000, of: stream).map(\.number) == Array(1...10_000))
        sink.open()
        await feed.flush()
        #expect(sink.events.compactMap(\.number) == Array(1...101))
        #expect(sink.events.compactMap(\.lost) == [9_899])
        #expect(sink.events.last?.level == .warning)
        tell(feed, .numbered(10_001), in: runtime)
        await feed.flush()
        #expect(sink.events.last?.number == 10_001)
    }

    @Test("K114 B26 a stream that nobody reads loses events alone, and says how many")
    func slowConsumer() async {
        let feed = CircuitEventFeed()
        let slow = feed.stream(capacity: 10)
        let other = feed.stream(capacity: 100)
        for number in 1...50 { tell(feed, .numbered(number)) }
        #expect(slow.lost == 40)
        #expect(other.lost == 0)
        let events = await firstEvents(11, of: slow)
        #expect(events.compactMap(\.number) == Array(1...10))
        #expect(events.last?.lost == 40)
        await feed.flush()
        #expect(told.count == 50)
    }

    @Test("K113 B26 a listener that throws ends its own loop, and nothing else")
    func listenerThrows() async throws {
        let feed = CircuitEventFeed()
        let (bad, good) = (feed.stream(capacity: 10), feed.stream(capacity: 10))
        let listener = Task {
            for await _ in bad { throw Broken() }
        }
        tell(feed, .numbered(1))
        await #expect(throws: Broken.self) { try await listener.value }
        tell(feed, .numbered(2))
        #expect(await firstEvents(2, of: good).map(\.number) == [1, 2])
        await feed.flush()
        #expect(told.map(\.number) == [1, 2])
    }

    @Test("B28 a finished feed ends its streams, after the events before")
    func finish() async {
        let feed = CircuitEventFeed()
        let stream = feed.stream(capacity: 10)
        tell(feed, .numbered(1))
        feed.finish()
        #expect(!feed.append(.numbered(2)))
        #expect(await firstEvents(10, of: stream).map(\.number) == [1])
        // One that is made later ends at once.
        #expect(await firstEvents(1, of: feed.stream(capacity: 10)).isEmpty)
        await feed.flush()
        #expect(told.map(\.number) == [1])
    }

    @Test("B28 a finished feed ends those who wait for an event")
    func finishWhileWaiting() async {
        let feed = CircuitEventFeed()
        let stream = feed.stream(capacity: 10)
        // Two tasks that share one stream wait at once.
        async let first = firstEvents(10, of: stream)
        async let second = firstEvents(10, of: stream)
        tell(feed, .numbered(1))
        feed.finish()
        let both = await first + second
        #expect(both.map(\.number) == [1])
    }

    @Test("B26 a consumer whose task is cancelled gets nothing more; its stream goes on for others")
    func cancelledConsumer() async {
        let feed = CircuitEventFeed()
        let stream = feed.stream(capacity: 10)
        // Some are cancelled before they wait, and some while they do.
        for number in 1...100 {
            let consumer = Task { await firstEvents(1, of: stream) }
            if number.isMultiple(of: 2) { await feed.flush() }
            consumer.cancel()
            #expect(await consumer.value.isEmpty)
        }
        tell(feed, .numbered(1))
        #expect(await firstEvents(1, of: stream).map(\.number) == [1])
    }

    @Test("B26 a stream that is let go of keeps no events")
    func abandoned() {
        let feed = CircuitEventFeed()
        // The first one made.
        let id: UInt64 = 1
        func useStream() {
            let stream = feed.stream(capacity: 1)
            for number in 1...3 { tell(feed, .numbered(number)) }
            #expect(stream.lost == 2)
            #expect(feed.lost(of: id) == 2)
        }
        useStream()
        #expect(feed.lost(of: id) == 0)
    }

    @Test("B28 no task is left when all has been told: a flush returns, and a cancelled one does at once")
    func flush() async {
        await CircuitEventFeed().flush()
        let sink = BlockingSink()
        let runtime = Runtime(clock: ManualClock(), executor: ThreadExecutor(), events: sink)
        let feed = CircuitEventFeed()
        tell(feed, .numbered(1), in: runtime)
        await sink.waitUntilHeld()
        let flush = Task { await feed.flush() }
        flush.cancel()
        await flush.value
        sink.open()
        await feed.flush()
        #expect(sink.events.map(\.number) == [1])
    }

    @Test("B26 a listener may cause events: they come after")
    func listenerCausesEvents() async {
        let feed = CircuitEventFeed()
        let sink = AppendingSink(feed)
        let runtime = Runtime(clock: ManualClock(), events: sink)
        sink.runtime.value = runtime
        tell(feed, .numbered(10), in: runtime)
        tell(feed, .numbered(20), in: runtime)
        await feed.flush()
        // What they caused was appended before they had been told of.
        await feed.flush()
        #expect(sink.seen.withLock { Set($0) } == [10, 11, 20, 21])
        #expect(sink.seen.withLock { $0.first } == 10)
    }

    /// Answers each tenth event with another one.
    private final class AppendingSink: EventSink {
        let runtime = Box<Runtime>()
        let seen = Mutex<[Int]>([])
        private let feed: CircuitEventFeed

        init(_ feed: CircuitEventFeed) { self.feed = feed }

        func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
            guard let number = (event as? CircuitEvent)?.number else { return }
            if number.isMultiple(of: 10), feed.append(.numbered(number + 1)), let runtime = runtime.value {
                feed.wake(in: runtime)
            }
            seen.withLock { $0.append(number) }
        }
    }
}
