import Supervision
import SupervisionTesting
import Testing

@Suite("EventRecorder")
struct EventRecorderTests {
    let recorder = EventRecorder()

    private struct Note: RuntimeEvent {
        var description: String
        var level: EventLevel { .info }
    }

    private func emit(_ lines: String...) {
        for line in lines { recorder.receive(Note(description: line), at: .origin) }
    }

    @Test("It keeps every event, in order")
    func keeps() {
        #expect(recorder.events.isEmpty)
        emit("a", "b", "a")
        #expect(recorder.lines == ["a", "b", "a"])
        #expect(recorder.events.count == 3)
    }

    @Test("What has come before counts")
    func before() async {
        emit("a", "b", "a")
        await recorder.waitFor(line: "b")
        await recorder.waitFor(2, line: "a")
        await recorder.waitFor { $0.description == "b" }
        await recorder.waitFor(0, line: "never")
    }

    @Test("Who waits is woken by the event that makes the count full, and by no other")
    func counts() async {
        emit("a")
        let wait = Task { [recorder] in
            await recorder.waitFor(3, line: "a")
            return recorder.lines.count { $0 == "a" }
        }
        let other = Task { [recorder] in await recorder.waitFor(line: "c") }
        emit("a", "b", "a")
        #expect(await wait.value >= 3)
        emit("c")
        await other.value
    }

    @Test("Several may wait for the same event, and for different ones")
    func several() async {
        let waits = (0..<10).map { number in
            Task { [recorder] in await recorder.waitFor(line: number % 2 == 0 ? "even" : "odd") }
        }
        emit("odd", "even")
        for wait in waits { await wait.value }
    }

    @Test("It records what a runtime tells")
    func runtime() async throws {
        let runtime = Runtime(clock: ManualClock(), events: recorder)
        let tree = try await Supervisor {
            Worker("worker") { try await Runtime.current.sleep(for: .seconds(1)) }
        }.start(in: runtime)
        await recorder.waitFor(line: "app started")
        try await tree.stop(.shutdown)
        #expect(recorder.lines == ["app/worker started", "app started", "app/worker stopped", "app stopped"])
    }
}
