import Supervision
import SupervisionTesting

/// What one scenario is played in, and what is written down of it.
///
/// Unchecked because all of it happens on the one thread of its executor.
final class World: @unchecked Sendable {
    let executor = RestingExecutor()
    private(set) var runtime = Runtime()
    private let nodes: [String: Node]
    private let children: [String: [Node]]
    /// What happened in this step, in order.
    private(set) var trace: [String] = []
    /// How supervisors ended in this step.
    private var gone: [String] = []
    private var starts: [String: Int] = [:]
    /// Which start of a supervisor the incarnation that runs came from.
    private var running: [String: Int] = [:]
    /// Where the servers live, those included that have ended.
    private var lives: [String: Life] = [:]
    /// What was reached in the scenario.
    private(set) var marks: Set<Mark> = []
    /// Servers that have not been freed.
    var instances = 0

    /// An incarnation of a server.
    struct Life {
        var number: Int
        var incarnation: Int
        var server: ServerRef<ScriptedServer>
        /// Set when it is in the middle of a message that never ends.
        var work: EndlessWork?
    }

    init(_ scenario: Scenario) {
        nodes = Dictionary(uniqueKeysWithValues: scenario.nodes.map { ($0.id, $0) })
        children = Dictionary(grouping: scenario.nodes) { $0.parent ?? "" }
        runtime = Runtime(clock: ManualClock(), executor: executor, events: Sink(world: self))
    }

    func node(_ id: String) -> Node {
        guard let node = nodes[id] else { preconditionFailure("The scenario has no \(id).") }
        return node
    }

    func initialChildren(of id: String) -> [Node] {
        (children[id] ?? []).filter(\.isInitial)
    }

    func note(_ line: String) {
        trace.append(line)
    }

    /// What was written down since the last time. Answers travel on their own, so only what they say is compared, not
    /// when they came; the same holds for the ends of supervisors.
    func takeTrace() -> (trace: [String], answers: [String], gone: [String]) {
        defer { (trace, gone) = ([], []) }
        let isAnswer: (String) -> Bool = { $0.hasPrefix("=") }
        return (trace.filter { !isAnswer($0) }, trace.filter(isAnswer).sorted(), gone.sorted())
    }

    /// Lets go of the places, which know the world.
    func end() {
        lives = [:]
    }

    // MARK: Lives

    /// A start begins: its number, and how it is to turn out.
    func beginStart(of node: Node) -> (number: Int, outcome: StartWord) {
        let number = starts[node.id, default: 0] + 1
        starts[node.id] = number
        let outcome = node.outcome(ofStart: number)
        note("start \(node.id) \(number) \(outcome.rawValue)")
        if outcome == .ignore { marks.insert(.ignored) }
        return (number, outcome)
    }

    func begin(_ life: Life, of id: String) {
        lives[id] = life
    }

    /// The incarnation that runs now, if any.
    func life(of id: String) -> Life? {
        guard let life = lives[id], case .running(life.incarnation) = life.server.status else { return nil }
        return life
    }

    func number(ofRunning id: String) -> Int {
        node(id).isSupervisor ? running[id] ?? 0 : lives[id]?.number ?? 0
    }

    func supervisor(_ id: String) -> ServerRef<Supervisor>? {
        let supervisor = ServerRef(ServerName<Supervisor>(id), in: runtime)
        if case .running = supervisor.status { return supervisor }
        return nil
    }

    /// Other children end first.
    func runHooks(_ moment: Hook.Moment, of node: Node, _ number: Int) async {
        for hook in node.hooks where hook.moment == moment && hook.number == number {
            guard let target = life(of: hook.target) else { continue }
            marks.insert(moment == .start ? .endWhileStarting : .endWhileEnding)
            target.end(hook.reason)
            _ = await target.server.waitForExit()
        }
    }

    // MARK: Reports

    /// The sink of the runtime: the reports that OTP makes as well.
    private struct Sink: EventSink {
        unowned let world: World

        func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
            if let event = event as? SupervisionEvent { world.receive(event) }
        }
    }

    private func receive(_ event: SupervisionEvent) {
        let id = String(event.path.split(separator: "/").last ?? "")
        noteLife(id, event)
        // Nobody above the topmost supervisor reports in OTP.
        guard event.path.contains("/") else { return }
        mark(event, id)
        switch event.kind {
        case .started, .restarted: note("told \(id) up")
        case .startFailed(let error, _): note("told \(id) start error \(Words.failure(error))")
        case .ended(let reason, _) where event.level == .error: note("told \(id) terminated \(Words.reason(reason))")
        case .shutdownError(let reason): note("told \(id) shutdown error \(Words.reason(reason))")
        case .gaveUp: note("told \(id) gave up")
        default: break
        }
    }

    private func mark(_ event: SupervisionEvent, _ id: String) {
        let isNested = event.path.count { $0 == "/" } > 1
        switch event.kind {
        case .startFailed(_, let willRetry): marks.insert(willRetry ? .failedRestart : .failedFirstStart)
        case .ended(let reason, next: .restartsNow):
            guard let parent = node(id).parent, case .supervisor(let flags) = node(parent).kind else { return }
            marks.insert(flags.strategy == .oneForOne ? .singleRestart : .groupRestart)
            if event.child == .supervisor, case .shutdown = reason { marks.insert(.escalation) }
        case .ended(_, next: .staysDown): marks.insert(.staysDown)
        case .ended(_, next: .removed): marks.insert(.removed)
        case .shutdownError: marks.insert(.shutdownError)
        case .gaveUp: marks.insert(isNested ? .nestedGaveUp : .gaveUp)
        case .autoShutdown: marks.insert(isNested ? .nestedAutoShutdown : .autoShutdown)
        default: break
        }
    }

    private func noteLife(_ id: String, _ event: SupervisionEvent) {
        guard event.child == .supervisor else { return }
        switch event.kind {
        case .started, .restarted: running[id] = starts[id]
        case .ended(let reason, _), .stopped(let reason), .shutdownError(let reason):
            // One that was stopped before its start was through never ran.
            guard let number = running.removeValue(forKey: id) else { return }
            gone.append("\(id) \(number) \(Words.reason(reason))")
        default: break
        }
    }
}

extension World.Life {
    /// Has it end by itself.
    func end(_ reason: ReasonWord) {
        if let work { work.finish(reason) } else { server.cast(.end(reason, number: number)) }
    }
}
