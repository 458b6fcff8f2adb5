import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Tasks: links")
struct TaskLinkTests {
    private let bench = TaskBench()

    @Test("C-K02 R84 the crash of a task without a link touches nobody; its owner is told the reason")
    func withoutLink() async throws {
        let tree = try await bench.start()
        await bench.asOwner { [bench] desk, context in
            let task = try await bench.tasks.asyncWithoutLink { () -> Int in throw Mishap() }
            desk.note(await outcome { try await task.yield()?.words ?? "none" })
            let other = try await bench.tasks.asyncWithoutLink { () -> Int in throw Mishap("again") }
            desk.note(await outcome { try await other.value() })
            desk.note("life \(context.incarnation)")
        }
        #expect(try await bench.owner.notes() == ["exit: mishap", "threw again", "life 1"])
        #expect(bench.events(of: "task#1").last == "crashed: mishap; is removed")
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R84 the crash of a linked task is the crash of the server that has started it")
    func crash() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        await bench.asOwner { [bench] _, _ in
            _ = try await bench.tasks.async {
                await point.hold()
                throw Mishap()
            }
        }
        point.open()
        await bench.recorder.waitFor(line: "app/owner crashed: mishap; restarts now")
        await bench.recorder.waitFor(line: "app/owner restarted, life 2")
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R84 a linked task that ends well, or is shut down by its owner, takes nobody along")
    func cleanEnds() async throws {
        let tree = try await bench.start()
        await bench.asOwner { [bench] desk, context in
            let task = try await bench.tasks.async { 42 }
            desk.note("\(try await task.value())")
            let other = try await bench.tasks.async { try await bench.runtime.sleep(for: .seconds(100)) }
            desk.note(await outcome { try await other.shutdown()?.words ?? "none" })
            desk.note("life \(context.incarnation)")
        }
        await bench.waitForEnd(of: "task#1")
        await bench.waitForEnd(of: "task#2")
        #expect(try await bench.owner.notes() == ["42", "none", "life 1"])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R84 S1 a linked task is asked to stop when its owner's incarnation ends, one without a link is not")
    func ownerEnds() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        await bench.asOwner { [bench] _, _ in
            _ = try await bench.tasks.async("linked") { try await bench.runtime.sleep(for: .seconds(100)) }
            _ = try await bench.tasks.asyncWithoutLink("free") { await point.hold() }
        }
        await point.waitForArrivals()
        await bench.clock.waitForSleepers(1)
        // A clean end, too.
        try await bench.owner.stop(.normal)
        await bench.waitForEnd(of: "linked#1")
        #expect(bench.events(of: "linked#1").last == "ended (shutdown); is removed")
        #expect(try await bench.tasks.children().map(\.id) == ["free#2"])
        point.open()
        await bench.waitForEnd(of: "free#2")
        #expect(bench.events(of: "free#2").last == "ended (normal); is removed")
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R84 the work beside a server's mailbox, and the function of a worker, are the server's own code")
    func tasksOfServers() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        try await tree.startChild(
            Worker("worker", restart: .temporary) { [bench] in
                _ = try await bench.tasks.async("of-worker") {
                    await point.hold()
                    throw Mishap("from a task")
                }
                try await bench.runtime.sleep(for: .seconds(100))
            }
        )
        await point.waitForArrivals()
        await bench.clock.waitForSleepers(1)
        point.open()
        await bench.recorder.waitFor(line: "app/worker crashed: from a task; is removed")
        await bench.asOwner { [bench] _, context in
            context.task({ try await bench.tasks.async { TaskLineage.current?.callers ?? [] }.value() }) { result in
                .note("\((try? result.get()) ?? [])")
            }
        }
        await bench.waitForEnd(of: "task#2")
        await bench.recorder.waitFor { "\($0)".hasPrefix("app/tasks/task#2 ended") }
        try await tree.stop()
        #expect(bench.journal.lines == ["[\"app/owner\"]"])
    }

    @Test("S1 a server that was given up starts no linked task any more")
    func fenced() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        bench.owner.cast(
            .run { [bench] desk, _ in
                await point.hold()
                // In a task of its own, as this one has been cancelled.
                let words = await Task {
                    await outcome { try await bench.tasks.async { bench.journal.note("ran") } }
                }.value
                desk.note(words)
            }
        )
        await point.waitForArrivals()
        let termination = Task { try await tree.terminateChild("owner") }
        // The request, and the time to stop.
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(5))
        try await termination.value
        point.open()
        await bench.recorder.waitFor(line: "app/owner has ended at last, after it had been given up")
        #expect(bench.journal.lines.count == 1)
        #expect(bench.journal.lines.first?.contains("could not be started") == true)
        #expect(try await bench.tasks.counts().specs == 0)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K07 R86 what an ignored task gives, in time or late, goes nowhere, and so does its crash")
    func ignore() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        await bench.asOwner { [bench] desk, context in
            let early = try await bench.tasks.async("early") { 1 }
            await bench.waitForEnd(of: "early#1")
            desk.note(await outcome { try early.ignore()?.words ?? "none" })
            let late = try await bench.tasks.async("late") {
                await point.hold()
                return 2
            }
            desk.note(await outcome { try late.ignore()?.words ?? "none" })
            let crashing = try await bench.tasks.async("crashing") {
                await point.hold()
                throw Mishap()
            }
            try crashing.ignore()
            await point.waitForArrivals(2)
            point.open()
            await bench.waitForEnd(of: "late#2")
            await bench.waitForEnd(of: "crashing#3")
            for task in [early, late] { desk.note(await outcome { try await task.value() }) }
            desk.note("life \(context.incarnation)")
        }
        let lines = try await bench.owner.notes()
        #expect(lines == ["1", "none", "app/tasks/early#1 was taken", "app/tasks/late#2 was taken", "life 1"])
        #expect(try await bench.stop(tree) == 0)
    }
}
