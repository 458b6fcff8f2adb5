/// Makes a scenario that differs smaller for as long as it still differs, so that one sees why.
struct Shrinking {
    private let stillDiffers: (Scenario) throws -> Bool

    init(while stillDiffers: @escaping (Scenario) throws -> Bool) {
        self.stillDiffers = stillDiffers
    }

    func smallest(_ scenario: Scenario) throws -> Scenario {
        var scenario = scenario
        var isSmaller = true
        while isSmaller {
            isSmaller = false
            for shrink in [dropSteps, dropNodes, dropHooks, simplifyNodes] {
                while let smaller = try shrink(scenario).first(where: stillDiffers) {
                    scenario = smaller
                    isSmaller = true
                }
            }
        }
        return scenario
    }

    private func dropSteps(_ scenario: Scenario) -> [Scenario] {
        let prefixes = scenario.steps.indices.map { count in
            var shorter = scenario
            shorter.steps = Array(scenario.steps.prefix(count))
            return shorter
        }
        let gaps = scenario.steps.indices.map { place in
            var shorter = scenario
            shorter.steps.remove(at: place)
            return shorter
        }
        let bursts = scenario.steps.indices.flatMap { place -> [Scenario] in
            guard case .burst(let id, let actions) = scenario.steps[place] else { return [] }
            return actions.indices.map { dropped in
                var actions = actions
                actions.remove(at: dropped)
                var shorter = scenario
                shorter.steps[place] = actions.count == 1 ? .action(actions[0]) : .burst(id, actions)
                return shorter
            }
        }
        return prefixes + gaps + bursts
    }

    private func dropNodes(_ scenario: Scenario) -> [Scenario] {
        scenario.nodes.dropFirst().reversed().map { scenario.without(scenario.family(of: [$0.id])) }
    }

    private func dropHooks(_ scenario: Scenario) -> [Scenario] {
        scenario.nodes.indices.flatMap { place in
            scenario.nodes[place].hooks.indices.map { hook in
                var simpler = scenario
                simpler.nodes[place].hooks.remove(at: hook)
                return simpler
            }
        }
    }

    private func simplifyNodes(_ scenario: Scenario) -> [Scenario] {
        scenario.nodes.indices.flatMap { place in
            scenario.nodes[place].simpler.map { node in
                var simpler = scenario
                simpler.nodes[place] = node
                return simpler
            }
        }
    }
}

extension Scenario {
    fileprivate func without(_ ids: Set<String>) -> Scenario {
        var rest = self
        rest.nodes.removeAll { ids.contains($0.id) }
        for place in rest.nodes.indices { rest.nodes[place].hooks.removeAll { ids.contains($0.target) } }
        rest.steps = steps.compactMap { step in
            switch step {
            case .action(let action): return ids.contains(action.id) ? nil : step
            case .burst(let id, let actions):
                let left = actions.filter { !ids.contains($0.id) }
                return ids.contains(id) || left.isEmpty ? nil : .burst(id, left)
            }
        }
        return rest
    }
}

extension Node {
    /// The same node with one thing less about it.
    fileprivate var simpler: [Node] {
        var nodes: [Node] = []
        func add(_ change: (inout Node) -> Void) {
            var node = self
            change(&node)
            nodes.append(node)
        }
        if !starts.isEmpty { add { $0.starts.removeLast() } }
        if !isInitial { add { $0.isInitial = true } }
        if isSignificant { add { $0.isSignificant = false } }
        if restart != .permanent, !isSignificant { add { $0.restart = .permanent } }
        for (place, outcome) in starts.enumerated() where outcome != .ok { add { $0.starts[place] = .ok } }
        switch kind {
        case .supervisor(let flags):
            if flags.strategy != .oneForOne { add { $0.kind = .supervisor(flags.with { $0.strategy = .oneForOne }) } }
            if flags.autoShutdown != .never { add { $0.kind = .supervisor(flags.with { $0.autoShutdown = .never }) } }
        case .worker(let work):
            if work.stops != .shutdown {
                add { $0.kind = .worker(Work(shutdown: work.shutdown, stops: .shutdown)) }
            }
            if work.shutdown != .seconds {
                add { $0.kind = .worker(Work(shutdown: .seconds, stops: work.stops)) }
            }
        }
        return nodes
    }
}

extension Node.Flags {
    fileprivate func with(_ change: (inout Self) -> Void) -> Self {
        var flags = self
        change(&flags)
        return flags
    }
}
