/// The address of a supervisor, whichever its kind.
protocol SupervisorAddress: Sendable {
    /// What a drawn tree calls it.
    var title: String { get }
    func snapshot() async throws -> TreeSnapshot
    /// Some of its children in start order, from the one of that id on.
    func residents(from first: ChildID?, limit: Int) async throws -> ResidentPage
    /// The child that is listed under that id.
    func resident(of id: ChildID) async throws -> Resident?
    /// Whether it has decided to end, and stops its children.
    func isEnding() async throws -> Bool
    func stop(_ id: ChildID) async throws
    /// Stops a child if it runs, and starts it again.
    func stopAndStart(_ id: ChildID) async throws
}

/// Some of a supervisor's children, in start order.
struct ResidentPage: Sendable {
    var residents: [Resident]
    /// How many there are in all.
    var total: Int
    /// The first that was left out for want of room.
    var next: ChildID?
    var strategy: Strategy?
}

extension ServerRef: SupervisorAddress where Server: SupervisingServer {
    var title: String { Server.title }

    func residents(from first: ChildID?, limit: Int) async throws -> ResidentPage {
        try await call { $0.page(from: first, limit: limit) }
    }

    func resident(of id: ChildID) async throws -> Resident? {
        try await call { supervisor in
            supervisor.key(of: id).flatMap { supervisor.resident($0) }
        }
    }

    func isEnding() async throws -> Bool {
        try await call { $0.isEnding }
    }

    func stop(_ id: ChildID) async throws {
        try await Server.stop(id, of: self)
    }

    func stopAndStart(_ id: ChildID) async throws {
        try await Server.stopAndStart(id, of: self)
    }

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

extension SupervisingServer {
    func position(of id: ChildID) -> ChildKey? { key(of: id) }

    /// Looks closely at no more children than it tells of.
    func page(from first: ChildID?, limit: Int) -> ResidentPage {
        let start = first.flatMap { position(of: $0) } ?? ChildKey(number: .min)
        // One more, to be the first of the next page.
        let keys = limit > 0 ? self.keys(from: start, limit: limit + 1) : []
        return ResidentPage(
            residents: keys.prefix(limit).compactMap { resident($0) },
            total: childCount,
            next: keys.count > limit ? keys.last.flatMap { resident($0)?.place.ownID } : nil,
            strategy: shownStrategy
        )
    }
}
