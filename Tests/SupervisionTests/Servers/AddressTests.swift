import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: names, addresses and status")
struct AddressTests {
    let bench = ServerBench()

    @Test("G6 C-V09 a cast to a name that nobody has is dropped")
    func castToNobody() async throws {
        let nobody = ServerRef(ServerName<Desk>("nobody"), in: bench.runtime)
        nobody.cast(.note("lost"))
        nobody.exit(.normal)
        #expect("\(nobody.status)" == "stopped")
        #expect("\(await nobody.waitForExit())" == "normal")
        #expect(await ending { try await nobody.call { $0.notes } } == "not running: nobody")
        let later = await ending { try await nobody.call { (_: isolated Desk, reply: Reply<Int>) in reply(1) } }
        #expect(later == "not running: nobody")
    }

    @Test("S1 an address that was made before its server was started leads to it once it is")
    func early() async throws {
        let ref = bench.ref
        #expect(await ending { try await ref.notes() } == "not running: desk")
        let tree = try await bench.start()
        #expect(try await ref.notes() == [])
        try await bench.stop(tree)
        #expect(await ending { try await ref.notes() } == "not running: desk")
        let again = try await bench.start()
        #expect(try await ref.notes() == [])
        try await bench.stop(again)
    }

    @Test("A name that leads to a server of another type is told apart, and casts to it are dropped")
    func wrongServer() async throws {
        let tree = try await bench.start()
        let wrong = ServerRef(ServerName<Pupil>("desk"), in: bench.runtime)
        #expect(await ending { try await wrong.call { _ in 1 } } == "wrong server: desk is no Pupil")
        wrong.cast(1)
        #expect("\(wrong.status)" == "stopped")
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("Names of one runtime are not seen by another")
    func runtimes() async throws {
        let tree = try await bench.start()
        let other = ServerBench()
        #expect(await ending { try await other.ref.notes() } == "not running: desk")
        let second = try await other.start()
        other.ref.cast(.note("other"))
        #expect(try await other.ref.notes() == ["other"])
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
        try await other.stop(second)
    }

    @Test("G3 C-V04 a name is taken once; the second start fails and leaves the first alone")
    func taken() async throws {
        let tree = try await bench.start()
        let start = await ending { try await Supervisor { bench.desk() }.start(as: "second", in: bench.runtime) }
        #expect(start.contains("second/desk") && start.contains("'desk'"))
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("G1 C-V02 the name is free again when a start has failed")
    func freeAfterFailure() async throws {
        await #expect(throws: SupervisorError.self) {
            try await bench.start(bench.desk(onStart: { _, _ in throw Mishap("start") }))
        }
        #expect(await ending { try await bench.ref.notes() } == "not running: desk")
        let tree = try await bench.start()
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("G1 S1 an address of a name that was made before casts to who has the name now")
    func castsToTheNext() async throws {
        let first = try await bench.start()
        let ref = bench.ref
        try await bench.stop(first)
        ref.cast(.note("to nobody"))
        let second = try await bench.start()
        ref.cast(.note("hello"))
        #expect(try await bench.ref.notes() == ["hello"])
        try await bench.stop(second)
    }

    @Test("S1 an address survives a restart, whatever kind it is")
    func survives() async throws {
        let tree = try await bench.start()
        let byName = bench.ref
        let byPlace = try #require(try await byName.call { $0.context?.ref })
        let number = try await byPlace.call { $0.context?.incarnation }
        #expect(number == 1)
        byName.crash()
        await bench.waitForLife(2)
        #expect(try await byName.call { $0.context?.incarnation } == 2)
        #expect(try await byPlace.call { $0.context?.incarnation } == 2)
        try await bench.stop(tree)
        #expect(await ending { try await byPlace.notes() } == "not running: desk")
    }

    @Test("A context knows where its server stands")
    func context() async throws {
        let tree = try await bench.start()
        let context = try #require(try await bench.ref.call { $0.context })
        #expect(context.path == "app/desk")
        #expect(context.name == "desk")
        #expect(context.incarnation == 1)
        #expect(context.runtime === bench.runtime)
        try await bench.stop(tree)
    }

    @Test("S2 mail is kept over a restart, and over each failed attempt at one, in order")
    func mail() async throws {
        let tree = try await bench.start(
            bench.desk(
                backoff: .constant(.seconds(1)),
                onStart: { _, context in
                    if context.incarnation == 2 { throw Mishap("start") }
                }
            )
        )
        let hold = await bench.hangingDesk()
        bench.ref.cast(.note("1"))
        bench.ref.crash()
        bench.ref.cast(.note("2"))
        let call = await bench.queued { try await $0.call(timeout: .seconds(60)) { $0.note("3") } }
        hold.open()
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; restarts in 1 s")
        bench.ref.cast(.note("4"))
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(1))
        await bench.recorder.waitFor(line: "app/desk failed to start: start; will be tried again")
        bench.ref.cast(.note("5"))
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(1))
        await bench.waitForLife(3)
        try await call.value
        #expect(try await bench.ref.notes() == ["2", "3", "4", "5"])
        #expect(bench.journal.lines == ["1", "2", "3", "4", "5"])
        try await bench.stop(tree)
    }

    @Test("The status tells starting, running, restarting with its attempt, and stopped with the reason")
    func status() async throws {
        let hold = HoldPoint()
        let failures = LifeJournal()
        let child = bench.desk(
            restart: .transient,
            backoff: .constant(.seconds(1)),
            onStart: { _, context in
                if context.incarnation == 1 { await hold.hold() }
                if context.incarnation == 2 {
                    failures.note("failed")
                    throw Mishap("start")
                }
            }
        )
        #expect("\(bench.ref.status)" == "stopped")
        let start = Task { [bench] in try await bench.start(child) }
        await hold.waitForArrivals()
        #expect("\(bench.ref.status)" == "starting")
        hold.open()
        let tree = try await start.value
        guard case .running(incarnation: 1) = bench.ref.status else { throw Mishap("not running") }
        bench.ref.crash()
        await bench.recorder.waitFor(line: "app/desk crashed: mishap; restarts in 1 s")
        await bench.clock.waitForSleepers(1)
        guard case .restarting(attempt: 1) = bench.ref.status else { throw Mishap("not restarting") }
        bench.clock.advance(by: .seconds(1))
        await bench.recorder.waitFor(line: "app/desk failed to start: start; will be tried again")
        await bench.clock.waitForSleepers(1)
        guard case .restarting = bench.ref.status else { throw Mishap("not restarting") }
        bench.clock.advance(by: .seconds(1))
        await bench.waitForLife(3)
        guard case .running(incarnation: 3) = bench.ref.status else { throw Mishap("not running") }
        let ref = try #require(try await bench.ref.call { $0.context?.ref })
        try await ref.stop(.shutdownWith("over"))
        await bench.recorder.waitFor(line: "app/desk ended (shutdown: over); stays down")
        guard case .stopped(.shutdownWith) = ref.status else { throw Mishap("not stopped") }
        try await bench.stop(tree)
    }
}
