internal import Supervision

/// The steps of a run as they can be read. Kept only for a run that is told about.
final class StepTrace {
    private struct Step {
        var number: Int
        var time: RuntimeInstant
        var choice: Int
        var candidates: Int
        var task: String?
        var notes: [String] = []
    }

    private var steps: [Step] = []
    private var tasks: [String: Int] = [:]

    /// What was noted last.
    var lastNote: String? { steps.last?.notes.last }

    func begin(_ number: Int, at time: RuntimeInstant, choice: Int, of candidates: Int) {
        steps.append(Step(number: number, time: time, choice: choice, candidates: candidates))
    }

    /// Notes which task it is, as far as that can be seen: one that goes on at an actor cannot.
    func noteTask(_ job: UnownedJob) {
        let id = "\(job)"
        guard !id.contains("nil"), !steps.isEmpty else { return }
        let number = tasks[id] ?? tasks.count
        tasks[id] = number
        steps[steps.count - 1].task = number == 0 ? "scenario" : "task \(number)"
    }

    func note(_ text: String) {
        if steps.isEmpty { begin(0, at: .origin, choice: 0, of: 1) }
        steps[steps.count - 1].notes.append(text)
    }

    /// A line for each step: its number, the time, what was chosen where there was a choice, and what happened.
    var lines: [String] {
        steps.map { step in
            let choice = step.candidates > 1 ? "\(step.choice + 1) of \(step.candidates)" : ""
            let notes = step.notes.isEmpty ? "goes on" : step.notes.joined(separator: "; ")
            let task = step.task ?? "a task"
            let time = RuntimeInstant.origin.duration(to: step.time).shortDescription
            return "\(pad("\(step.number)", 5))  \(pad(time, 9))  \(pad(choice, 8))  \(task): \(notes)"
        }
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
