internal import Supervision
internal import Synchronization

/// Has a task supervisor do work: each task's outcome is its own, and no more run at once than were asked for.
struct TaskMaker: Driver {
    static let label = "task maker"
    struct Failed: Error {}

    let stage: Stage
    private let supervisor: ServerRef<TaskSupervisor>

    init(_ stage: Stage) {
        self.stage = stage
        supervisor = ServerRef(Names.tasks, in: stage.runtime)
    }

    mutating func step(_ numbers: inout Numbers) async throws {
        stage.round.tally.tasks.add(1, ordering: .relaxed)
        let value = numbers.below(1_000_000)
        let time = numbers.microseconds(upTo: 300)
        let witness = Witness(.task, stage.round.census)
        let runtime = stage.runtime
        let work: @Sendable () async throws -> Int = {
            _ = witness
            try await runtime.sleep(for: time)
            if value % 5 == 0 { throw Failed() }
            return value
        }
        switch numbers.below(4) {
        case 0: try await take(supervisor.asyncWithoutLink("task", work), value)
        case 1: try await stop(supervisor.asyncWithoutLink("task", work))
        case 2: try await supervisor.startTask { _ = try await work() }
        default: try await stream(numbers.below(12), time)
        }
    }

    private func take(_ task: SupervisedTask<Int>, _ value: Int) async throws {
        do {
            let outcome = try await task.value(timeout: .seconds(60))
            require(outcome == value && value % 5 != 0, "the task of \(value) gave \(outcome) (R85)")
        } catch is Failed {
            require(value % 5 == 0, "the task of \(value) failed (R85)")
        }
    }

    private func stop(_ task: SupervisedTask<Int>) async throws {
        do {
            _ = try await task.shutdown()
        } catch {
            require(false, "a task that nobody else has was taken: \(error)")
        }
    }

    private func stream(_ count: Int, _ time: Duration) async throws {
        let running = Peak()
        let runtime = stage.runtime
        let results = supervisor.streamWithoutLink(0..<count, maxConcurrency: 3, timeout: .seconds(60)) { input in
            running.begin()
            defer { running.end() }
            try await runtime.sleep(for: time)
            return input * 2
        }
        var next = 0
        for try await element in results {
            require(element.input == next, "element \(element.input) came after \(next - 1) (R87)")
            next += 1
        }
        require(next == count, "\(next) elements of \(count) came (R87)")
        require(running.most <= 3, "\(running.most) ran at once, and 3 may (R87)")
    }

    private func require(_ condition: Bool, _ what: @autoclosure () -> String) {
        stage.round.referee.require(condition || stage.round.isStopping, what(), at: "tasks")
    }
}

/// The most that have run at once.
final class Peak: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    func begin() {
        counts.withLock { counts in
            counts.now += 1
            counts.most = max(counts.most, counts.now)
        }
    }

    func end() {
        counts.withLock { $0.now -= 1 }
    }

    var most: Int { counts.withLock(\.most) }
}
