@testable import Supervision

/// What the machine says of itself that always holds between two events.
enum MachineInvariants {
    static func violations(of machine: SupervisorState, isFinished: Bool) -> [String] {
        var violations: [String] = []
        let numbers = machine.slots.map(\.key.number)
        if zip(numbers, numbers.dropFirst()).contains(where: { $0 >= $1 }) { violations.append("keys do not rise") }
        let isIndexed = machine.slots.allSatisfy { machine.keys[$0.id] == $0.key }
        if machine.keys.count != machine.slots.count || !isIndexed { violations.append("ids and slots differ") }
        if let pass = machine.pass {
            let awaited = pass.awaited.compactMap { machine.slot(of: $0) }
            if awaited.isEmpty || awaited.count < pass.awaited.count { violations.append("a pass waits for no child") }
            if awaited.contains(where: { !$0.life.isMoving }) {
                violations.append("the pass waits for a child that is not moving")
            }
            if awaited.count > 1, !pass.isStarting || Set(awaited.map(\.wave)).count > 1 {
                violations.append("the pass waits for several that do not start together")
            }
        } else if machine.outcome == nil {
            if !machine.deferred.isEmpty { violations.append("events wait though no pass is under way") }
            if machine.slots.contains(where: { $0.life.hasExited }) {
                violations.append("an end was noted and not dealt with")
            }
        }
        if isFinished, machine.slots.contains(where: { $0.life.isAlive }) {
            violations.append("finished while a child lives")
        }
        if machine.outcome != nil, machine.pass == nil, !isFinished {
            violations.append("on the way down, and waiting for nothing")
        }
        return violations
    }
}

extension SupervisorState.Life {
    var isMoving: Bool {
        switch self {
        case .starting, .stopping: true
        case .down, .running, .exited, .restarting: false
        }
    }

    var isAlive: Bool {
        switch self {
        case .starting, .running, .stopping: true
        case .down, .exited, .restarting: false
        }
    }

    var hasExited: Bool {
        if case .exited = self { return true }
        return false
    }
}
