import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

/// A server that leaves everything to the protocol's defaults.
private actor Plain: GenServer {
    private(set) var count = 0

    func add() -> Int {
        count += 1
        return count
    }
}

@Suite("Servers: starts, names, calls and ends")
struct ServerBasicsTests {
    let bench = ServerBench()
    private static let plain = ServerName<Plain>("plain")

    @Test("C-V01 G1 a server that has started is found by its name")
    func start() async throws {
        let tree = try await bench.start()
        #expect(try await bench.ref.call { _ in 1 } == 1)
        #expect("\(bench.ref.status)" == "running")
        try await bench.stop(tree)
    }

    @Test(
        "C-V01 G15 the reason of a stop reaches who waits for it, terminate, and a linked server",
        arguments: [ExitReason.normal, .shutdown, .shutdownWith("term"), .error(Mishap("other"))]
    )
    func stop(reason: ExitReason) async throws {
        let desk = bench.farewellDesk(restart: .temporary)
        let tree = try await Supervisor {
            desk
            Child(.a, restart: .temporary) { Notes() }
            Child(.b) { Notes() }
        }.start(in: bench.runtime)
        let ref = try #require(try await bench.ref.call { $0.context?.ref })
        let (a, b) = (ServerRef<Notes>(.a, in: bench.runtime), ServerRef<Notes>(.b, in: bench.runtime))
        let linked = try #require(try await a.call { $0.context?.ref })
        try await linked.call { $0.context?.link(ref) }
        _ = try await b.call { $0.context?.monitor(ref) { .ended("\($0)") } }
        try await ref.stop(reason)
        #expect(bench.journal.lines == ["terminate: \(reason)"])
        #expect("\(await ref.waitForExit())" == "\(reason)")
        #expect(try await b.call { $0.log } == ["ended: \(reason)"])
        if case .normal = reason {
            #expect("\(linked.status)" == "running")
        } else {
            #expect("\(await linked.waitForExit())" == "\(reason)")
        }
        try await bench.stop(tree)
    }

    @Test("C-V02 G1 a start that says stop, or that fails, frees the name at once", arguments: [true, false])
    func failedStart(saysStop: Bool) async throws {
        let tree = try await bench.start(Child("other") { Notes() })
        let error = await #expect(throws: SupervisorError.self) {
            try await tree.startChild(
                bench.desk(onStart: { _, _ in throw saysStop ? Exit(.shutdown) : Mishap("no") as any Error })
            )
        }
        #expect(await startFailure(in: error) == (saysStop ? "threw exit: shutdown" : "threw no"))
        #expect(await ending { try await bench.ref.call { $0.notes } } == "not running: desk")
        try await tree.startChild(bench.desk())
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("C-V04 G3 a name that is taken: the second start is told, and no second server remains")
    func nameTaken() async throws {
        let tree = try await bench.start()
        let second = Child(ServerName<Desk>("desk")) { [bench] in
            bench.journal.note("made")
            return Desk(bench.journal, onStart: { _, _ in }) { _, _ in }
        }
        let other = try await Supervisor {}.start(as: "other", in: bench.runtime)
        let error = await #expect(throws: SupervisorError.self) { try await other.startChild(second) }
        guard case .nameTaken("desk", path: "other/desk") = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(bench.journal.lines.isEmpty)
        #expect(try await other.counts().specs == 0)
        try await other.stop(.shutdown)
        try await bench.stop(tree)
    }

    @Test("C-V06 G5 what a call on a server ends in that never answers, that is dead, that is itself, that is nobody")
    func callErrors() async throws {
        let tree = try await bench.start()
        let owed = LateReply()
        let silent = await bench.queued { ref in
            try await ref.call(timeout: .milliseconds(1)) { (_: isolated Desk, reply: Reply<Int>) in owed.keep(reply) }
        }
        await owed.waitForReply()
        bench.clock.advance(by: .milliseconds(1))
        #expect(await ending(of: silent) == "timed out after 0.001 seconds")
        bench.ref.cast(
            .run { desk, context in desk.note(await ending { try await context.ref.call { $0.notes } }) }
        )
        #expect(try await bench.ref.notes() == ["call cycle: [\"app/desk\", \"app/desk\"]"])
        let nobody = ServerRef(ServerName<Desk>("nobody"), in: bench.runtime)
        #expect(await ending { try await nobody.call { $0.notes } } == "not running: nobody")
        let ref = bench.ref
        try await tree.terminateChild("desk")
        #expect(await ending { try await ref.call { $0.notes } } == "not running: desk")
        try await bench.stop(tree)
    }

    @Test("C-V09 G6 a cast to nobody, or to one that is down, is nothing")
    func castToNobody() async throws {
        let tree = try await bench.start(bench.desk(restart: .transient))
        let ref = bench.ref
        ServerRef(ServerName<Desk>("nobody"), in: bench.runtime).cast(.note("lost"))
        try await tree.terminateChild("desk")
        ref.cast(.note("lost"))
        try await tree.restartChild("desk")
        #expect(try await ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("C-V12 C-V13 G14 a server without handle, started and terminate takes calls and ends well")
    func defaults() async throws {
        let tree = try await bench.start(Child(Self.plain, restart: .transient) { Plain() })
        let ref = ServerRef(Self.plain, in: bench.runtime)
        #expect(try await ref.call { $0.add() } == 1)
        try await ref.stop()
        await bench.recorder.waitFor(line: "app/plain ended (normal); stays down")
        try await bench.stop(tree)
    }

    @Test("C-V14 G12 S13 a crash is reported with path, reason and consequence, and nothing of message or state")
    func crashReport() async throws {
        let tree = try await bench.start()
        bench.ref.cast(.note("state-4711"))
        bench.ref.cast(.run { _, _ in throw Mishap("broken") })
        await bench.waitForLife(2)
        let event = try #require(
            bench.recorder.events.compactMap { $0 as? SupervisionEvent }.first {
                if case .ended = $0.kind { return true }
                return false
            }
        )
        #expect(event.level == .error)
        #expect(event.path == "app/desk")
        guard case .ended(.error(let error), next: .restartsNow) = event.kind else {
            Issue.record("unexpected: \(event)")
            return
        }
        #expect(error as? Mishap == Mishap("broken"))
        var told = ""
        for event in bench.recorder.events { dump(event, to: &told) }
        #expect(!told.contains("4711"))
        try await bench.stop(tree)
    }

    @Test("C-V19 G19 a call takes as many steps with ten thousand others in flight as with none")
    func manyInFlight() async throws {
        let owed = Ledger()
        let tree = try await bench.start(Child(Self.plain) { Plain() })
        let desks = try await Supervisor { bench.desk() }.start(as: "desks", in: bench.runtime)
        let ref = ServerRef(Self.plain, in: bench.runtime)
        let calls = (0..<10_000).map { number in
            Task { [bench] in
                try await bench.ref.call { (_: isolated Desk, reply: Reply<Int>) in owed.keep(reply, number) }
            }
        }
        await bench.clock.waitForSleepers(10_000)
        // Nothing is looked for among the others: each of these runs in place, without a task or a deadline.
        for number in 1...1_000 { #expect(try await ref.call { $0.add() } == number) }
        #expect(try ref.resolve().isGateOpen)
        #expect(bench.clock.sleeperCount == 10_000)
        _ = try await bench.ref.notes()
        // And each answer goes to the one who waits for it.
        owed.answerAll()
        for (number, call) in calls.enumerated() { #expect(try await call.value == number) }
        try await desks.stop(.shutdown)
        try await bench.stop(tree)
    }

    // MARK: Stopping from inside

    @Test(
        "C-V01 G15 S12 a server that stops itself, from wherever, is told so at once",
        arguments: ["handle", "call", "terminate", "started"]
    )
    func stopsItself(from: String) async throws {
        let note: Desk.Work = { desk, context in desk.note(await ending { try await context.ref.stop() }) }
        let tree = try await bench.start(
            bench.desk(
                onStart: { desk, context in if from == "started" { try await note(desk, context) } },
                onTerminate: { desk, _ in
                    if from == "terminate", let context = desk.context { try? await note(desk, context) }
                }
            )
        )
        if from == "handle" { bench.ref.cast(.run(note)) }
        if from == "call" {
            try await bench.ref.call { desk async throws in
                if let context = desk.context { try await note(desk, context) }
            }
        }
        if from != "terminate" { #expect(try await bench.ref.notes().count == 1) }
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
        #expect(bench.journal.lines == ["call cycle: [\"app/desk\", \"app/desk\"]"])
    }

    @Test("G15 S12 a server that stops the one who calls it would wait for itself, and is told")
    func stopsItsCaller() async throws {
        let tree = try await bench.start(Child(.a) { Notes() })
        let desks = try await Supervisor { bench.desk() }.start(as: "desks", in: bench.runtime)
        let (desk, a) = (bench.ref, ServerRef(ServerName<Notes>.a, in: bench.runtime))
        let result = try await desk.call { (_: isolated Desk) async throws in
            try await a.call { (_: isolated Notes) async in await ending { try await desk.stop() } }
        }
        #expect(result == "call cycle: [\"desks/desk\", \"app/a\", \"desks/desk\"]")
        try await desks.stop(.shutdown)
        try await bench.stop(tree)
    }
}

/// Keeps many replies, each with its answer.
private final class Ledger: Sendable {
    private let replies = Mutex<[(Reply<Int>, Int)]>([])

    func keep(_ reply: Reply<Int>, _ answer: Int) {
        replies.withLock { $0.append((reply, answer)) }
    }

    func answerAll() {
        for (reply, answer) in replies.withLock({ $0 }) { reply(answer) }
    }
}
