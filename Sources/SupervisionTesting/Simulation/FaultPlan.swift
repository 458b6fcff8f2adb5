internal import Supervision

/// Counts what faults are planned by, and says what goes wrong as planned.
struct FaultPlan {
    private var planned: [Simulation.PlannedFault] = []
    private var messages: [String: Int] = [:]
    private var operations: [String: Int] = [:]
    private var permits = 0

    mutating func add(_ fault: Simulation.PlannedFault) {
        planned.append(fault)
    }

    /// What happens at the next message of the server at `path`.
    mutating func nextMessage(at path: String) -> (number: Int, crashes: Bool, stall: Duration?) {
        let number = messages[path, default: 0] + 1
        messages[path] = number
        var stall: Duration?
        for case .stall(path, number, let time) in planned { stall = time }
        return (number, planned.contains(.crash(at: path, message: number)), stall)
    }

    /// How long the server at `path` lingers after the message that it is at.
    func lingering(at path: String) -> Duration? {
        let number = messages[path, default: 0]
        for case .ignoreCancellation(path, number, let time) in planned { return time }
        return nil
    }

    /// What happens at a start.
    func start(of path: String, life: Int) -> (fails: Bool, delay: Duration?) {
        var delay: Duration?
        for case .delayStart(path, life, let time) in planned { delay = time }
        return (planned.contains(.failStart(at: path, life: life)), delay)
    }

    mutating func nextOperation(_ name: String) -> (time: Int, fails: Bool) {
        let time = operations[name, default: 0] + 1
        operations[name] = time
        return (time, planned.contains(.failOperation(name, time: time)))
    }

    mutating func nextPermitIsLost() -> Bool {
        permits += 1
        return planned.contains(.losePermit(number: permits))
    }
}
