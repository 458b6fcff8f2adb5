/// **S8** A request that waits for an earlier one about the same child can be overtaken by what happens to others. Then
/// this project does what OTP does when such a request comes later: all those orders are tried.
struct Reordering {
    static let id = "S8 (request overtaken)"
    private let scenario: Scenario
    private let place: Int
    private let id: String
    private let actions: [Action]
    private let orders: [[Int]]

    init?(_ pair: StepPair) {
        guard case .burst(let id, let actions)? = pair.step, actions.count > 1 else { return nil }
        scenario = pair.scenario
        place = pair.place
        self.id = id
        self.actions = actions
        orders = Self.orders(Array(actions.indices)).filter { Self.overtakesRequestsOnly($0, actions) }
        if orders.count < 2 { return nil }
    }

    /// Whether nothing comes later than it did but requests that have to wait for another about the same child.
    private static func overtakesRequestsOnly(_ order: [Int], _ actions: [Action]) -> Bool {
        order.indices.allSatisfy { place in
            order[..<place].filter { $0 > order[place] }.allSatisfy { overtaker in
                let overtaken = order[place]
                guard case .request(_, let id) = actions[overtaken], actions[overtaker].id != id else { return false }
                return actions[..<overtaken].contains { action in
                    if case .request(_, id) = action { true } else { false }
                }
            }
        }
    }

    /// The scenario up to the burst, once for each other order of it.
    var scenarios: [Scenario] {
        orders.map { order in
            var other = scenario
            other.steps = scenario.steps.prefix(place - 1) + [.burst(id, order.map { actions[$0] })]
            return other
        }
    }

    /// What OTP has done in the other orders, with the answers numbered as in the first.
    func steps(in traces: [[StepTrace]]) -> [StepTrace] {
        zip(orders, traces).compactMap { order, trace in
            guard trace.indices.contains(place) else { return nil }
            var step = trace[place]
            step.lines = step.lines.map { line in
                let words = line.split(separator: " ", maxSplits: 2)
                guard words.first == "=", words.count == 3, let number = Int(words[1]) else { return line }
                return "= \(order[number - 1] + 1) \(words[2])"
            }
            step.sortAnswers()
            return step
        }
    }

    private static func orders(_ places: [Int]) -> [[Int]] {
        guard places.count > 1 else { return [places] }
        return places.indices.flatMap { place in
            var rest = places
            let first = rest.remove(at: place)
            return orders(rest).map { [first] + $0 }
        }
    }
}

extension StepTrace {
    fileprivate mutating func sortAnswers() {
        let places = lines.indices.filter { lines[$0].hasPrefix("= ") }
        for (place, line) in zip(places, places.map { lines[$0] }.sorted()) { lines[place] = line }
    }
}
