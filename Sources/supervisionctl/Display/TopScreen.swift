#if Admin
import CircuitBreakers
import Supervision
import SupervisionAdmin

/// What `top` knows: the last answers of the endpoint, and what has changed since the first.
struct TopState: Sendable {
    /// The circuits and the tree at one moment.
    struct Sample: Sendable {
        /// When it was taken, from any beginning.
        var time: Duration
        var circuits: CircuitsReport
        var tree: TreeNode
    }

    /// For so long a restart is shown as a new one.
    static let memory = Duration.seconds(60)

    let address: String
    private(set) var previous: Sample?
    private(set) var current: Sample?
    /// Why there is no newer sample.
    var trouble: String?
    private var restarts: [String: [(time: Duration, count: Int)]] = [:]

    init(address: String) {
        self.address = address
    }

    mutating func take(_ sample: Sample) {
        (previous, current, trouble) = (current, sample, nil)
        restarts = restarts.compactMapValues { entries in
            let recent = entries.filter { sample.time - $0.time < Self.memory }
            return recent.isEmpty ? nil : recent
        }
        let before = (previous?.tree.all ?? []).map { ($0.path, $0.restarts) }
        let counts = Dictionary(before) { first, _ in first }
        for node in sample.tree.all {
            guard let count = counts[node.path], node.restarts > count else { continue }
            restarts[node.path, default: []].append((sample.time, node.restarts - count))
        }
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

    /// How often a child has been started again in the last minute, as far as `top` was there to see it.
    func newRestarts(of node: TreeNode) -> Int {
        restarts[node.path, default: []].reduce(0) { $0 + $1.count }
    }

    /// The children that somebody should look at, the worst first.
    var attention: [TreeNode] {
        (current?.tree.all ?? []).compactMap { node -> (badness: Int, node: TreeNode)? in
            let badness =
                switch node.condition {
                case .restarting: 5
                case _ where newRestarts(of: node) > 0: 4
                case .stopped where !node.hasFinished: 3
                case .starting: 2
                default: node.zombies > 0 ? 2 : node.mailboxDepth >= 100 ? 1 : 0
                }
            return badness == 0 ? nil : (badness, node)
        }
        .sorted { ($1.badness, $0.node.path) < ($0.badness, $1.node.path) }
        .map(\.node)
    }
}

extension TreeNode {
    /// Whether it has stopped because its work was done, or because it was told to.
    fileprivate var hasFinished: Bool {
        ["(normal)", "(shutdown)"].contains { status.hasSuffix($0) }
    }
}

extension CircuitFigures {
    /// The state, how long it lasts at most, and whether that is so again and again.
    fileprivate var stateWords: String {
        let time = retryAfter.map { ", \($0.shortDescription)" } ?? ""
        return state.words + time + (isFlapping ? ", flaps" : "")
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
            .init(heading: "service", least: 14),
            .init(heading: "state"),
            .init(heading: "level", isOptional: true),
            .init(heading: "calls/s", isRight: true, isOptional: true),
            .init(heading: "failed/s", isRight: true, isOptional: true),
            .init(heading: "rejected/s", isRight: true, isOptional: true),
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
                Cell(figures.stateWords, figures.state.tone),
                Cell(level.map { bar($0.share) + " " + $0.words } ?? "", level?.tone ?? .plain),
                Cell(rate(\.calls)),
                Cell(rate(\.failures)),
                Cell(rate(\.rejected)),
            ]
        }
        return table.lines(width: width, palette)
    }

    /// A share of what opens the circuit, as a bar of four.
    static func bar(_ share: Double) -> String {
        let filled = share.isFinite ? Int((min(1, max(0, share)) * 4).rounded(.down)) : 4
        return String(repeating: "█", count: filled) + String(repeating: "░", count: 4 - filled)
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
