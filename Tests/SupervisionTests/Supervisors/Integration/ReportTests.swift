import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: the parts of a report")
struct ReportTests {
    let bench = Bench()

    private func reports(of path: String) -> [SupervisionEvent] {
        bench.recorder.events.compactMap { $0 as? SupervisionEvent }.filter { $0.path == path }
    }

    @Test("C-M12 R20 S13 a report carries supervisor, context, reason and offender, and nothing of the child's data")
    func parts() async throws {
        let tree = try await Supervisor(autoShutdown: .allSignificant) {
            Child("inner") { [bench] in
                Supervisor {
                    bench.probe("a", restart: .transient, shutdown: .timeout(.seconds(2)))
                }
            }
            bench.probe("b", restart: .temporary, shutdown: .brutalKill, significant: true)
        }.start(in: bench.runtime)
        bench.ref("a").crash("no disk")
        await bench.waitForRestart(of: "app/inner/a")
        let crash = reports(of: "app/inner/a").first { $0.context == .childTerminated }
        #expect(crash?.supervisor == "app/inner")
        #expect(crash?.reason.map { "\($0)" } == "no disk")
        let offender = try #require(crash?.offender)
        #expect((offender.id, offender.child, offender.incarnation) == ("a", .server("Probe"), 1))
        #expect(
            (offender.restart, offender.significant, offender.shutdown) == (.transient, false, .timeout(.seconds(2)))
        )
        #expect(offender.description == "a: Probe, transient, shutdown 2 s")
        #expect(reports(of: "app/inner/a").map(\.context) == [.progress, .childTerminated, .progress])

        bench.ref("b").cast(.end(.normal))
        _ = await tree.waitForExit()
        let end = reports(of: "app/b").first { $0.context == .childTerminated }
        #expect(end?.supervisor == "app")
        #expect(end?.offender?.description == "b: Probe, temporary, significant, shutdown brutal kill")
        let inner = reports(of: "app/inner").first
        #expect(inner?.offender?.description == "inner: supervisor, permanent, shutdown infinity")
        let root = reports(of: "app")
        #expect(root.allSatisfy { $0.supervisor == nil && $0.offender == nil })
    }

    @Test("C-M12 R53 R13 R33 the contexts and reasons of errors")
    func contexts() {
        func event(_ kind: SupervisionEvent.Kind) -> SupervisionEvent {
            SupervisionEvent(path: "app/inner/a", child: .worker, kind: kind)
        }
        let limit = RestartIntensity(1, within: .seconds(1))
        let events: [(SupervisionEvent, SupervisionEvent.Context?, String?)] = [
            (event(.startFailed(Mishap("no disk"), willRetry: true)), .startError, "no disk"),
            (event(.shutdownError(.normal)), .shutdownError, "normal"),
            (event(.unstoppable(askedFor: .seconds(1))), .shutdownError, "unstoppable"),
            (event(.gaveUp(.error(Mishap("no disk")), limit)), .shutdown, "no disk"),
            (event(.parked(.normal, limit)), nil, "normal"),
            (event(.stopped(.shutdown)), nil, "shutdown"),
            (event(.zombieEnded), nil, nil),
        ]
        for (event, context, reason) in events {
            #expect(event.supervisor == "app/inner")
            #expect(event.context == context, "\(event)")
            #expect(event.reason.map { "\($0)" } == reason, "\(event)")
        }
        let group = SupervisionEvent(
            path: "app/sessions",
            child: .supervisor,
            kind: .childrenStopped(.error(Mishap()), count: 3, isExpected: false)
        )
        #expect((group.supervisor, group.context) == ("app/sessions", .shutdownError))
    }

    @Test("C-M12 an event is one line, and no longer than it may be, whatever an error prints")
    func line() {
        let reason = ExitReason.error(Mishap("first\nsecond\r\nthird"))
        let event = SupervisionEvent(path: "app/a", child: .worker, kind: .ended(reason, next: .restartsNow))
        #expect(event.line() == "app/a crashed: first second third; restarts now")
        #expect(event.line(upTo: 12) == "app/a crash…")
        #expect(event.line(upTo: 0) == "…")
        #expect(SupervisionEvent(path: "app/a", child: .worker, kind: .zombieEnded).line(upTo: 5) == "app/…")
    }

    @Test("C-M12 R77 a report goes by the specification that holds when it is made")
    func reconfigured() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        try await tree.reconfigure { bench.probe("a", restart: .transient, shutdown: .infinity) }
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/a")
        #expect(reports(of: "app/a").last?.offender?.description == "a: Probe, transient, shutdown infinity")
        try await tree.stop(.shutdown)
    }
}
