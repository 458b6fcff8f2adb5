/// Scenarios by chance: the same seed gives the same ones.
struct ScenarioGenerator {
    private var random: SplitMix
    private var nextNumber = 1
    private var nodes: [Node] = []

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    mutating func next() -> Scenario {
        // Each scenario from numbers of its own, so that it does not depend on what those before it have drawn.
        var fork = self
        fork.random = SplitMix(seed: random.next())
        defer { nextNumber += 1 }
        return fork.make(nextNumber)
    }

    private mutating func make(_ number: Int) -> Scenario {
        nodes = []
        addSupervisor(parent: nil, depth: 1)
        // Not both: a hook finds its target or not, depending on what overlaps.
        let hasBursts = chance(50)
        if !hasBursts { addHooks() }
        let steps = (0..<draw(4...24)).map { _ in step(hasBursts: hasBursts) }
        return Scenario(number: number, nodes: nodes, steps: steps)
    }

    // MARK: Trees

    private mutating func addSupervisor(parent: Node?, depth: Int) {
        let flags = Node.Flags(
            strategy: pick(StrategyWord.allCases),
            // More for the topmost one, so that the scenario does not end with the first few crashes.
            intensity: pick(depth == 1 ? [0, 1, 2, 3, 3, 6, 9, 20, 50] : [0, 1, 1, 2, 2, 3, 3, 5, 9]),
            autoShutdown: pick([.never, .never, .anySignificant, .allSignificant])
        )
        let node = add(.supervisor(flags), below: parent)
        for _ in 0..<draw(depth == 1 ? 2...5 : 0...4) {
            if depth < 3, chance(depth == 1 ? 30 : 20) {
                addSupervisor(parent: node, depth: depth + 1)
            } else {
                let stops: ReasonWord = pick([
                    .shutdown, .shutdown, .shutdown, .shutdown, .normal, .shutdownWith, .boom,
                ])
                let shutdown: ShutdownWord = pick([.seconds, .seconds, .seconds, .infinity, .brutalKill])
                _ = add(.worker(Node.Work(shutdown: shutdown, stops: stops)), below: node)
            }
        }
    }

    private mutating func add(_ kind: Node.Kind, below parent: Node?) -> Node {
        let isNever = if case .supervisor(let flags)? = parent?.kind { flags.autoShutdown == .never } else { true }
        let restart: RestartWord = pick([.permanent, .permanent, .transient, .transient, .temporary])
        // Now and then a combination that is refused (R6).
        let mayBeSignificant = !isNever && restart != .permanent
        let node = Node(
            id: Self.id(nodes.count),
            parent: parent?.id,
            isInitial: parent == nil || chance(80),
            restart: restart,
            isSignificant: mayBeSignificant ? chance(60) : parent != nil && perMille(3),
            kind: kind,
            starts: starts(isTop: parent == nil)
        )
        nodes.append(node)
        return node
    }

    private mutating func starts(isTop: Bool) -> [StartWord] {
        guard !isTop, chance(35) else { return [] }
        // The first one seldom fails: no tree comes of it.
        return (0..<draw(1...6)).map { place in
            if chance(place == 0 ? 4 : 45) { return .error }
            return chance(10) ? .ignore : .ok
        }
    }

    private static func id(_ place: Int) -> String {
        place < 26 ? String(UnicodeScalar(UInt8(97 + place))) : "z\(place)"
    }

    /// Only servers that have no hook at their own end are targets, so that no two wait for each other.
    private mutating func addHooks() {
        guard chance(80) else { return }
        for _ in 0..<draw(1...3) {
            let owner = draw(1...max(1, nodes.count - 1))
            guard owner < nodes.count else { return }
            let moment: Hook.Moment = nodes[owner].isSupervisor || chance(60) ? .start : .end
            let targets = nodes.indices.filter { place in
                place != owner && nodes[place].parent == nodes[owner].parent && !nodes[place].isSupervisor
                    && !nodes[place].hooks.contains { $0.moment == .end }
            }
            let isTarget = nodes.contains { $0.hooks.contains { $0.target == nodes[owner].id } }
            guard let target = targets.randomElement(using: &random), moment == .start || !isTarget else { continue }
            let number = draw(1...3)
            let reason = pick([ReasonWord.boom, .boom, .normal, .shutdown, .shutdownWith, .killed])
            let hook = Hook(moment: moment, number: number, target: nodes[target].id, reason: reason)
            nodes[owner].hooks.append(hook)
        }
    }

    // MARK: Steps

    private mutating func step(hasBursts: Bool) -> Step {
        let supervisors = nodes.filter(\.isSupervisor)
        guard hasBursts, chance(20) else { return .action(action(nodes.map(\.id))) }
        let supervisor = pick(supervisors)
        let ids = nodes.filter { $0.parent == supervisor.id }.map(\.id)
        guard !ids.isEmpty else { return .action(action(nodes.map(\.id))) }
        return .burst(supervisor.id, (0..<draw(2...5)).map { _ in action(ids) })
    }

    private mutating func action(_ ids: [String]) -> Action {
        let candidates = nodes.filter { ids.contains($0.id) }
        let workers = candidates.filter { !$0.isSupervisor }
        let inner = candidates.filter { $0.isSupervisor && $0.parent != nil }
        let children = candidates.filter { $0.parent != nil }
        let kind = draw(0...99)
        if kind < 55, let worker = workers.randomElement(using: &random) {
            return .exit(worker.id, pick([.boom, .boom, .boom, .normal, .shutdown, .shutdownWith, .killed]))
        }
        if kind < 60, let supervisor = inner.randomElement(using: &random) {
            return .stop(supervisor.id, pick([.boom, .normal, .shutdown, .shutdownWith]))
        }
        if kind < 61, ids.count == nodes.count, chance(30) { return .stop(nodes[0].id, pick([.boom, .normal])) }
        let request = pick([Request.start, .start, .terminate, .terminate, .restart, .restart, .delete])
        return .request(request, children.randomElement(using: &random)?.id ?? nodes[min(1, nodes.count - 1)].id)
    }

    // MARK: Chance

    private mutating func draw(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &random) }

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[draw(0...values.count - 1)] }

    private mutating func chance(_ percent: Int) -> Bool { draw(1...100) <= percent }

    private mutating func perMille(_ share: Int) -> Bool { draw(1...1000) <= share }
}

/// SplitMix64.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
