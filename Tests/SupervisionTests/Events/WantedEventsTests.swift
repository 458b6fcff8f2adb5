import Supervision
import SupervisionTesting
import Synchronization
import Testing

/// What a sink that says what it wants is spared.
struct WantedEventsTests {
    private actor Quiet: GenServer {}

    /// Wants nothing below a level, and keeps what it gets.
    private final class PickySink: EventSink {
        let least: EventLevel
        private let kept = Mutex<[String]>([])

        init(_ least: EventLevel) { self.least = least }

        var lines: [String] { kept.withLock { $0 } }

        func wants(_ level: EventLevel) -> Bool { level >= least }

        func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
            kept.withLock { $0.append(event.description) }
        }
    }

    @Test("R16 a sink that has no use for a level is spared the events of children", arguments: EventLevel.allCases)
    func spared(least: EventLevel) async throws {
        let sink = PickySink(least)
        let tree = try await Supervisor { Child("quiet") { Quiet() } }.start(in: Runtime(events: sink))
        try await tree.stop()
        // A start is business as usual, and so is a stop.
        #expect(sink.lines.contains("app/quiet started") == (least <= .info))
        #expect(sink.lines.contains("app/quiet stopped") == (least <= .info))
    }

    @Test("the standard sink wants what it prints, and the silent one nothing", arguments: EventLevel.allCases)
    func standard(level: EventLevel) {
        #expect(StandardErrorSink(minimumLevel: .warning).wants(level) == (level >= .warning))
        #expect(!SilentSink().wants(level))
        #expect(EventRecorder().wants(level))
    }
}
