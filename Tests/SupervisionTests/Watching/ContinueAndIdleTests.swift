import Supervision
import SupervisionTesting
import Testing

@Suite("Continue and idle timeouts")
struct ContinueAndIdleTests {
    private let clock = ManualClock()
    private let recorder = EventRecorder()
    private let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, events: recorder)
    }

    private func start(_ onStart: (@Sendable (ServerContext<Notes>) -> Void)? = nil) async throws -> ServerRef<Notes> {
        _ = try await Supervisor { Child(.a) { Notes(onStart: onStart) } }.start(in: runtime)
        return ServerRef(.a, in: runtime)
    }

    @Test("G8 what a handler continues with comes before what is queued, in the order in which it was given")
    func continueBeforeQueued() async throws {
        let probe = try await start()
        // Posted while the server is held, so that all of them wait in one batch.
        try await probe.call { (server: isolated Notes) in
            server.context?.ref.cast(.first("1", thenContinueWith: ["1a", "1b"]))
            server.context?.ref.cast(.first("2", thenContinueWith: ["2a"]))
            server.context?.ref.cast(.note("3"))
        }
        #expect(try await probe.call { $0.log } == ["1", "1a", "1b", "2", "2a", "3"])
    }

    @Test("G8 a chain of continues comes before what is queued")
    func chain() async throws {
        let probe = try await start()
        try await probe.call { (server: isolated Notes) in
            server.context?.continue(with: .first("x", thenContinueWith: ["y"]))
            server.context?.ref.cast(.note("queued"))
        }
        #expect(try await probe.call { $0.log } == ["x", "y", "queued"])
    }

    @Test("G8 what the start continues with comes before any mail")
    func continueFromStart() async throws {
        let probe = try await start { context in
            context.ref.cast(.note("mail"))
            context.continue(with: .note("continued"))
        }
        #expect(try await probe.call { $0.log } == ["continued", "mail"])
    }

    @Test("C-V11 G9 the idle message comes when nothing else has for the timeout, and once")
    func idleFires() async throws {
        let probe = try await start()
        try await probe.call { $0.idle(after: .seconds(2)) }
        clock.advance(by: .milliseconds(1_999))
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .milliseconds(1))
        #expect(try await probe.call { $0.log } == ["idle"])
        clock.advance(by: .seconds(10))
        #expect(try await probe.call { $0.log } == ["idle"])
    }

    @Test("G9 any message ends the wait, a call in place and a cast alike", arguments: [true, false])
    func messageEndsWait(isCall: Bool) async throws {
        let probe = try await start()
        try await probe.call { $0.idle(after: .seconds(2)) }
        if isCall {
            _ = try await probe.call { $0.log }
        } else {
            probe.cast(.note("cast"))
            _ = try await probe.call { $0.log.count }
        }
        clock.advance(by: .seconds(10))
        #expect(try await !probe.call { $0.log }.contains("idle"))
    }

    @Test("C-V11 G9 an idle timeout of zero comes when the mailbox is empty")
    func zero() async throws {
        let probe = try await start()
        try await probe.call { (server: isolated Notes) in
            server.idle(after: .zero)
            probe.cast(.note("first"))
        }
        clock.advance(by: .zero)
        #expect(try await probe.call { $0.log } == ["first"])
        try await probe.call { $0.idle(after: .zero) }
        clock.advance(by: .zero)
        #expect(try await probe.call { $0.log } == ["first", "idle"])
    }

    @Test("G9 a new idle timeout replaces the old, and nil takes it back")
    func replaced() async throws {
        let probe = try await start()
        try await probe.call { $0.idle(after: .seconds(2)) }
        try await probe.call { $0.idle(after: .seconds(5)) }
        clock.advance(by: .seconds(4))
        #expect(clock.sleeperCount == 1)
        try await probe.call { $0.idle(after: nil) }
        #expect(clock.sleeperCount == 0)
    }

    @Test("C-V11 G9 the start can set an idle timeout, and the end of the incarnation takes it along")
    func setAtStart() async throws {
        let probe = try await start { $0.idleTimeout(.seconds(1), .idle) }
        clock.advance(by: .seconds(1))
        #expect(try await probe.call { $0.log } == ["idle"])
        try await probe.call { $0.idle(after: .seconds(2)) }
        probe.cast(.crash)
        await recorder.waitFor(line: "app/a restarted, life 2")
        // That of the second life alone.
        #expect(clock.sleeperCount == 1)
    }
}
