import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: work beside the mailbox")
struct ContextTaskTests {
    let bench = ServerBench()

    /// Starts work whose outcome is noted.
    private func begin(_ work: @escaping @Sendable () async throws -> Int) async throws -> TaskToken {
        let token = try await bench.ref.call { desk in
            desk.context?.task(work) { result in
                .run { desk, _ in
                    switch result {
                    case .success(let value): desk.note("value \(value)")
                    case .failure(let error): desk.note("error \(error)")
                    }
                }
            }
        }
        return try #require(token)
    }

    @Test("The server goes on while the work runs, and its outcome comes as a message")
    func outcome() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        _ = try await begin {
            await hold.hold()
            return 7
        }
        await hold.waitForArrivals()
        bench.ref.cast(.note("meanwhile"))
        #expect(try await bench.ref.notes() == ["meanwhile"])
        await finishTasks { hold.open() }
        #expect(try await bench.ref.notes() == ["meanwhile", "value 7"])
        #expect(try bench.ref.resolve().withState { $0.rare.belongings.tasks.isEmpty })
        try await bench.stop(tree)
    }

    /// Waits until the tasks that the server has now are through.
    private func finishTasks(_ release: () -> Void) async {
        let tasks = (try? bench.ref.resolve())?.withState { Array($0.rare.belongings.tasks.values) } ?? []
        release()
        for task in tasks { await task.value }
    }

    @Test("Work that throws tells its error, and the server lives on")
    func failure() async throws {
        let tree = try await bench.start()
        let hold = HoldPoint()
        _ = try await begin {
            await hold.hold()
            throw Mishap("beside")
        }
        await finishTasks { hold.open() }
        #expect(try await bench.ref.notes() == ["error beside"])
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("Cancelled work still tells its outcome")
    func cancel() async throws {
        let tree = try await bench.start()
        let token = try await begin {
            try await Runtime.current.sleep(for: .seconds(100))
            return 1
        }
        await bench.clock.waitForSleepers(1)
        await finishTasks { token.cancel() }
        #expect(try await bench.ref.notes() == ["error CancellationError()"])
        try await bench.stop(tree)
    }

    @Test("The end of the server cancels its work, and waits for it before terminate")
    func joined() async throws {
        let child = bench.desk(onTerminate: { [bench] _, _ in bench.journal.note("terminate") })
        let tree = try await bench.start(child)
        let hold = HoldPoint()
        _ = try await begin { [bench] in
            await hold.hold()
            bench.journal.note("cancelled: \(Task.isCancelled)")
            return 1
        }
        await hold.waitForArrivals()
        let stop = Task { [bench] in try await bench.ref.stop() }
        await bench.clock.waitForSleepers(1)
        #expect(bench.journal.lines.isEmpty)
        hold.open()
        try await stop.value
        #expect(bench.journal.lines == ["cancelled: true", "terminate"])
        await bench.waitForLife(2)
        // No outcome reaches the next life.
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S1 an outcome that waits in the mailbox does not reach the next incarnation")
    func fencedOutcome() async throws {
        let tree = try await bench.start()
        let work = HoldPoint()
        _ = try await begin {
            await work.hold()
            return 1
        }
        await work.waitForArrivals()
        let hold = await bench.hangingDesk()
        bench.ref.crash()
        await finishTasks { work.open() }
        #expect(try bench.ref.resolve().depth == 2)
        hold.open()
        await bench.waitForLife(2)
        #expect(try await bench.ref.notes().isEmpty)
        #expect(bench.journal.lines.isEmpty)
        try await bench.stop(tree)
    }

    @Test("S4 a failed start waits for the work that it had begun, and takes its timers along")
    func failedStart() async throws {
        let hold = HoldPoint()
        let child = bench.desk(onStart: { [bench] _, context in
            guard context.incarnation == 1 else { return bench.journal.note("start 2") }
            context.send(.note("timer"), after: .seconds(1))
            context.task({
                await hold.hold()
                bench.journal.note("work ends, cancelled: \(Task.isCancelled)")
            }) { _ in .note("outcome") }
            throw Mishap("start")
        })
        let start = Task { [bench] in try await bench.start(child) }
        await hold.waitForArrivals()
        #expect(bench.journal.lines.isEmpty)
        hold.open()
        await #expect(throws: SupervisorError.self) { try await start.value }
        #expect(bench.journal.lines == ["work ends, cancelled: true"])
        #expect(bench.runtime.deadlines.pendingCount == 0)
    }

    @Test("S1 a context that outlives its incarnation starts no work")
    func deadContext() async throws {
        let tree = try await bench.start()
        let old = try #require(try await bench.ref.call { $0.context })
        try await bench.ref.stop()
        await bench.waitForLife(2)
        let token = old.task({ Issue.record("it ran") }) { _ in .note("outcome") }
        #expect(token.task == nil)
        token.cancel()
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("Terminate can set no timer and start no work")
    func inTerminate() async throws {
        let child = bench.desk(onTerminate: { desk, _ in
            desk.context?.send(.note("timer"), after: .seconds(1))
            desk.context?.task({ Issue.record("it ran") }) { _ in .note("outcome") }
        })
        let tree = try await bench.start(child)
        try await bench.ref.stop()
        await bench.waitForLife(2)
        #expect(bench.runtime.deadlines.pendingCount == 0)
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }
}
