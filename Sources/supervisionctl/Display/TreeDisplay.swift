#if Admin
import SupervisionAdmin

/// The tree, a line for each node.
enum TreeDisplay {
    /// The lines, none of them longer than `width`.
    static func lines(_ root: TreeNode, width: Int?, _ palette: Palette) -> [String] {
        var table = Table(columns: [
            .init(heading: "name", least: 16),
            .init(heading: "what it is", least: 10, isOptional: true),
            .init(heading: "status", least: 12),
            .init(heading: "restarts", isRight: true, isOptional: true),
            .init(heading: "mailbox", isRight: true, isOptional: true),
        ])
        append(root, name: root.path.isEmpty ? root.id : root.path, front: "", childFront: "", to: &table)
        return table.lines(width: width, palette)
    }

    private static func append(
        _ node: TreeNode,
        name: String,
        front: String,
        childFront: String,
        to table: inout Table
    ) {
        table.rows.append([
            Cell(front + name.printable),
            Cell(node.strategy.map { "\(node.kind), \($0)" } ?? node.kind, .faint),
            Cell(node.statusWords, node.condition.tone),
            Cell(node.restarts == 0 ? "" : "\(node.restarts)", .notice),
            Cell(node.mailboxDepth == 0 ? "" : "\(node.mailboxDepth)"),
        ])
        let children = node.children ?? []
        let rest = (node.childCount ?? 0) - children.count
        for (index, child) in children.enumerated() {
            let isLast = index == children.count - 1 && rest <= 0
            append(
                child,
                name: child.id,
                front: childFront + (isLast ? "└─ " : "├─ "),
                childFront: childFront + (isLast ? "   " : "│  "),
                to: &table
            )
        }
        guard rest > 0 else { return }
        let more = children.isEmpty ? rest.of("child", plural: "children") : "\(rest) more"
        table.rows.append([Cell("\(childFront)└─ … \(more)", .faint), Cell(""), Cell(""), Cell(""), Cell("")])
    }
}

extension TreeNode {
    /// The status, and the incarnations that have not ended.
    var statusWords: String {
        zombies == 0 ? status : "\(status), \(zombies.of("zombie"))"
    }

    /// This node and all below it.
    var all: [TreeNode] {
        [self] + (children ?? []).flatMap(\.all)
    }
}
#endif
