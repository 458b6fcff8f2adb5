#if Admin
internal import Supervision

extension TreeNode {
    /// A part of the tree, and what is below it as deep as asked for. Each supervisor is asked for its own children; one
    /// that does not answer is told of without them.
    init(_ part: TreePart, depth: Int, limit: Int, from first: ChildID? = nil) async {
        let statistics = part.info == nil ? part.statistics : nil
        self.init(
            id: part.id.description,
            path: part.path,
            kind: part.kind,
            status: part.status.description,
            condition: Condition(part.status),
            restarts: part.info?.restarts ?? statistics?.restarts ?? 0,
            zombies: part.info?.zombies ?? 0,
            mailboxDepth: part.info?.mailboxDepth ?? statistics?.mailboxDepth ?? 0
        )
        guard part.isSupervisor, let below = try? await part.children(from: first, limit: depth > 0 ? limit : 0) else {
            return
        }
        childCount = below.total
        strategy = below.strategy?.rawValue
        guard depth > 0 else { return }
        next = below.next.map { "\(path)/\($0)" }
        var nodes: [TreeNode] = []
        for child in below.parts {
            nodes.append(await TreeNode(child, depth: depth - 1, limit: limit))
        }
        children = nodes
    }
}

extension TreeNode.Condition {
    init(_ status: ServerStatus) {
        switch status {
        case .starting: self = .starting
        case .running: self = .running
        case .restarting: self = .restarting
        case .stopped: self = .stopped
        }
    }
}

extension ServerReport {
    init(_ part: TreePart, now: RuntimeInstant) {
        let statistics = part.statistics
        self.init(
            path: part.path,
            kind: part.kind,
            status: part.status.description,
            condition: TreeNode.Condition(part.status),
            mailboxDepth: statistics.mailboxDepth,
            isSuspended: statistics.isSuspended,
            restarts: statistics.restarts,
            uptimeMilliseconds: statistics.uptime?.wholeMilliseconds,
            observed: statistics.observed.map { observed in
                Observed(
                    milliseconds: observed.time.wholeMilliseconds,
                    received: observed.received,
                    refused: observed.refused,
                    handled: observed.handled,
                    failed: observed.failed,
                    millisecondsInHandlers: observed.timeInHandlers.wholeMilliseconds,
                    highWater: observed.highWater
                )
            },
            messages: part.messageLog.map { message in
                Message(
                    message: message.message,
                    agoMilliseconds: message.at.duration(to: now).wholeMilliseconds,
                    tookMicroseconds: message.took.saturatedNanoseconds / 1_000,
                    endedServer: message.endedServer
                )
            }
        )
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 { saturatedNanoseconds / 1_000_000 }
}
#endif
