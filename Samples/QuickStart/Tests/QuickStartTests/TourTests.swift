import Supervision
import Testing

@testable import QuickStart

@Suite struct TourTests {
    private let log = EventLog()

    private static func stopped(_ path: String) -> SupervisionEvent {
        SupervisionEvent(path: path, child: .worker, kind: .stopped(.shutdown))
    }

    private static func isStopped(_ path: String) -> @Sendable (any RuntimeEvent) -> Bool {
        { ($0 as? SupervisionEvent)?.path == path }
    }

    @Test func waitingFindsWhatHasHappenedAlready() async throws {
        log.append(Self.stopped("a"))
        log.append(Self.stopped("b"))
        var position = 0
        try await log.wait(for: "b", after: &position, Self.isStopped("b"))
        #expect(position == 2)
    }

    @Test func waitingDoesNotLookBackBehindItsPosition() async {
        log.append(Self.stopped("a"))
        var position = 1
        await #expect(throws: MissingEvent.self) {
            try await log.wait(for: "a", after: &position, within: .zero, Self.isStopped("a"))
        }
    }

    @Test func waitingEndsWhenTheProcessIsToldToEnd() async {
        log.append(SupervisionEvent(path: "a", child: .supervisor, kind: .signalled("SIGTERM")))
        var position = 0
        await #expect(throws: CancellationError.self) {
            try await log.wait(for: "a", after: &position, Self.isStopped("b"))
        }
    }

    @Test func childrenStopInReverseOrderAndSupervisorsLast() async throws {
        let runtime = Runtime(events: SilentSink())
        let tree = try await Supervisor {
            Child("first") { Templates() }
            Child("nested") {
                Supervisor {
                    Child("a") { Templates() }
                    Child("b") { Templates() }
                }
            }
        }.start(as: "root", in: runtime)
        #expect(try await tree.tree().stopOrder == ["root/nested/b", "root/nested/a", "root/nested", "root/first"])
        try await tree.stop()
    }

    @Test func aReportNeedsItsPlaceholder() throws {
        #expect(try Mailer.report("Known users: {count}.", count: 3) == "Known users: 3.")
        #expect(throws: Mailer.BrokenTemplate.self) { try Mailer.report("Known users: {cuont}.", count: 3) }
    }
}
