import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: mail over a restart")
struct MailOverRestartTests {
    let bench = Bench()
    let hold = HoldPoint()

    @Test("S2 queued casts and calls are kept for the next incarnation, in order")
    func kept() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let ref = bench.ref("a")
        #expect(try await ref.call { $0.add(40) } == 40)
        ref.cast(.hang(hold))
        await hold.waitForArrivals()
        ref.crash()
        ref.cast(.note("first"))
        let queued = Task { try await ref.call { $0.add(2) } }
        await bench.clock.waitForSleepers(1)
        ref.cast(.note("second"))
        hold.open()
        #expect(try await queued.value == 2)
        #expect(try await ref.call { $0.total } == 2)
        #expect(bench.journal.take() == ["start a", "stop a", "start a", "first", "second"])
        try await tree.stop(.shutdown)
    }

    @Test("S2 calls that come in while the child restarts wait for it, each within its own time")
    func whileRestarting() async throws {
        let tree = try await Supervisor {
            bench.probe("a", backoff: .constant(.seconds(10)))
        }.start(in: bench.runtime)
        let ref = bench.ref("a")
        ref.crash()
        await bench.recorder.waitFor(line: "app/a crashed: mishap; restarts in 10 s")
        await bench.clock.waitForSleepers(1)
        let impatient = Task { try await ref.call(timeout: .seconds(9)) { $0.total } }
        let patient = Task { try await ref.call(timeout: .seconds(11)) { $0.add(7) } }
        await bench.clock.waitForSleepers(3)
        bench.clock.advance(by: .seconds(9))
        let error = await #expect(throws: ServerError.self) { try await impatient.value }
        guard case .timedOut(after: .seconds(9)) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        bench.clock.advance(by: .seconds(1))
        #expect(try await patient.value == 7)
        try await tree.stop(.shutdown)
    }

    @Test("S2 the call in work when its server crashes fails with the reason, and is not tried again")
    func inWork() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let ref = bench.ref("a")
        let call = Task { [hold, bench] in
            try await ref.call { server async throws -> Int in
                bench.journal.note("in work")
                await hold.hold()
                throw Exit(.error(Mishap("in work")))
            }
        }
        await hold.waitForArrivals()
        let queued = Task { try await ref.call { $0.add(1) } }
        await bench.clock.waitForSleepers(2)
        hold.open()
        let error = await #expect(throws: ServerError.self) { try await call.value }
        guard case .exited(.error(let reason)) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(reason as? Mishap == Mishap("in work"))
        #expect(try await queued.value == 1)
        #expect(bench.journal.lines.filter { $0 == "in work" }.count == 1)
        try await tree.stop(.shutdown)
    }

    @Test("S2 a deferred answer that the dead incarnation owed fails with the reason")
    func owedAnswer() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let ref = bench.ref("a")
        let owed = LateReply()
        let call = Task {
            try await ref.call { (_: isolated Probe, reply: Reply<Int>) in owed.keep(reply) }
        }
        await owed.waitForReply()
        ref.crash()
        let error = await #expect(throws: ServerError.self) { try await call.value }
        guard case .exited(.error) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        owed.answer(1)
        #expect(try await ref.call { $0.total } == 0)
        try await tree.stop(.shutdown)
    }

    @Test("S2 a terminated child: what was queued fails with the reason, later calls with notRunning")
    func terminated() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let ref = bench.ref("a")
        ref.cast(.hang(hold))
        await hold.waitForArrivals()
        let queued = Task { try await ref.call { $0.total } }
        await bench.clock.waitForSleepers(1)
        let termination = Task { try await tree.terminateChild("a") }
        await bench.clock.waitForSleepers(3)
        hold.open()
        try await termination.value
        let first = await #expect(throws: ServerError.self) { try await queued.value }
        guard case .exited(.shutdown) = first else {
            Issue.record("unexpected: \(String(describing: first))")
            return
        }
        let second = await #expect(throws: ServerError.self) { try await ref.call { $0.total } }
        guard case .notRunning("a") = second else {
            Issue.record("unexpected: \(String(describing: second))")
            return
        }
        try await tree.restartChild("a")
        #expect(try await ref.call { $0.total } == 0)
        try await tree.stop(.shutdown)
    }

    @Test("S2 when the supervisor gives up, queued calls fail at once")
    func givenUp() async throws {
        let tree = try await Supervisor(intensity: RestartIntensity(0, within: .seconds(5))) {
            bench.probe("a")
            bench.probe("b")
        }.start(in: bench.runtime)
        let ref = bench.ref("a")
        ref.cast(.hang(hold))
        await hold.waitForArrivals()
        ref.crash("the end")
        let queued = Task { try await ref.call { $0.total } }
        await bench.clock.waitForSleepers(1)
        hold.open()
        let error = await #expect(throws: ServerError.self) { try await queued.value }
        guard case .exited(.error(let reason)) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(reason as? Mishap == Mishap("the end"))
        #expect("\(await tree.waitForExit())" == "shutdown")
    }
}
