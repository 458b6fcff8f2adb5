/// A tree, and what is done to it, step by step. Both programs play it, and both tell what happened.
struct Scenario: Sendable {
    var number: Int
    /// The topmost supervisor first; parents before their children; children in start order.
    var nodes: [Node]
    var steps: [Step]
}

/// A supervisor or a server in the tree, whether or not it is there from the beginning.
///
/// Ids are unique in a scenario. What is scripted goes by the number of the start: it is counted over all the lives of
/// the id, in whichever incarnation of its supervisor.
struct Node {
    enum Kind {
        case supervisor(Flags)
        case worker(Work)
    }

    struct Flags {
        var strategy: StrategyWord
        var intensity: Int
        var autoShutdown: AutoShutdownWord
    }

    struct Work {
        var shutdown: ShutdownWord
        /// How it ends when it is asked to.
        var stops: ReasonWord
    }

    var id: String
    /// Nil for the topmost supervisor.
    var parent: String?
    /// Whether the supervisor has it from the beginning, rather than from a `start` on.
    var isInitial: Bool
    var restart: RestartWord
    var isSignificant: Bool
    var kind: Kind
    /// How its starts turn out, the first one first. Those beyond the end succeed.
    var starts: [StartWord]
    var hooks: [Hook] = []

    var isSupervisor: Bool {
        if case .supervisor = kind { return true }
        return false
    }

    func outcome(ofStart number: Int) -> StartWord {
        number <= starts.count ? starts[number - 1] : .ok
    }
}

/// Another child of the same supervisor ends while a child is being started, or is ending.
struct Hook {
    enum Moment: String {
        case start, end
    }
    var moment: Moment
    /// The start, or the end after which start.
    var number: Int
    var target: String
    var reason: ReasonWord
}

enum Step {
    case action(Action)
    /// All of them wait in the supervisor's mailbox before it comes to the first.
    case burst(String, [Action])
}

enum Action {
    /// A child ends by itself.
    case exit(String, ReasonWord)
    /// A supervisor is asked to end, by somebody who is not its parent.
    case stop(String, ReasonWord)
    case request(Request, String)
}

enum Request: String, CaseIterable {
    case start, terminate, restart, delete
}

enum StrategyWord: String, CaseIterable {
    case oneForOne = "one_for_one"
    case oneForAll = "one_for_all"
    case restForOne = "rest_for_one"
}

enum AutoShutdownWord: String, CaseIterable {
    case never
    case anySignificant = "any_significant"
    case allSignificant = "all_significant"
}

enum RestartWord: String, CaseIterable {
    case permanent, transient, temporary
}

enum ShutdownWord: String {
    case brutalKill = "brutal_kill"
    case infinity
    case seconds = "5000"
}

enum StartWord: String {
    case ok, error, ignore
}

enum ReasonWord: String {
    case normal, shutdown
    case shutdownWith = "shutdown(x)"
    case boom
    /// From outside, without a chance to do anything about it.
    case killed
}
