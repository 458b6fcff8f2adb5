import Supervision
import SupervisionTesting
import Synchronization
import Testing

@testable import JobPipeline

/// How many jobs are worked on at once, and how many were at most.
private final class Workload: Sendable {
    private let state = Mutex((now: 0, most: 0))

    var most: Int { state.withLock { $0.most } }

    func during<Value>(_ work: () async throws -> Value) async rethrows -> Value {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
        defer { state.withLock { $0.now -= 1 } }
        return try await work()
    }
}

@Suite(.timeLimit(.minutes(1))) struct PipelineTests {
    private let recorder = EventRecorder()
    private let store = JobStore()
    private let runtime: Runtime

    init() {
        runtime = Runtime(clock: ManualClock(), events: recorder)
    }

    private func waitUntilFinished(_ count: Int) async {
        await recorder.waitFor { if case PipelineEvent.finished(count: count) = $0 { true } else { false } }
    }

    @Test func noMoreJobsAreAtWorkThanThereMayBeAlsoWhenTheStageCrashes() async throws {
        await store.add(1...50)
        let workload = Workload()
        let faults = Faults([5: "stage", 17: "stage"])
        let application = Application.tree(store: store) {
            try faults.meet($0)
        } work: { job in
            await workload.during {
                await Task.yield()
                return job
            }
        }
        let tree = try await application.start(as: "app", in: runtime)
        await waitUntilFinished(50)
        try await tree.stop()
        #expect(workload.most <= Application.workers)
        #expect(await store.repeats == 0)
    }

    @Test func aJobThatCrashesEveryWorkerEndsThePipelineAndStaysOpen() async throws {
        await store.add(1...5)
        let application = Application.tree(store: store) { job in
            if job == 3 { throw Faults.Fault(description: "never") }
            return job
        }
        let tree = try await application.start(as: "app", in: runtime)
        // Four crashes are too many for the workers' supervisor, and four ends of that are too many for the pipeline.
        _ = await tree.waitForExit()
        #expect(await store.openJobs.contains(3))
        #expect(await store.results[3] == nil)
    }

    @Test func aCrashOfTheFirstChildTakesAlongAllAndLosesNoJob() async throws {
        await store.add(1...5)
        let gate = Gate()
        let application = Application.tree(store: store) { job in
            try await gate.pass(job)
            return job
        }
        let tree = try await application.start(as: "app", in: runtime)
        await recorder.waitFor { if case PipelineEvent.taken(job: 5) = $0 { true } else { false } }
        ServerRef(.results, in: runtime).exit(.error(Faults.Fault(description: "results")))
        gate.open()
        await waitUntilFinished(5)
        try await tree.stop()
        #expect(await store.openJobs.isEmpty)
    }
}
