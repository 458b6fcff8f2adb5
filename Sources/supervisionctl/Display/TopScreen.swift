#if Admin
import CircuitBreakers
import Supervision
import SupervisionAdmin

/// What `top` knows: the last answers of the endpoint, and those before them.
struct TopState: Sendable {
    /// The circuits and the tree at one moment.
    struct Sample: Sendable {
        /// When it was taken, from any beginning.
        var time: Duration
        var circuits: CircuitsReport
        var tree: TreeNode
    }

    var address: String
    var previous: Sample?
    var current: Sample?
    /// Why there is no newer sample.
    var trouble: String?

    mutating func take(_ sample: Sample) {
        (previous, current, trouble) = (current, sample, nil)
    }

    /// How many calls for each second a circuit has had between the last two samples; nil when that is not known.
    func rate(of service: ServiceName, _ count: (CircuitFigures) -> Int) -> Double? {
        guard let previous, let current, current.time > previous.time,
            let before = previous.circuits.circuits.first(where: { $0.figures.service == service }),
            let after = current.circuits.circuits.first(where: { $0.figures.service == service })
        else { return nil }
        // Fewer than before: the circuit was made anew between.
        let difference = count(after.figures) - count(before.figures)
        return difference < 0 ? nil : Double(difference) / ((current.time - previous.time) / .seconds(1))
    }

    /// How often a child has been started again since the last sample.
    func newRestarts(of node: TreeNode) -> Int {
        guard let before = previousNodes[node.path] else { return 0 }
        return max(0, node.restarts - before.restarts)
    }

    private var previousNodes: [String: TreeNode] {
        Dictionary((previous?.tree.all ?? []).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The children that somebody should look at, the worst first.
    var attention: [TreeNode] {
        let before = previousNodes
        return (current?.tree.all ?? []).compactMap { node -> (Int, TreeNode)? in
            let isNew = before[node.path].map { node.restarts > $0.restarts } ?? false
            let badness =
                switch node.condition {
                case .restarting: 5
                case _ where isNew: 4
                case .stopped where !node.hasFinished: 3
                case .starting: 2
                default: node.zombies > 0 ? 2 : node.mailboxDepth >= 100 ? 1 : 0
                }
            return badness == 0 ? nil : (badness, node)
        }
        .sorted { ($1.0, $0.1.path) < ($0.0, $1.1.path) }
        .map(\.1)
    }
}

extension TreeNode {
    /// Whether it has stopped because its work was done, or because it was told to.
    fileprivate var hasFinished: Bool {
        ["(normal)", "(shutdown)"].contains { status.hasSuffix($0) }
    }
}

/// The screen of `top`, as lines.
enum TopScreen {
    static func lines(_ state: TopState, width: Int, height: Int, _ palette: Palette) -> [String] {
        let title = "supervisionctl top".padded(to: 20) + state.address.printable.shortened(to: max(0, width - 32))
        let help = "q quits"
        let space = String(repeating: " ", count: max(1, width - title.columns - help.columns))
        var lines = [palette.paint(title, .strong) + space + palette.paint(help, .faint)]
        if let trouble = state.trouble {
            lines.append(palette.paint(trouble.printable.shortened(to: width), .bad))
        }
        guard let sample = state.current else {
            if state.trouble == nil { lines.append("asking…") }
            return Array(lines.prefix(height))
        }
        lines.append(CircuitDisplay.summary(sample.circuits, width: width, palette))
        lines.append(treeSummary(sample.tree, width: width, palette))
        let attention = attention(state, width: width, palette)
        let room = max(0, height - lines.count)
        // What needs attention in the tree gets up to half of the rest; the circuits get what it leaves.
        let shareOfTree = attention.isEmpty ? 0 : min(attention.count + 1, max(3, room / 2))
        lines += section(circuits(state, sample, width: width, palette), room: room - shareOfTree, palette)
        lines += section(attention, room: shareOfTree, palette)
        return Array(lines.prefix(height))
    }

    /// A blank line, and as much as there is room for.
    private static func section(_ lines: [String], room: Int, _ palette: Palette) -> [String] {
        guard !lines.isEmpty, room > 2 else { return [] }
        if lines.count + 1 <= room { return [""] + lines }
        return [""] + lines.prefix(room - 2) + [palette.paint("… \(lines.count - room + 2) more", .faint)]
    }

    private static func treeSummary(_ tree: TreeNode, width: Int, _ palette: Palette) -> String {
        let nodes = tree.all
        let supervisors = nodes.filter { $0.childCount != nil }
        let children = supervisors.reduce(0) { $0 + ($1.childCount ?? 0) } + 1
        let counts = TreeNode.Condition.allCases.compactMap { condition -> String? in
            let count = nodes.filter { $0.condition == condition }.count
            return count == 0 ? nil : "\(count) \(condition)"
        }
        let hidden = children > nodes.count ? ["\(children - nodes.count) not looked at"] : []
        let restarts = nodes.reduce(0) { $0 + $1.restarts }
        let waiting = nodes.reduce(0) { $0 + $1.mailboxDepth }
        let text =
            "tree: " + (counts + hidden).joined(separator: ", ")
            + "; \(restarts.of("restart")), \(waiting.of("message")) waiting"
        return text.shortened(to: width)
    }

    private static func circuits(
        _ state: TopState,
        _ sample: TopState.Sample,
        width: Int,
        _ palette: Palette
    ) -> [String] {
        if sample.circuits.circuits.isEmpty { return [] }
        var table = Table(columns: [
            .init(heading: "service", least: 12),
            .init(heading: "state"),
            .init(heading: "retry in", isOptional: true),
            .init(heading: "calls/s", isRight: true, isOptional: true),
            .init(heading: "failed/s", isRight: true, isOptional: true),
            .init(heading: "rejected/s", isRight: true, isOptional: true),
            .init(heading: "level", isOptional: true),
        ])
        let byNeed = sample.circuits.circuits.sorted { left, right in
            let (left, right) = (left.figures, right.figures)
            if left.health != right.health { return left.health > right.health }
            let shares = (left.highestLevel?.share ?? 0, right.highestLevel?.share ?? 0)
            return shares.0 == shares.1 ? left.service.rawValue < right.service.rawValue : shares.0 > shares.1
        }
        table.rows = byNeed.map { circuit in
            let figures = circuit.figures
            let level = figures.highestLevel
            func rate(_ count: (CircuitFigures) -> Int) -> String {
                state.rate(of: figures.service, count)?.short ?? "-"
            }
            return [
                Cell(figures.service.rawValue),
                Cell(figures.state.words + (figures.isFlapping ? ", flaps" : ""), figures.state.tone),
                Cell(figures.retryAfter?.shortDescription ?? ""),
                Cell(rate(\.calls)),
                Cell(rate(\.failures)),
                Cell(rate(\.rejected)),
                Cell(level.map { bar($0.share) + " " + $0.words } ?? "", level?.tone ?? .plain),
            ]
        }
        return table.lines(width: width, palette)
    }

    /// A share of what opens the circuit, as a bar of five.
    static func bar(_ share: Double) -> String {
        let filled = share.isFinite ? Int((min(1, max(0, share)) * 5).rounded(.down)) : 5
        return String(repeating: "█", count: filled) + String(repeating: "░", count: 5 - filled)
    }

    private static func attention(_ state: TopState, width: Int, _ palette: Palette) -> [String] {
        let nodes = state.attention
        if nodes.isEmpty { return [] }
        var table = Table(columns: [
            .init(heading: "needs attention", least: 20),
            .init(heading: "status", least: 12),
            .init(heading: "restarts", isRight: true, isOptional: true),
            .init(heading: "mailbox", isRight: true, isOptional: true),
        ])
        table.rows = nodes.map { node in
            let new = state.newRestarts(of: node)
            return [
                Cell(node.path),
                Cell(node.statusWords, node.condition.tone),
                Cell(new > 0 ? "\(node.restarts) (+\(new))" : "\(node.restarts)", new > 0 ? .bad : .plain),
                Cell("\(node.mailboxDepth)"),
            ]
        }
        return table.lines(width: width, palette)
    }
}
#endif
