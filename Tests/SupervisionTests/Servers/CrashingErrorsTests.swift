import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: errors of a call that are crashes")
struct CrashingErrorsTests {
    let bench = ServerBench()

    enum Kind: CaseIterable {
        case inPlace, queued, suspending, answeredLater
    }

    private func start(_ isCrash: @escaping @Sendable (any Error) -> Bool) async throws -> ServerRef<Supervisor> {
        try await bench.start(bench.desk().crashes(on: isCrash))
    }

    private static let isBroken: @Sendable (any Error) -> Bool = { ($0 as? Mishap)?.description == "broken" }

    /// How a call ends whose body throws.
    private func call(_ kind: Kind, throwing word: String) async throws -> String {
        switch kind {
        case .inPlace:
            try await bench.waitForIdleness()
            return await ending { try await bench.ref.call { _ in throw Mishap(word) } }
        case .queued:
            let hold = await bench.hangingDesk()
            let call = await bench.queued { try await $0.call { _ in throw Mishap(word) } }
            hold.open()
            return await ending(of: call)
        case .suspending:
            return await ending { try await bench.ref.call { _ async throws in throw Mishap(word) } }
        case .answeredLater:
            return await ending {
                try await bench.ref.call { (_: isolated Desk, _: Reply<Int>) in throw Mishap(word) }
            }
        }
    }

    @Test(
        "S10 an error that the specification calls a crash ends the incarnation, in each kind of call",
        arguments: Kind.allCases
    )
    func crash(kind: Kind) async throws {
        let tree = try await start(Self.isBroken)
        #expect(try await call(kind, throwing: "broken") == "exited: broken")
        await bench.waitForLife(2)
        #expect(bench.events == ["started", "crashed: broken; restarts now", "restarted, life 2"])
        try await bench.stop(tree)
    }

    @Test("S10 any other error goes to its caller alone, in each kind of call", arguments: Kind.allCases)
    func noCrash(kind: Kind) async throws {
        let tree = try await start(Self.isBroken)
        #expect(try await call(kind, throwing: "harmless") == "threw harmless")
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S10 without crashes(on:) no error of a call is a crash", arguments: Kind.allCases)
    func byDefault(kind: Kind) async throws {
        let tree = try await bench.start()
        #expect(try await call(kind, throwing: "broken") == "threw broken")
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S10 an error that is given as an answer is an answer")
    func answer() async throws {
        let tree = try await start { _ in true }
        let answer = await ending {
            try await bench.ref.call { (_: isolated Desk, reply: Reply<Int>) in reply(throwing: Mishap("broken")) }
        }
        #expect(answer == "threw broken")
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S10 G17 what a request of an operator throws is no crash")
    func inspection() async throws {
        let tree = try await start { _ in true }
        #expect(await ending { try await bench.ref.inspect { _ in throw Mishap("broken") } } == "threw broken")
        #expect(await ending { try await bench.ref.inspect { _ in throw Exit(.normal) } } == "threw exit: normal")
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S10 S11 S16 the cancellation of a call by its own caller is no crash", arguments: [true, false])
    func callerGivesUp(byDeadline: Bool) async throws {
        let tree = try await start { _ in true }
        let call = await bench.queued(2) { ref in
            try await ref.call { _ async throws in try await Runtime.current.sleep(for: .seconds(1_000)) }
        }
        if byDeadline { bench.clock.advance(by: .seconds(5)) } else { call.cancel() }
        #expect(await ending(of: call) == (byDeadline ? "timed out after 5.0 seconds" : "cancelled"))
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S10 S16 another error of a call whose caller is gone is a crash all the same")
    func crashAfterGivingUp() async throws {
        let tree = try await start(Self.isBroken)
        let call = await bench.queued(2) { ref in
            try await ref.call { _ async throws in
                do { try await Runtime.current.sleep(for: .seconds(1_000)) } catch { throw Mishap("broken") }
            }
        }
        bench.clock.advance(by: .seconds(5))
        #expect(await ending(of: call) == "timed out after 5.0 seconds")
        await bench.waitForLife(2)
        #expect(bench.events[1] == "crashed: broken; restarts now")
        try await bench.stop(tree)
    }

    @Test("S10 a linked server ends with it, and a watching one is told", arguments: Kind.allCases)
    func linked(kind: Kind) async throws {
        let desk = bench.desk().crashes(on: Self.isBroken)
        let tree = try await Supervisor(intensity: RestartIntensity(10, within: .seconds(1))) {
            desk
            Child(.a) { Notes() }
            Child(.b) { Notes() }
        }.start(in: bench.runtime)
        let (a, b) = (ServerRef<Notes>(.a, in: bench.runtime), ServerRef<Notes>(.b, in: bench.runtime))
        let ref = bench.ref
        try await a.call { $0.context?.link(ref) }
        _ = try await b.call { $0.context?.monitor(ref) { .ended("\($0)") } }
        #expect(try await call(kind, throwing: "broken") == "exited: broken")
        await bench.recorder.waitFor(line: "app/a restarted, life 2")
        #expect(try await b.call { $0.log } == ["ended: broken"])
        try await bench.stop(tree)
    }
}
