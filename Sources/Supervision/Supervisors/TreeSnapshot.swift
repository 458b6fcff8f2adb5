/// A tree of supervisors and children as it was at one moment; `description` draws it.
///
/// ```
/// app                   supervisor, one-for-one
/// ├─ circuit-breakers   CircuitBreakerServer  running
/// ├─ users              UserDirectory         running, 1 restart
/// └─ ingest             supervisor, rest-for-one
///    └─ poller          worker                running
/// ```
public struct TreeSnapshot: Sendable, Codable, Hashable {
    /// The child's id within its supervisor.
    public var id: ChildID
    /// Where it stands in the tree.
    public var path: String
    /// The type of a server; `worker`, or `supervisor`.
    public var kind: String
    /// The strategy of a supervisor.
    public var strategy: Strategy?
    /// What it is doing, in words.
    public var status: String
    /// How often it has been started again.
    public var restarts: Int
    /// How many of its incarnations were given up and have not ended yet (S3).
    public var zombies: Int
    /// How many messages wait for their turn.
    public var mailboxDepth = 0
    /// What is below it, in start order.
    public var children: [TreeSnapshot]
}

extension TreeSnapshot: CustomStringConvertible {
    /// The tree, a line for each child.
    public var description: String {
        var rows: [Row] = []
        collect(into: &rows, prefix: "", isLast: nil)
        let nameWidth = rows.map(\.name.count).max() ?? 0
        let kindWidth = rows.map(\.kind.count).max() ?? 0
        return rows.map { row in
            let line = row.name.padded(to: nameWidth + 2) + row.kind.padded(to: kindWidth + 2) + row.state
            return String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }

    private struct Row {
        var name: String
        var kind: String
        var state: String
    }

    private func collect(into rows: inout [Row], prefix: String, isLast: Bool?) {
        var parts = [status]
        if restarts > 0 { parts.append(restarts == 1 ? "1 restart" : "\(restarts) restarts") }
        if zombies > 0 { parts.append(zombies == 1 ? "1 zombie" : "\(zombies) zombies") }
        if mailboxDepth > 0 { parts.append("\(mailboxDepth) waiting") }
        let branch = isLast.map { $0 ? "└─ " : "├─ " } ?? ""
        let kind = strategy.map { "\(self.kind), \($0.rawValue)" } ?? self.kind
        rows.append(Row(name: prefix + branch + id.description, kind: kind, state: parts.joined(separator: ", ")))
        let below = prefix + (isLast.map { $0 ? "   " : "│  " } ?? "")
        for (index, child) in children.enumerated() {
            child.collect(into: &rows, prefix: below, isLast: index == children.count - 1)
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
