import Supervision
import SupervisionTesting
import Testing

@Suite("Monitors and links")
struct MonitorAndLinkTests {
    private let recorder = EventRecorder()
    private let runtime: Runtime

    init() {
        runtime = Runtime(clock: ManualClock(), events: recorder)
    }

    private func start(
        restart: Restart = .permanent
    ) async throws -> (tree: ServerRef<Supervisor>, a: ServerRef<Notes>, b: ServerRef<Notes>) {
        let tree = try await Supervisor {
            Child(.a, restart: restart) { Notes() }
            Child(.b, restart: restart) { Notes() }
        }.start(in: runtime)
        return (tree, ServerRef(.a, in: runtime), ServerRef(.b, in: runtime))
    }

    private func monitor(_ a: ServerRef<Notes>, _ b: ServerRef<Notes>) async throws -> MonitorToken? {
        try await a.call { $0.context?.monitor(b) { .ended("\($0)") } }
    }

    @Test("G11 a monitor tells of the end of the other once, with the reason")
    func tellsOnce() async throws {
        let (_, a, b) = try await start()
        _ = try await monitor(a, b)
        b.cast(.crash)
        await recorder.waitFor(line: "app/b restarted, life 2")
        b.cast(.crash)
        await recorder.waitFor(line: "app/b restarted, life 3")
        #expect(try await a.call { $0.log } == ["ended: crash"])
    }

    @Test("G11 a monitor of a server that is not running tells at once")
    func absent() async throws {
        let (tree, a, b) = try await start()
        try await tree.terminateChild("b")
        _ = try await monitor(a, b)
        #expect(try await a.call { $0.log.last?.contains("no server 'b'") } == true)
        let unknown = ServerRef(ServerName<Notes>("nobody"), in: runtime)
        _ = try await monitor(a, unknown)
        #expect(try await a.call { $0.log.last?.contains("no server 'nobody'") } == true)
    }

    @Test("G11 a monitor that was taken back, or whose server has ended, tells nothing")
    func takenBack() async throws {
        let (_, a, b) = try await start()
        try await monitor(a, b)?.cancel()
        _ = try await monitor(a, b)
        a.cast(.crash)
        await recorder.waitFor(line: "app/a restarted, life 2")
        b.cast(.crash)
        await recorder.waitFor(line: "app/b restarted, life 2")
        #expect(try await a.call { $0.log } == [])
    }

    @Test("S10 G11 linked servers end together, for the same reason", arguments: [true, false])
    func linked(crashesTheLinking: Bool) async throws {
        let (_, a, b) = try await start()
        try await a.call { $0.context?.link(b) }
        (crashesTheLinking ? a : b).cast(.crash)
        await recorder.waitFor(line: "app/a restarted, life 2")
        await recorder.waitFor(line: "app/b restarted, life 2")
        #expect(recorder.lines.count { $0.hasSuffix("crashed: crash; restarts now") } == 2)
    }

    @Test("S10 G11 a server whose work is done takes nobody along")
    func normalEnd() async throws {
        let (_, a, b) = try await start(restart: .transient)
        try await a.call { $0.context?.link(b) }
        b.cast(.finish)
        await recorder.waitFor(line: "app/b ended (normal); stays down")
        #expect(try await a.call { $0.context?.incarnation } == 1)
    }

    @Test("a link ends with the incarnations that it tied")
    func linkEnds() async throws {
        let (_, a, b) = try await start()
        try await a.call { $0.context?.link(b) }
        b.cast(.crash)
        await recorder.waitFor(line: "app/a restarted, life 2")
        await recorder.waitFor(line: "app/b restarted, life 2")
        b.cast(.crash)
        await recorder.waitFor(line: "app/b restarted, life 3")
        #expect(try await a.call { $0.context?.incarnation } == 2)
    }

    @Test("S10 a link to a server that is not running ends the one that links")
    func linkToNobody() async throws {
        let (_, a, _) = try await start()
        let unknown = ServerRef(ServerName<Notes>("nobody"), in: runtime)
        try await a.call { $0.context?.link(unknown) }
        await recorder.waitFor(line: "app/a restarted, life 2")
    }

    @Test("S10 G11 a link to a server that had done its work before ends the one that links, as it is not running")
    func linkToTheFinished() async throws {
        let (_, a, b) = try await start(restart: .transient)
        let place = try #require(try await b.call { $0.context?.ref })
        b.cast(.finish)
        await recorder.waitFor(line: "app/b ended (normal); stays down")
        try await a.call { $0.context?.link(place) }
        await recorder.waitFor(line: "app/a restarted, life 2")
    }
}
