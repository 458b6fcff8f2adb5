import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

@Suite("Tasks: lives")
struct TaskLifeTests {
    private let bench = TaskBench()

    @Test("R86 yield gives nothing when the time is over; the task goes on and can be asked again")
    func yield() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        let asking = Task { [bench] in
            await bench.asOwner { desk, _ in
                let task = try await bench.tasks.async {
                    await point.hold()
                    return 42
                }
                desk.note(await outcome { try await task.yield(within: .zero)?.words ?? "none" })
                await bench.mark()
                desk.note(await outcome { try await task.yield(within: .seconds(1))?.words ?? "none" })
                point.open()
                desk.note(await outcome { try await task.yield(within: .seconds(1))?.words ?? "none" })
            }
        }
        await bench.waitForMark(sleepers: 2)
        bench.clock.advance(by: .seconds(1))
        await asking.value
        #expect(bench.journal.lines == ["none", "none", "42"])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test(
        "R85 a task that is given up before it begins, or whose owner has ended by then, is not kept",
        arguments: [true, false]
    )
    func neverBegun(isGivenUp: Bool) async throws {
        let tree = try await bench.start()
        let made = Mutex<SupervisedWork<Int>?>(nil)
        await bench.asOwner { [bench] _, _ in
            made.withLock { $0 = SupervisedWork<Int>(isLinked: !isGivenUp, in: bench.runtime) }
            // The end of the owner.
            throw Mishap()
        }
        weak let left = made.withLock { $0 }
        if isGivenUp { left?.giveUp() }
        let began = await outcome {
            if let left { try await bench.tasks.begin(left, "task", .brutalKill) { 1 } }
            return "began"
        }
        #expect(began != "began")
        made.withLock { $0 = nil }
        // Its place goes with the tasks that had to do with it.
        for _ in 0..<100_000 where left != nil { await Task.yield() }
        #expect(left == nil)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R86 shutdown gives a result that had come, the reason of another end, and nothing for one that it stopped")
    func shutdown() async throws {
        let tree = try await bench.start()
        let done = try await bench.tasks.async("done") { 42 }
        await bench.waitForEnd(of: "done#1")
        #expect(try await done.shutdown()?.words == "42")

        let crashed = try await bench.tasks.asyncWithoutLink("crashed") { () -> Int in throw Mishap() }
        await bench.waitForEnd(of: "crashed#2")
        #expect(try await crashed.shutdown()?.words == "exit: mishap")

        let sleeping = try await bench.tasks.async("sleeping") { [bench] in
            try await bench.runtime.sleep(for: .seconds(100))
        }
        #expect(try await sleeping.shutdown() == nil)
        #expect(await outcome { try await sleeping.value() } == "app/tasks/sleeping#3 was taken")

        // It heeds the request by giving what it has.
        let yielding = try await bench.tasks.async("yielding") { [bench] in
            try? await bench.runtime.sleep(for: .seconds(100))
            return 7
        }
        await bench.clock.waitForSleepers(1)
        #expect(try await yielding.shutdown()?.words == "7")
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R86 S3 a task that does not stop in time is given up, and its late result goes nowhere")
    func deaf() async throws {
        let tree = try await bench.start()
        let point = HoldPoint()
        let asking = Task { [bench] in
            let task = try await bench.tasks.async {
                await point.hold()
                return 42
            }
            await point.waitForArrivals()
            await bench.mark()
            let stopped = try await task.shutdown(within: .seconds(1))?.words
            point.open()
            await bench.recorder.waitFor(line: "app/tasks/task#1 has ended at last, after it had been given up")
            return [stopped, await outcome { try await task.value() }]
        }
        await bench.waitForMark(sleepers: 1)
        bench.clock.advance(by: .seconds(1))
        #expect(try await asking.value == ["exit: unstoppable", "app/tasks/task#1 was taken"])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K11 R88 a task knows who has started it, for whom, and what supervises it")
    func lineage() async throws {
        let tree = try await bench.start()
        await bench.asOwner { [bench] desk, _ in
            desk.note("\(TaskLineage.current?.callers ?? ["none"])")
            let outer = try await bench.tasks.async("outer") {
                let inner = try await bench.tasks.async("inner") { TaskLineage.current }
                return (TaskLineage.current, try await inner.value())
            }
            let (first, second) = try await outer.value()
            desk.note("\(first?.path ?? "") \(first?.callers ?? [])")
            desk.note("\(second?.path ?? "") \(second?.callers ?? []) \(second?.ancestors ?? [])")
        }
        #expect(
            bench.journal.lines == [
                "[]",
                "app/tasks/outer#1 [\"app/owner\"]",
                "app/tasks/inner#2 [\"app/tasks/outer#1\", \"app/owner\"] [\"app/tasks\", \"app\"]",
            ]
        )
        #expect(TaskLineage.current == nil)
        let task = try await bench.tasks.async { TaskLineage.current?.callers }
        #expect(try await task.value() == [])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K12 R84 a permanent task is run again after its end, a transient one after a crash, others never")
    func restarts() async throws {
        let tree = try await bench.start()
        let runs = LifeJournal()
        await bench.asOwner { [bench] _, _ in
            try await bench.tasks.startTask("permanent", restart: .permanent) {
                runs.note("permanent for \(TaskLineage.current?.callers ?? [])")
                if runs.lines.count(where: { $0.hasPrefix("permanent") }) > 1 {
                    try await bench.runtime.sleep(for: .seconds(100))
                }
            }
        }
        await bench.recorder.waitFor(line: "app/tasks/permanent#1 restarted, life 2")
        await bench.clock.waitForSleepers(1)
        #expect(runs.take() == ["permanent for [\"app/owner\"]", "permanent for [\"app/owner\"]"])

        try await bench.tasks.startTask("transient", restart: .transient) {
            runs.note("transient")
            if runs.lines.count == 1 { throw Mishap() }
        }
        await bench.recorder.waitFor(line: "app/tasks/transient#2 ended (normal); is removed")
        #expect(runs.take() == ["transient", "transient"])

        let id = try await bench.tasks.startTask { throw Mishap("once") }
        #expect(id == "task#3")
        await bench.recorder.waitFor(line: "app/tasks/task#3 crashed: once; is removed")
        #expect(try await bench.tasks.children().map(\.id) == ["permanent#1"])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R84 tasks are asked to stop with their supervisor, and whoever waits is told")
    func supervisorStops() async throws {
        let tree = try await bench.start()
        let waiting = Task { [bench] in
            let task = try await bench.tasks.async { try await bench.runtime.sleep(for: .seconds(100)) }
            await bench.mark()
            return await outcome { try await task.value(timeout: .seconds(50)) }
        }
        await bench.waitForMark(sleepers: 2)
        #expect(try await bench.stop(tree) == 0)
        #expect(try await waiting.value == "exited: shutdown")
        #expect(await outcome { try await bench.tasks.async { 1 }.value() } == "not running: tasks")
    }

    @Test("R84 a caller that gives up while its task starts leaves none behind, at whichever step it does")
    func cancelledStart() async throws {
        var endings: Set<String> = []
        for steps in 0..<40 {
            let executor = SteppedExecutor()
            let runtime = Runtime(clock: ManualClock(), executor: executor, events: EventRecorder())
            let tree = executor.start {
                try await Supervisor { Child(.tasks) { TaskSupervisor() } }.start(in: runtime)
            }
            _ = try await tree.value
            let tasks = ServerRef(.tasks, in: runtime)
            let caller = Task(executorPreference: executor) {
                try await tasks.async { try await runtime.sleep(for: .seconds(100)) }
            }
            executor.run(steps: steps)
            caller.cancel()
            executor.run()
            let count = try await executor.start { try await tasks.counts().specs }.value
            switch await caller.result {
            case .success:
                endings.insert("started")
                #expect(count == 1)
            case .failure(let error):
                endings.insert(error is CancellationError ? "cancelled" : "threw \(error)")
                #expect(count == 0, "cancelled after \(steps) steps")
            }
        }
        #expect(endings == ["started", "cancelled"])
    }
}
