import Supervision
import SupervisionTesting

/// What a supervisor comes to by its rules, for one thing after the other.
struct StrategyModel {
    struct Member {
        let id: String
        let restart: Restart
        var isUp = true
        var life = 1
    }

    let strategy: Strategy
    let intensity: RestartIntensity
    var members: [Member]
    var isOver = false
    private var restarts: [RuntimeInstant] = []

    init(_ strategy: Strategy, _ intensity: RestartIntensity, _ members: [Member]) {
        self.strategy = strategy
        self.intensity = intensity
        self.members = members
    }

    /// A member ends by itself.
    mutating func ended(_ id: String, isCrash: Bool, now: RuntimeInstant) {
        guard let index = members.firstIndex(where: { $0.id == id }) else { return }
        switch members[index].restart {
        case .temporary: members.remove(at: index)
        case .transient where !isCrash: members[index].isUp = false
        default:
            restarts.removeAll { $0.duration(to: now) > intensity.period }
            restarts.append(now)
            if restarts.count > intensity.restarts {
                isOver = true
            } else {
                restart(index)
            }
        }
    }

    private mutating func restart(_ index: Int) {
        let id = members[index].id
        let group: Range<Int> =
            switch strategy {
            case .oneForOne: index..<index + 1
            case .restForOne: index..<members.count
            case .oneForAll: 0..<members.count
            }
        let ids = members[group].map(\.id)
        // Those go that are stopped with the group; the one that crashed is none of them.
        members.removeAll { $0.restart == .temporary && $0.id != id && ids.contains($0.id) }
        for index in members.indices where ids.contains(members[index].id) {
            members[index].isUp = true
            members[index].life += 1
        }
    }

    mutating func terminated(_ id: String) {
        guard let index = members.firstIndex(where: { $0.id == id }) else { return }
        if members[index].restart == .temporary {
            members.remove(at: index)
        } else {
            members[index].isUp = false
        }
    }

    mutating func restartedByHand(_ id: String) {
        guard let index = members.firstIndex(where: { $0.id == id && !$0.isUp }) else { return }
        members[index].isUp = true
        members[index].life += 1
    }

    var description: [String] {
        members.map { "\($0.id) \($0.isUp ? "life \($0.life)" : "down")" }
    }
}

extension Scenario {
    /// Supervisors of every strategy with random crashes, against a model of the rules.
    static let strategies = Scenario("strategies", "R20 R24 R30 S5 R31 R32 R33 R40 R41 R42 R43") { world in
        switch world.choose(in: 0..<2) {
        case 0: try await play(in: world) { Member($0, $1) }
        default: try await play(in: world) { Guest($0, $1) }
        }
    }

    private static func play<Server: GenServer>(
        in world: Simulation.World,
        make: @escaping @Sendable (_ id: String, _ book: Book) -> Server
    ) async throws where Server.Message == Member.Message {
        let strategy = world.choose(from: [Strategy.oneForOne, .restForOne, .oneForAll]) ?? .oneForOne
        let intensity = RestartIntensity(world.choose(in: 0..<4), within: .seconds(Int64(1 + world.choose(in: 0..<3))))
        let restarts: [Restart] = (0..<2 + world.choose(in: 0..<3)).map { _ in
            world.choose(from: [.permanent, .transient, .temporary]) ?? .permanent
        }
        let book = Book()
        var model = StrategyModel(
            strategy,
            intensity,
            restarts.enumerated().map { .init(id: "m\($0.offset)", restart: $0.element) }
        )
        let members = model.members
        let tree = try await Supervisor(strategy: strategy, intensity: intensity) {
            for member in members {
                Child(ServerName<Server>(member.id), restart: member.restart) { make(member.id, book) }
            }
        }.start()
        for _ in 0..<8 where !model.isOver {
            guard let member = world.choose(from: model.members) else { break }
            let reference = ServerRef(ServerName<Server>(member.id))
            switch world.choose(in: 0..<6) {
            case 0..<3 where member.isUp:
                model.ended(member.id, isCrash: true, now: world.now)
                reference.cast(.crash)
            case 3 where member.isUp:
                model.ended(member.id, isCrash: false, now: world.now)
                reference.cast(.end)
            case 4 where member.isUp:
                model.terminated(member.id)
                try await tree.terminateChild(ChildID(member.id))
            case 5 where !member.isUp:
                model.restartedByHand(member.id)
                try await tree.restartChild(ChildID(member.id))
            default: break
            }
            // Everything has come to rest when this time has passed.
            try await world.sleep(for: .milliseconds(500))
            if model.isOver { break }
            let found = try await tree.children().map { info -> String in
                if case .running(let life) = info.status { return "\(info.id) life \(life)" }
                return "\(info.id) down"
            }.sorted()
            try world.expect(found == model.description, "\(model.description) by the rules; there is \(found)")
            let active = try await tree.counts().active
            try world.expect(active == model.members.count { $0.isUp }, "as many active children as by the rules")
        }
        if model.isOver {
            let reason = await tree.waitForExit()
            try world.expect(reason.description == "shutdown", "it gives up, with reason shutdown")
        } else {
            try await tree.stop()
        }
        try world.expect(book.alive.isEmpty, "all have ended when their supervisor has")
        try world.expectNoFaults(in: book)
        try world.expectLivesInOrder()
    }
}
