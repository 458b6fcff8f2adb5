internal import Supervision

/// What a simulation does to its runtime: it lets tasks pass each other, and makes servers fail.
final class SimulationInterference: Interference, @unchecked Sendable {
    // Unchecked because it is used by the one thread that runs the simulation; what other threads ask changes nothing.
    let loop: SimulationLoop
    let faults: Simulation.Faults
    let processorCount: Int
    let places = PlaceBook()
    let waits = WaitBook()
    var plan = FaultPlan()
    /// How many tasks of the runtime have not ended.
    private(set) var taskCount = 0
    /// Weak, since the runtime has this.
    weak var runtime: Runtime?

    init(_ loop: SimulationLoop, _ faults: Simulation.Faults, processorCount: Int) {
        self.loop = loop
        self.faults = faults
        self.processorCount = processorCount
    }

    func pass() async { await loop.pass() }

    func choose(_ count: Int) -> Int { loop.choose(count) }

    func note(_ text: @autoclosure () -> String) {
        if loop.isOnItsThread { loop.trace?.note(text()) }
    }

    func taskBegan() {
        if loop.isOnItsThread { taskCount += 1 }
    }

    func taskEnded() {
        if loop.isOnItsThread { taskCount -= 1 }
    }

    func willStart(_ path: String, incarnation: Int, isSupervisor: Bool) async throws {
        note(incarnation > 1 ? "\(path) starts, life \(incarnation)" : "\(path) starts")
        await pass()
        guard loop.isOnItsThread else { return }
        let planned = plan.start(of: path, life: incarnation)
        if let delay = planned.delay ?? delay(isSupervisor ? 0 : faults.startDelay) {
            note("the start of \(path) takes \(delay)")
            try await runtime?.sleep(for: delay)
        }
        if planned.fails || loop.happens(isSupervisor ? 0 : faults.startFailure) {
            note("the start of \(path) fails")
            throw SimulatedFault(subject: "the start of \(path), life \(incarnation)")
        }
    }

    func willHandle(_ letter: String, at path: String) async throws {
        guard loop.isOnItsThread else { return }
        note("\(path) handles \(letter)")
        await pass()
        let planned = plan.nextMessage(at: path)
        if let stall = planned.stall ?? delay(faults.stall) {
            note("\(path) is at it for \(stall)")
            // Cut short when it is told to stop; it handles the message then as well.
            try? await runtime?.sleep(for: stall)
        }
        if planned.crashes || loop.happens(faults.crash) {
            note("\(path) crashes")
            throw SimulatedFault(subject: "\(path) at its message \(planned.number)")
        }
    }

    func didHandle(at path: String) async {
        guard loop.isOnItsThread else { return }
        if Task.isCancelled, let time = plan.lingering(at: path) ?? delay(faults.ignoredCancellation) {
            note("\(path) does not heed its cancellation for \(time)")
            await linger(for: time)
        }
        await pass()
    }

    /// Suspends also when the task is cancelled.
    private func linger(for time: Duration) async {
        guard let runtime else { return }
        // Unstructured only so that it is not cancelled with the one that waits for it.
        await runtime.spawn { try? await runtime.sleep(for: time) }.value
    }

    func losesPermit() -> Bool {
        guard loop.isOnItsThread else { return false }
        let isLost = plan.nextPermitIsLost() || loop.happens(faults.lostPermit)
        if isLost { note("a permit is lost") }
        return isLost
    }

    /// Whether an operation fails, and at which time it was asked.
    func operationFails(_ name: String) -> SimulatedFault? {
        guard loop.isOnItsThread else { return nil }
        let planned = plan.nextOperation(name)
        guard planned.fails || loop.happens(faults.operationFailure) else { return nil }
        note("\(name) fails")
        return SimulatedFault(subject: "\(name), time \(planned.time)")
    }

    private func delay(_ probability: Double) -> Duration? {
        guard loop.happens(probability) else { return nil }
        return faults.longestDelay / 8 * (loop.choose(8) + 1)
    }
}
