/// The address of a supervisor, whichever its kind.
protocol SupervisorAddress: Sendable {
    func snapshot() async throws -> TreeSnapshot
}

extension ServerRef: SupervisorAddress where Server: SupervisingServer {
    /// The tree from here down: each supervisor in it answers for its own children.
    func snapshot() async throws -> TreeSnapshot {
        let place = try resolve()
        let (residents, strategy) = try await call { ($0.residents, $0.shownStrategy) }
        var children: [TreeSnapshot] = []
        for resident in residents.reversed() {
            let info = resident.info
            var node = TreeSnapshot(
                id: info.id,
                path: info.path,
                kind: info.kind.description,
                strategy: nil,
                status: info.status.description,
                restarts: info.restarts,
                zombies: info.zombies,
                mailboxDepth: info.mailboxDepth,
                children: []
            )
            if let below = try? await resident.place.supervisor?.snapshot() {
                node.kind = below.kind
                node.strategy = below.strategy
                node.children = below.children
            }
            children.append(node)
        }
        return TreeSnapshot(
            id: place.ownID,
            path: place.path,
            kind: Server.title,
            strategy: strategy,
            status: place.status.description,
            restarts: 0,
            zombies: 0,
            children: children
        )
    }
}
