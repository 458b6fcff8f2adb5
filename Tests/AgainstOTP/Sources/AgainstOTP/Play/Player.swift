import Supervision

/// What happened in one step.
struct StepTrace: Equatable {
    var words: String
    var lines: [String]
}

/// Plays a scenario on the `Supervisor` of this project.
struct Player {
    private let scenario: Scenario
    private let world: World
    private let top: Node

    /// What happened in each step, and what was reached.
    static func play(_ scenario: Scenario) -> (steps: [StepTrace], marks: Set<Mark>) {
        let player = Player(scenario)
        return (player.play(), player.world.marks)
    }

    private init(_ scenario: Scenario) {
        self.scenario = scenario
        world = World(scenario)
        top = scenario.nodes[0]
    }

    private func play() -> [StepTrace] {
        var steps = [step("begin") { begin() }]
        for next in scenario.steps {
            steps.append(step(next.words) { play(next) })
        }
        var end = step("finish") {
            guard let top = world.supervisor(top.id) else { return "absent" }
            run { try? await top.stop(.shutdown) }
            return nil
        }
        end.lines.append("left \(world.instances)")
        world.end()
        return steps + [end]
    }

    /// Does something, lets the tree come to rest, and gathers what happened.
    private func step(_ words: String, _ act: () -> String?) -> StepTrace {
        let result = act()
        world.executor.runToRest()
        let (trace, answers, gone) = world.takeTrace()
        let answer = result.map { ["= \($0)"] } ?? []
        return StepTrace(words: words, lines: trace + answers + answer + gone.map { "gone \($0)" } + survey(top.id))
    }

    /// Runs `work` until it and the tree are at rest.
    private func run(_ work: @escaping @Sendable () async -> Void) {
        Task.detached(executorPreference: world.executor, operation: work)
        world.executor.runToRest()
    }

    private func begin() -> String {
        let (_, outcome) = world.beginStart(of: top)
        guard outcome == .ok else { return "failed error(bad)" }
        let box = Box("unanswered")
        run { [top, world] in
            do {
                _ = try await top.makeSupervisor(in: world).start(as: ChildID(top.id), in: world.runtime)
                box.value = "ok"
            } catch {
                box.value = "failed \(Words.failure(error))"
            }
        }
        return box.value
    }

    // MARK: Steps

    private func play(_ step: Step) -> String? {
        switch step {
        case .action(let action):
            let box = Box<String?>(nil)
            act(action) { box.value = $0 }
            world.executor.runToRest()
            return box.value
        case .burst(let id, let actions):
            guard let supervisor = world.supervisor(id) else { return "absent" }
            burst(supervisor, actions)
            return nil
        }
    }

    private func act(_ action: Action, _ answer: @escaping @Sendable (String) -> Void) {
        switch action {
        case .exit(let id, let reason):
            guard let life = world.life(of: id) else { return answer("absent") }
            life.end(reason)
        case .stop(let id, let reason):
            guard let supervisor = world.supervisor(id) else { return answer("absent") }
            run { try? await supervisor.stop(reason.exitReason) }
        case .request(let request, let id):
            let node = world.node(id)
            guard let parent = node.parent, let supervisor = world.supervisor(parent) else { return answer("absent") }
            run { [world] in
                do {
                    var isIgnored = false
                    switch request {
                    case .start: isIgnored = try await supervisor.startChild(node.child(in: world)).isIgnored
                    case .terminate: try await supervisor.terminateChild(ChildID(id))
                    case .restart: isIgnored = try await supervisor.restartChild(ChildID(id)).isIgnored
                    case .delete: try await supervisor.deleteChild(ChildID(id))
                    }
                    answer(isIgnored ? "ignored" : "ok")
                } catch {
                    answer(Words.refusal(error))
                }
            }
        }
    }

    /// The supervisor is held in a call while all that is to wait for it comes in.
    private func burst(_ supervisor: ServerRef<Supervisor>, _ actions: [Action]) {
        let hold = EndlessWork()
        run { try? await supervisor.call { (_: isolated Supervisor) async in _ = await hold.run() } }
        for (place, action) in actions.enumerated() {
            act(action) { [world] in world.note("= \(place + 1) \($0)") }
            world.executor.runToRest()
        }
        hold.finish(nil)
    }

    // MARK: What is there

    private func survey(_ id: String) -> [String] {
        guard let supervisor = world.supervisor(id) else { return [] }
        let box = Box<(children: [ChildInfo], counts: ChildCounts)?>(nil)
        run {
            guard let children = try? await supervisor.children(), let counts = try? await supervisor.counts() else {
                return
            }
            box.value = (children, counts)
        }
        guard let (children, counts) = box.value else { return ["\(id) does not answer"] }
        let below = children.reversed().filter { $0.kind == .supervisor && $0.isRunning }
        return [
            "children \(id):" + children.map { " \(words(of: $0))" }.joined(),
            "counts \(id): \(counts.specs) \(counts.active) \(counts.supervisors) \(counts.workers)",
        ] + below.flatMap { survey($0.id.description) }
    }

    private func words(of child: ChildInfo) -> String {
        let state =
            switch child.status {
            case .running: "\(world.number(ofRunning: child.id.description))"
            case .restarting: "restarting"
            case .stopped: "down"
            case .starting: "starting"
            }
        return "\(child.id)/\(state)/\(child.kind == .supervisor ? "supervisor" : "worker")"
    }
}

extension ChildInfo {
    fileprivate var isRunning: Bool {
        if case .running = status { return true }
        return false
    }
}

/// Brings an answer out of a task that runs on the same thread, which is why it is unchecked.
private final class Box<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}

extension Node {
    /// A supervisor of the initial children.
    func makeSupervisor(in world: World) -> Supervisor {
        guard case .supervisor(let flags) = kind else { preconditionFailure("\(id) is no supervisor.") }
        return Supervisor(
            strategy: flags.strategy.strategy,
            // The window never moves on: the clock stands still.
            intensity: RestartIntensity(flags.intensity, within: .seconds(1_000_000)),
            autoShutdown: flags.autoShutdown.autoShutdown
        ) {
            for node in world.initialChildren(of: id) { node.child(in: world) }
        }
    }

    func child(in world: World) -> Child {
        switch kind {
        case .supervisor:
            Child(
                ServerName<Supervisor>(id),
                restart: restart.restart,
                shutdown: .infinity,
                significant: isSignificant
            ) {
                let (number, outcome) = world.beginStart(of: self)
                await world.runHooks(.start, of: self, number)
                try outcome.throwUnlessOK()
                return makeSupervisor(in: world)
            }
        case .worker(let work):
            Child(
                ChildID(id),
                restart: restart.restart,
                shutdown: work.shutdown.shutdown,
                significant: isSignificant
            ) {
                ScriptedServer(self, in: world)
            }
        }
    }
}

extension StrategyWord {
    fileprivate var strategy: Strategy {
        switch self {
        case .oneForOne: .oneForOne
        case .oneForAll: .oneForAll
        case .restForOne: .restForOne
        }
    }
}

extension AutoShutdownWord {
    fileprivate var autoShutdown: Supervisor.AutoShutdown {
        switch self {
        case .never: .never
        case .anySignificant: .anySignificant
        case .allSignificant: .allSignificant
        }
    }
}

extension RestartWord {
    fileprivate var restart: Restart {
        switch self {
        case .permanent: .permanent
        case .transient: .transient
        case .temporary: .temporary
        }
    }
}

extension ShutdownWord {
    fileprivate var shutdown: Shutdown {
        switch self {
        case .brutalKill: .brutalKill
        case .infinity: .infinity
        case .seconds: .timeout(.seconds(5))
        }
    }
}
