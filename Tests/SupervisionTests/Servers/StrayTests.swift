import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: incarnations that were given up")
struct StrayTests {
    let bench = ServerBench()

    @Test("S1 S3 what a stray still does is refused")
    func fenced() async throws {
        let hold = HoldPoint()
        let tree = try await bench.start()
        bench.ref.cast(
            .run { desk, context in
                await hold.hold()
                context.send(.note("timer"), after: .zero)
                context.task({ Issue.record("it ran") }) { _ in .note("outcome") }
                desk.note("stray")
                throw Mishap("stray")
            }
        )
        await hold.waitForArrivals()
        bench.ref.exit(.normal)
        bench.clock.advance(by: .seconds(5))
        await bench.waitForLife(2)
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        bench.clock.advance(by: .seconds(1))
        #expect(try await bench.ref.notes().isEmpty)
        guard case .running(incarnation: 2) = bench.ref.status else { throw Mishap("not running") }
        try await bench.stop(tree)
    }

    @Test("S3 the call in which a server hangs fails when the server is given up")
    func callInWork() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        let call = await bench.queued { try await $0.call(timeout: .seconds(60)) { _ async in await hold.hold() } }
        await hold.waitForArrivals()
        bench.ref.exit(.normal)
        bench.clock.advance(by: .seconds(5))
        #expect(await ending(of: call) == "exited: unstoppable")
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes().isEmpty)
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        try await bench.stop(tree)
    }

    @Test("S3 a terminate that hangs is given up, and the next life begins")
    func terminate() async throws {
        let hold = HoldPoint()
        let tree = try await bench.start(
            bench.desk(
                onTerminate: { desk, _ in
                    guard desk.context?.incarnation == 1 else { return }
                    await hold.hold()
                    desk.note("terminated at last")
                }
            )
        )
        bench.ref.crash()
        await hold.waitForArrivals()
        bench.clock.advance(by: .seconds(5))
        await bench.waitForLife(2)
        hold.open()
        await bench.recorder.waitFor(line: "app/desk has ended at last, after it had been given up")
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }
}
