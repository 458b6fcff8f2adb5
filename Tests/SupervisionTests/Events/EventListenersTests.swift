import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

private struct Note: RuntimeEvent {
    var level: EventLevel { .info }
    var description: String { "note" }
}

/// Has no use for anything below a level.
private final class Choosy: EventSink {
    let least: EventLevel
    let lines = Mutex<[String]>([])

    init(_ least: EventLevel) { self.least = least }

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) { lines.withLock { $0.append("\(event)") } }
    func wants(_ level: EventLevel) -> Bool { level >= least }
}

private actor Clerk: GenServer {
    struct Message: Sendable {}
    func handle(_ message: Message, _ context: ServerContext<Clerk>) {}
}

@Suite("Who is told of events beside the sink")
struct EventListenersTests {
    @Test("S13 a listener is told from when it listens until it ends, and the sink all the time")
    func listens() {
        let (sink, listener) = (EventRecorder(), EventRecorder())
        let runtime = Runtime(events: sink)
        runtime.emit(Note())
        let listening = runtime.listeners.add(listener)
        runtime.emit(Note())
        let other = runtime.listeners.add(EventRecorder())
        listening.end()
        listening.end()
        runtime.emit(Note())
        other.end()
        #expect(sink.events.count == 3)
        #expect(listener.events.count == 1)
    }

    @Test("S13 events of children are made when the sink has no use for them, but a listener has")
    func wants() async throws {
        let listener = Choosy(.info)
        let runtime = Runtime(clock: ManualClock(), events: SilentSink())
        #expect(!runtime.wants(.error))
        let listening = runtime.listeners.add(listener)
        #expect(runtime.wants(.info))
        #expect(!runtime.wants(.debug))
        let tree = try await Supervisor { Child("clerk") { Clerk() } }.start(in: runtime)
        try await tree.stop()
        #expect(listener.lines.withLock { $0 }.contains("app/clerk started"))
        listening.end()
        #expect(!runtime.wants(.error))
    }
}
