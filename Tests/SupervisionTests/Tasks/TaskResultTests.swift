import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Tasks: results")
struct TaskResultTests {
    private let bench = TaskBench()

    @Test("C-K01 R84 R85 a task is listed under its supervisor, gives its result once, and ends normally")
    func async() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        let task = try await bench.tasks.async {
            await point.hold()
            return 42
        }
        #expect(task.path == "app/tasks/task#1")
        let listed = try await bench.tasks.children()
        #expect(listed.map(\.path) == ["app/tasks/task#1"])
        #expect(listed.map(\.restart) == [.temporary])
        point.open()
        #expect(try await task.value() == 42)
        #expect(await outcome { try await task.value() } == "app/tasks/task#1 was taken")
        await bench.waitForEnd(of: "task#1")
        #expect(bench.events(of: "task#1").last == "ended (normal); is removed")
        #expect(try await bench.tasks.counts().specs == 0)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R85 a result that has come waits for whoever asks for it")
    func early() async throws {
        let tree = try await bench.start()
        let task = try await bench.tasks.async("sum") { 1 + 1 }
        await bench.waitForEnd(of: "sum#1")
        #expect(try await task.value(timeout: .zero) == 2)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K04 R85 what a task throws, or exits with, is what the wait for it throws")
    func failures() async throws {
        let tree = try await bench.start()
        let throwing = try await bench.tasks.async { () -> Int in throw Mishap() }
        #expect(await outcome { try await throwing.value() } == "threw mishap")
        let exiting = try await bench.tasks.async { () -> Int in throw Exit(.shutdownWith("enough")) }
        #expect(await outcome { try await exiting.value() } == "exited: shutdown: enough")
        let ending = try await bench.tasks.async { () -> Int in throw Exit(.normal) }
        #expect(await outcome { try await ending.value() } == "exited: normal")
        let stopped = try await bench.tasks.async { [bench] in try await bench.runtime.sleep(for: .seconds(100)) }
        await bench.clock.waitForSleepers(1)
        try await bench.tasks.terminateChild("task#4")
        #expect(await outcome { try await stopped.value() } == "exited: shutdown")
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K04 R85 a wait that is over gives the result up: it goes nowhere, and a linked task is asked to stop")
    func timeout() async throws {
        let tree = try await bench.start()
        let task = try await bench.tasks.async { [bench] in try await bench.runtime.sleep(for: .seconds(100)) }
        await bench.clock.waitForSleepers(1)
        // The task asks for the result itself, so that the clock can be moved meanwhile.
        let wait = Task { [bench] in
            await bench.asOwner { desk, _ in
                let task = try await bench.tasks.async { try await bench.runtime.sleep(for: .seconds(100)) }
                await bench.mark()
                desk.note(await outcome { try await task.value(timeout: .seconds(3)) })
                desk.note(await outcome { try await task.value() })
            }
        }
        await bench.waitForMark(sleepers: 4)
        bench.clock.advance(by: .seconds(3))
        await wait.value
        #expect(bench.journal.lines == ["app/tasks/task#2 not done in 3 s", "app/tasks/task#2 was taken"])
        await bench.waitForEnd(of: "task#2")
        #expect(bench.events(of: "task#2").last == "ended (shutdown); is removed")
        try task.ignore()
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K04 R85 a task without a link runs on when the wait for it is over, and its late result is dropped")
    func lateResult() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        let wait = Task { [bench] in
            await bench.asOwner { desk, _ in
                let task = try await bench.tasks.asyncWithoutLink {
                    await point.hold()
                    return 42
                }
                await bench.mark()
                desk.note(await outcome { try await task.value(timeout: .seconds(3)) })
                point.open()
                await bench.waitForEnd(of: "task#1")
                desk.note(await outcome { try await task.yield(within: .zero) })
            }
        }
        await point.waitForArrivals()
        await bench.waitForMark(sleepers: 2)
        bench.clock.advance(by: .seconds(3))
        await wait.value
        #expect(bench.journal.lines == ["app/tasks/task#1 not done in 3 s", "app/tasks/task#1 was taken"])
        #expect(bench.events(of: "task#1").last == "ended (normal); is removed")
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K05 R85 the result is for the owner alone: no other server, task or incarnation gets it")
    func owner() async throws {
        let tree = try await bench.start()
        let (fromOwner, kept) = AsyncStream.makeStream(of: SupervisedTask<Int>.self)
        await bench.asOwner { [bench] _, _ in kept.yield(try await bench.tasks.asyncWithoutLink { 42 }) }
        var tasks = fromOwner.makeAsyncIterator()
        let task = try #require(await tasks.next())
        let refusal = "not the owner of app/tasks/task#1"
        #expect(await outcome { try await task.value() } == refusal)
        #expect(await outcome { try await task.yield() } == refusal)
        #expect(await outcome { try await task.shutdown() } == refusal)
        #expect(await outcome { try task.ignore() } == refusal)
        bench.other.cast(.run { desk, _ in desk.note(await outcome { try await task.value() }) })
        #expect(try await bench.other.notes() == [refusal])
        await bench.asOwner { desk, _ in desk.note(await outcome { try await task.yield()?.words ?? "none" }) }
        #expect(bench.journal.take() == [refusal, "42"])

        let mine = try await bench.tasks.async { 1 }
        #expect(await Task { await outcome { try await mine.value() } }.value == "not the owner of app/tasks/task#2")
        #expect(try await mine.value() == 1)

        await bench.asOwner { [bench] _, _ in kept.yield(try await bench.tasks.asyncWithoutLink { 42 }) }
        let former = try #require(await tasks.next())
        bench.owner.crash()
        await bench.recorder.waitFor(line: "app/owner restarted, life 2")
        await bench.asOwner { desk, _ in desk.note(await outcome { try await former.value() }) }
        #expect(bench.journal.take() == ["not the owner of app/tasks/task#3"])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R85 a wait that is cancelled gives the result up, and asks a linked task to stop")
    func cancelled() async throws {
        let tree = try await bench.start()
        let wait = Task { [bench] in
            let task = try await bench.tasks.async { try await bench.runtime.sleep(for: .seconds(100)) }
            await bench.mark()
            return await outcome { try await task.value() }
        }
        await bench.waitForMark(sleepers: 2)
        wait.cancel()
        #expect(try await wait.value == "cancelled")
        await bench.waitForEnd(of: "task#1")

        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R86 a yield that is cancelled leaves the result for later")
    func cancelledYield() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        let yields = Task { [bench] in
            let task = try await bench.tasks.async {
                await point.hold()
                return 42
            }
            await bench.mark()
            var lines = [await outcome { try await task.yield()?.words ?? "none" }]
            point.open()
            await bench.waitForEnd(of: "task#1")
            lines.append(await outcome { try await task.yield(within: .zero)?.words ?? "none" })
            return lines
        }
        await bench.waitForMark(sleepers: 1)
        yields.cancel()
        #expect(try await yields.value == ["cancelled", "42"])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R84 a task for which there is no room is not started, and the caller is told")
    func noRoom() async throws {
        let tree = try await bench.start(maxChildren: 1)
        let point = HoldPoint()
        let first = try await bench.tasks.async { await point.hold() }
        let error = await #expect(throws: SupervisorError.self) { try await bench.tasks.async { 1 } }
        guard case .tooManyChildren(limit: 1) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        await #expect(throws: SupervisorError.self) { try await bench.tasks.startTask {} }
        point.open()
        try await first.value()
        #expect(try await bench.stop(tree) == 0)
    }
}
