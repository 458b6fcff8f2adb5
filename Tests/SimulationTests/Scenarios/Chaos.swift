import Supervision
import SupervisionTesting

extension Scenario {
    /// Nested supervisors, while several tasks crash, stop and start their children, until they are stopped in the
    /// middle of it.
    static let chaos = Scenario(
        "chaos",
        "R40 R41 R42 R46 R47 R50 R57 R72 S4 S18",
        faults: .init(crash: 0.03, startFailure: 0.05, startDelay: 0.05, stall: 0.03, longestDelay: .seconds(2))
    ) { world in
        try await playChaos(world, shutdown: .infinity)
    }

    /// The same with children that do not heed their cancellation and are given up (S3).
    static let hanging = Scenario(
        "hanging",
        "S3 S4 R51 R52 R72",
        faults: .init(crash: 0.03, startFailure: 0.03, stall: 0.1, ignoredCancellation: 0.5, longestDelay: .seconds(8))
    ) { world in
        try await playChaos(world, shutdown: .timeout(.seconds(2)))
    }

    /// The same with supervisors that give up themselves, often while they start, and are started again.
    static let givingUp = Scenario(
        "giving up",
        "R30 R31 R33 R42 R47 R50 R57 R72 S4 S18",
        faults: .init(crash: 0.1, startFailure: 0.1, startDelay: 0.05, stall: 0.03, longestDelay: .seconds(2))
    ) { world in
        let patience = RestartIntensity(world.choose(in: 0..<2), within: .seconds(1))
        try await playChaos(world, shutdown: .infinity, patience: patience)
    }
}

private let groups: [(name: String, strategy: Strategy, members: [String])] = [
    ("one", .oneForOne, ["a", "b"]), ("rest", .restForOne, ["c", "d", "e"]), ("all", .oneForAll, ["f", "g"]),
]

private let endlessly = RestartIntensity(1_000, within: .seconds(1))

/// - Parameter patience: the intensity of the nested supervisors.
private func playChaos(
    _ world: Simulation.World,
    shutdown: Shutdown,
    patience: RestartIntensity = endlessly
) async throws {
    let book = Book()
    let backoff = world.choose(in: 0..<2) == 0 ? nil : Backoff.constant(.milliseconds(300))
    let mayOverlap = shutdown != .infinity
    let tree = try await started({ try await $0.start() }) {
        Supervisor(intensity: endlessly) {
            for group in groups {
                Child(ServerName<Supervisor>(group.name)) {
                    for member in group.members { book.beginsAnew(member) }
                    return Supervisor(strategy: group.strategy, intensity: patience) {
                        for member in group.members {
                            Child(ServerName<Member>(member), shutdown: shutdown, backoff: backoff) {
                                Member(member, book, mayOverlap: mayOverlap)
                            }
                        }
                    }
                }
            }
        }
    }
    await withTaskGroup(of: Void.self) { tasks in
        for _ in 0..<3 {
            tasks.addTask {
                for _ in 0..<4 { await disturb(world) }
            }
        }
    }
    let stopsAtOnce = world.choose(in: 0..<2) == 0
    if !stopsAtOnce {
        // Longer than all that may delay it.
        try await world.sleep(for: .seconds(60))
        try await expectCountsAgree(world)
    }
    try await tree.stop()
    // Those that were given up come to their end as well.
    try await world.sleep(for: .seconds(60))
    try world.expectNoFaults(in: book)
    try world.expectLivesInOrder()
    if !mayOverlap { try world.expect(book.alive.isEmpty, "all have ended when their supervisor has") }
}

private func disturb(_ world: Simulation.World) async {
    guard let group = world.choose(from: groups), let member = world.choose(from: group.members) else { return }
    let supervisor = ServerRef(ServerName<Supervisor>(group.name))
    let reference = ServerRef(ServerName<Member>(member))
    switch world.choose(in: 0..<7) {
    case 0: reference.cast(.crash)
    case 1: reference.cast(.end)
    case 2: reference.cast(.work)
    case 3: try? await supervisor.terminateChild(ChildID(member))
    case 4: _ = try? await supervisor.restartChild(ChildID(member))
    case 5: try? await world.sleep(for: .milliseconds(200))
    default: _ = try? await reference.call(timeout: .seconds(1)) { _ in }
    }
}

/// What supervisors say of their children fits what these say of themselves, and what was told of them.
private func expectCountsAgree(_ world: Simulation.World) async throws {
    for group in groups {
        let supervisor = ServerRef(ServerName<Supervisor>(group.name))
        let counts = try await supervisor.counts()
        let children = try await supervisor.children()
        let running = children.count { if case .running = $0.status { true } else { false } }
        try world.expect(counts.active == running, "\(counts.active) active children of \(group.name); \(running) run")
        for child in children {
            let isUp = if case .running = child.status { true } else { false }
            let isDown = if case .stopped = child.status { true } else { false }
            try world.expect(isUp || isDown, "\(child.path) has come to rest; it is \(child.status)")
        }
        // Of this supervisor alone: those before it took their zombies with them.
        let path = "app/\(group.name)"
        var zombies = 0
        for case let event as SupervisionEvent in world.events.events {
            if event.path == path, case .started = event.kind { zombies = 0 }
            if event.path == path, case .restarted = event.kind { zombies = 0 }
            guard event.path.hasPrefix(path + "/") else { continue }
            if case .unstoppable = event.kind { zombies += 1 }
            if case .zombieEnded = event.kind { zombies = max(0, zombies - 1) }
        }
        try world.expect(counts.zombies == zombies, "\(zombies) zombies of \(group.name); it counts \(counts.zombies)")
    }
}
