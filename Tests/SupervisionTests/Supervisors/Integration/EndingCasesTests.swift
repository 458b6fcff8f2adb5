import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: ends by themselves and by request")
struct EndingCasesTests {
    let bench = Bench()
    let hold = HoldPoint()

    @Test("C-T02 R20 a permanent child that ends with shutdown, then with shutdown and a word, is restarted both times")
    func permanentShutdown() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        bench.ref("a").cast(.end(.shutdown))
        await bench.waitForRestart(of: "app/a", life: 2)
        bench.ref("a").cast(.end(.shutdownWith("enough")))
        await bench.waitForRestart(of: "app/a", life: 3)
        #expect(try await tree.lives() == ["a running"])
        #expect(try await tree.counts().recentRestarts == 2)
        try await tree.stop(.shutdown)
    }

    @Test("C-T03 R20 a permanent child that crashes is restarted")
    func permanentCrash() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        bench.ref("a").crash()
        await bench.waitForRestart(of: "app/a")
        #expect(try await tree.lives() == ["a running"])
        try await tree.stop(.shutdown)
    }

    @Test("C-S12 R5 two children of one id: the start fails, and nothing was started")
    func duplicate() async throws {
        await #expect {
            try await Supervisor {
                bench.probe("a")
                bench.probe("b")
                Child("a") { Probe("other", bench.journal) }
            }.start(in: bench.runtime)
        } throws: { error in
            guard case .invalid(let field, let value, _) = error as? SupervisorError else { return false }
            return field == "the id of a child" && value == "'a' twice"
        }
        #expect(bench.journal.lines.isEmpty)
    }

    @Test("C-S03 R14 a nested supervisor whose making throws: its parent's start fails with that, and nothing is left")
    func throwingSetUp() async throws {
        await #expect {
            try await Supervisor {
                bench.probe("a")
                Child("inner") { () async throws -> Supervisor in throw Mishap("no plan") }
            }.start(in: bench.runtime)
        } throws: { error in
            guard case .childFailedToStart("app/inner", let cause) = error as? SupervisorError else { return false }
            return (cause as? Mishap) == Mishap("no plan")
        }
        #expect(bench.journal.lines == ["start a", "stop a"])
        #expect(bench.runtime.deadlines.pendingCount == 0)
    }

    @Test("C-S07 R11 R15 startChild with a start that throws: the error comes back, and nothing is listed")
    func failingStart() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        await #expect {
            try await tree.startChild(bench.probe("b", onStart: { throw Mishap("foreign") }))
        } throws: { error in
            guard case .startFailed("b", let cause) = error as? SupervisorError else { return false }
            return (cause as? Mishap) == Mishap("foreign")
        }
        #expect(try await tree.lives() == ["a running"])
        try await tree.stop(.shutdown)
    }

    @Test(
        "C-D07 R53 a permanent child that ends normally when it is stopped is reported; others are not",
        arguments: [Restart.permanent, .transient, .temporary]
    )
    func normalEndWhenStopped(_ restart: Restart) async throws {
        let tree = try await Supervisor {
            Child("a", restart: restart) { Leaver(on: hold) }
        }.start(in: bench.runtime)
        await hold.waitForArrivals()
        try await tree.stop(.shutdown)
        let isReported = bench.events(of: "app/a").contains("ended badly while it was being stopped: normal")
        #expect(isReported == (restart == .permanent))
        #expect(bench.events(of: "app/a").contains("stopped (normal)") == (restart != .permanent))
    }

    /// A server that, cancelled, says that its work was done.
    actor Leaver: GenServer {
        enum Message: Sendable {
            case work
        }
        let arrival: HoldPoint

        init(on arrival: HoldPoint) {
            self.arrival = arrival
        }

        func started(_ context: ServerContext<Leaver>) {
            context.continue(with: .work)
        }

        func handle(_ message: Message, _ context: ServerContext<Leaver>) async throws {
            arrival.open()
            await arrival.hold()
            do { try await context.runtime.sleep(for: .seconds(1_000_000)) } catch { throw Exit(.normal) }
        }
    }

    @Test("C-D10 R53 S3 a shutdown time that is over is told at error level, with how long the child was asked")
    func expired() async throws {
        let tree = try await Supervisor { bench.probe("a", shutdown: .timeout(.seconds(2))) }.start(in: bench.runtime)
        bench.ref("a").cast(.hang(hold))
        await hold.waitForArrivals()
        let stop = Task { try await tree.stop(.shutdown) }
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(2))
        #expect(await bench.waitForGivingUp(of: "app/a") == .seconds(2))
        try await stop.value
        let event = try #require(
            bench.recorder.events.first { event in
                if case .unstoppable = (event as? SupervisionEvent)?.kind { return true }
                return false
            }
        )
        #expect(event.level == .error)
        hold.open()
    }

    @Test("R58 a child that its supervisor stops is told shutdown as the reason")
    func reasonOfTheStop() async throws {
        let reasons = LifeJournal()
        let tree = try await Supervisor {
            Child("a") {
                Desk(LifeJournal(), onStart: { _, _ in }, onTerminate: { _, reason in reasons.note("\(reason)") })
            }
        }.start(in: bench.runtime)
        try await tree.terminateChild("a")
        #expect(reasons.lines == ["shutdown"])
        try await tree.stop(.shutdown)
    }

    @Test("R66 a permanent supervisor that has shut itself down is restarted by its parent")
    func permanentAutoShutdown() async throws {
        let tree = try await Supervisor {
            Child("inner") {
                Supervisor(autoShutdown: .anySignificant) { [bench] in
                    bench.probe("a", restart: .transient, significant: true)
                }
            }
        }.start(in: bench.runtime)
        bench.ref("a").cast(.end(.normal))
        await bench.waitForRestart(of: "app/inner")
        #expect(try await bench.ref("a").call { $0.add(1) } == 1)
        try await tree.stop(.shutdown)
    }
}
